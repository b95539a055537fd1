/* The arena: what it hands out, gives back, and does at its limit. */
#include "base/arena.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT ((size_t)1024 * 1024)

static char order[8];

static void note(void *what)
{
    strncat(order, what, 1);
}

static void newest_first(void **state)
{
    struct arena *a = arena_new(LIMIT);
    (void)state;
    order[0] = '\0';
    arena_defer(a, note, (char[]){ "1" });
    arena_defer(a, note, (char[]){ "2" });
    arena_reset(a);
    assert_string_equal(order, "21");
    arena_defer(a, note, (char[]){ "3" });
    arena_free(a);
    assert_string_equal(order, "213");
    arena_free(NULL);
}

static void aligned_and_apart(void **state)
{
    struct arena *a = arena_new(LIMIT);
    unsigned char *all[64];
    (void)state;
    for (size_t i = 0; i < 64; i++) { /* some of them larger than a block */
        all[i] = arena_alloc(a, i * 400 + 1);
        assert_int_equal((uintptr_t)all[i] % _Alignof(max_align_t), 0);
        memset(all[i], (int)i, i * 400 + 1);
    }
    for (size_t i = 0; i < 64; i++)
        assert_true(all[i][0] == i && all[i][i * 400] == i);
    arena_free(a);
}

static void counts(void **state)
{
    struct arena *a = arena_new(LIMIT);
    (void)state;
    assert_int_equal(arena_used(a), 0);
    arena_alloc(a, 100);
    assert_in_range(arena_used(a), 100, 128);
    arena_alloc(a, 200000);
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    arena_free(a);
}

static void texts(void **state)
{
    struct arena *a = arena_new(LIMIT);
    (void)state;
    memset(arena_alloc(a, 512), 0xff, 512);
    arena_reset(a);
    const char *zeroed = arena_zalloc(a, 64, 8);
    for (size_t i = 0; i < 512; i++)
        assert_int_equal(zeroed[i], 0);
    assert_string_equal(arena_strdup(a, ""), "");
    assert_string_equal(arena_strndup(a, "abc", 2), "ab");
    assert_string_equal(arena_printf(a, "%d of %s", 7, "nine"), "7 of nine");
    arena_free(a);
}

/* How a child ends that allocates; its log line goes to nowhere. */
static int end_of(size_t count, size_t size)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        arena_zalloc(arena_new(LIMIT), count, size);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void aborts_at_its_limit(void **state)
{
    (void)state;
    assert_int_equal(end_of(1, LIMIT), 0);
    assert_int_equal(end_of(1, LIMIT + 1), SIGABRT);
    assert_int_equal(end_of(SIZE_MAX / 2, 4), SIGABRT);
    assert_int_equal(end_of(1, SIZE_MAX), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_first),
        cmocka_unit_test(aligned_and_apart),
        cmocka_unit_test(counts),
        cmocka_unit_test(texts),
        cmocka_unit_test(aborts_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
