/* Children with limits: what they may not do, and that none takes the caller along. */
#include "paper.h"

#include "paper/pdf_child.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

static enum err run(bool (*work)(void *, struct buf *), bool confined, struct str *answer,
                    enum pdf_child_fate *fate)
{
    struct pdf_child k = { .seconds = 1,
                           .memory = (size_t)64 << 20,
                           .file = 1 << 20,
                           .output = -1,
                           .confined = confined,
                           .work = work };
    return pdf_child_run(&ctx, &k, answer, fate);
}

/* How a child of this work ends, by itself and without rights. */
static void ends(bool (*work)(void *, struct buf *), enum pdf_child_fate as)
{
    for (int confined = 0; confined < 2; confined++) {
        struct str answer;
        enum pdf_child_fate fate = (enum pdf_child_fate) - 1;
        assert_int_equal(run(work, confined, &answer, &fate), ERR_INVALID);
        assert_int_equal(fate, as);
    }
}

static bool say(void *of, struct buf *answer)
{
    (void)of;
    buf_puts(answer, "forty-two");
    return true;
}

static bool say_much(void *of, struct buf *answer)
{
    (void)of;
    for (int i = 0; i < 100000; i++)
        buf_puts(answer, "0123456789");
    return true;
}

static void an_answer_comes_back(void **state)
{
    (void)state;
    struct str answer;
    enum pdf_child_fate fate;
    for (int confined = 0; confined < 2; confined++) {
        assert_int_equal(run(say, confined, &answer, &fate), OK);
        assert_string_equal(answer.p, "forty-two");
        assert_int_equal(run(say_much, confined, &answer, &fate), OK);
        assert_int_equal(answer.n, 1000000);
    }
}

static bool refuse(void *of, struct buf *answer)
{
    buf_puts(answer, "is no PDF");
    return of != NULL;
}

static void a_refusal_has_its_sentence(void **state)
{
    (void)state;
    struct str answer;
    enum pdf_child_fate fate;
    assert_int_equal(run(refuse, true, &answer, &fate), ERR_INVALID);
    assert_int_equal(fate, CHILD_FAILED);
    assert_string_equal(answer.p, "is no PDF");
}

static bool spin(void *of, struct buf *answer)
{
    (void)of;
    for (volatile int i = 0;; i = 1)
        if (answer->n > (size_t)i + 1)
            return true;
}

static bool wait_for_ever(void *of, struct buf *answer)
{
    (void)of;
    (void)answer;
    pause();
    return true;
}

static void time_ends(void **state)
{
    (void)state;
    struct str answer;
    enum pdf_child_fate fate;
    ends(spin, CHILD_TOO_LONG);
    assert_int_equal(run(wait_for_ever, false, &answer, &fate), ERR_INVALID);
    assert_int_equal(fate, CHILD_TOO_LONG);
}

static int *runs; /* of the work below, in all children */

static bool stand_still_at_first(void *of, struct buf *answer)
{
    (void)of;
    if (++*runs == 1)
        pause();
    buf_puts(answer, "done");
    return true;
}

static void one_that_stood_still_is_run_once_more(void **state)
{
    (void)state;
    struct str answer;
    enum pdf_child_fate fate;
    runs = mmap(NULL, sizeof(*runs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(runs, MAP_FAILED);
    assert_int_equal(run(stand_still_at_first, false, &answer, &fate), OK);
    assert_string_equal(answer.p, "done");
    assert_int_equal(*runs, 2);
    assert_int_equal(munmap(runs, sizeof(*runs)), 0);
}

static bool crash(void *of, struct buf *answer)
{
    (void)of;
    (void)answer;
    raise(SIGSEGV);
    return true;
}

static void a_crash_is_the_childs_own(void **state)
{
    (void)state;
    struct str answer;
    enum pdf_child_fate fate;
    assert_int_equal(run(crash, false, &answer, &fate), ERR_INVALID);
    assert_int_equal(fate, CHILD_CRASHED);
}

/* Memory is refused beyond the limit, as malloc says it. */
static bool take_memory(void *of, struct buf *answer)
{
    (void)of;
    void *p = malloc((size_t)256 << 20);
    buf_puts(answer, p ? "taken" : "refused");
    free(p);
    return true;
}

static void memory_ends(void **state)
{
    (void)state;
    struct str answer;
    enum pdf_child_fate fate;
    enum err e = run(take_memory, true, &answer, &fate);
    assert_true(e == ERR_INVALID || (e == OK && strcmp(answer.p, "refused") == 0));
}

static bool fill(void *of, struct buf *answer)
{
    (void)of;
    static char block[65536];
    for (int i = 0; i < 1024; i++)
        if (write(PDF_CHILD_OUTPUT, block, sizeof block) < 0)
            break;
    buf_puts(answer, "wrote all");
    return true;
}

static void files_end(void **state)
{
    (void)state;
    char name[] = "/tmp/child-test-XXXXXX";
    int file = mkstemp(name);
    unlink(name);
    struct pdf_child k = { .seconds = 5,
                           .memory = (size_t)64 << 20,
                           .file = (size_t)20 << 20,
                           .output = file,
                           .confined = true,
                           .work = fill };
    struct str answer;
    enum pdf_child_fate fate;
    assert_int_equal(pdf_child_run(&ctx, &k, &answer, &fate), ERR_INVALID);
    assert_int_equal(fate, CHILD_TOO_LARGE);
    struct stat s;
    assert_int_equal(fstat(file, &s), 0);
    assert_int_equal(s.st_size, 20 << 20);
    close(file);
}

static bool open_file(void *of, struct buf *answer)
{
    (void)of;
    int file = open("/etc/passwd", O_RDONLY);
    buf_printf(answer, "%d %d", file, file < 0 ? errno : 0);
    return true;
}

static void nothing_can_be_opened(void **state)
{
    (void)state;
    struct str answer;
    enum pdf_child_fate fate;
    assert_int_equal(run(open_file, true, &answer, &fate), OK);
    assert_string_equal(answer.p, arena_printf(ctx.arena, "-1 %d", EACCES));
}

static bool use_socket(void *of, struct buf *answer)
{
    (void)of;
    buf_printf(answer, "%d", socket(AF_INET, SOCK_STREAM, 0));
    return true;
}

static bool fork_one(void *of, struct buf *answer)
{
    (void)of;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    buf_printf(answer, "%d", (int)pid);
    return true;
}

static bool start_shell(void *of, struct buf *answer)
{
    (void)of;
    execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
    buf_puts(answer, "could not");
    return true;
}

static bool kill_parent(void *of, struct buf *answer)
{
    (void)of;
    buf_printf(answer, "%d", kill(getppid(), 0));
    return true;
}

static bool remove_file(void *of, struct buf *answer)
{
    (void)of;
    buf_printf(answer, "%d", unlink("/tmp/nothing-of-this-name"));
    return true;
}

static void what_only_an_attacker_asks_for(void **state)
{
    (void)state;
    bool (*const works[])(void *, struct buf *) = { use_socket, fork_one, start_shell, kill_parent,
                                                    remove_file };
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        struct str answer;
        enum pdf_child_fate fate = CHILD_FAILED;
        assert_int_equal(run(works[i], true, &answer, &fate), ERR_INVALID);
        assert_int_equal(fate, CHILD_CRASHED);
    }
}

/* The caller's files: a connection to the database is one. */
static bool use_files(void *of, struct buf *answer)
{
    const int *file = of;
    buf_printf(answer, "%zd", write(*file, "x", 1));
    return true;
}

static void the_callers_files_are_closed(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct pdf_child k = { .seconds = 1,
                           .memory = (size_t)64 << 20,
                           .output = -1,
                           .confined = true,
                           .work = use_files,
                           .of = &pair[1] };
    struct str answer;
    enum pdf_child_fate fate;
    char byte;
    assert_int_equal(pdf_child_run(&ctx, &k, &answer, &fate), OK);
    assert_string_equal(answer.p, "-1");
    assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), -1);
    close(pair[0]);
    close(pair[1]);
}

static void several_at_a_time(void **state)
{
    (void)state;
    struct pdf_child k = { .seconds = 5, .memory = (size_t)64 << 20, .output = -1, .work = say };
    struct pdf_running running[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pdf_child_start(&k, &running[i]), OK);
    for (int i = 3; i >= 0; i--) {
        struct str answer;
        enum pdf_child_fate fate;
        assert_int_equal(pdf_child_end(&ctx, &running[i], &answer, &fate), OK);
        assert_string_equal(answer.p, "forty-two");
    }
}

int main(void)
{
#define CHILD_TEST(name) cmocka_unit_test_setup_teardown(name, paper_start, paper_end)
    const struct CMUnitTest tests[] = {
        CHILD_TEST(an_answer_comes_back),
        CHILD_TEST(a_refusal_has_its_sentence),
        CHILD_TEST(time_ends),
        CHILD_TEST(one_that_stood_still_is_run_once_more),
        CHILD_TEST(a_crash_is_the_childs_own),
        CHILD_TEST(memory_ends),
        CHILD_TEST(files_end),
        CHILD_TEST(nothing_can_be_opened),
        CHILD_TEST(what_only_an_attacker_asks_for),
        CHILD_TEST(the_callers_files_are_closed),
        CHILD_TEST(several_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
