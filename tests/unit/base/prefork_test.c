/* The supervisor: what it starts, restarts, replaces and stops. Children tell of themselves on a
   pipe. */
#include "base/prefork.h"

#include "base/log.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int told[2];

struct word {
    char kind; /* b: began, e: ends as asked, d: died, k: was killed by its master */
    pid_t pid;
};

static void tell_of(char kind, pid_t pid)
{
    struct word w = { kind, pid };
    if (write(told[1], &w, sizeof(w)) != sizeof(w))
        abort();
}

static void tell(char kind)
{
    tell_of(kind, getpid());
}

static void tell_of_the_dead(void *arg, int pid, bool killed)
{
    (void)arg;
    tell_of(killed ? 'k' : 'd', pid);
}

static __attribute__((noreturn)) int hang(void *arg, volatile const int *stop)
{
    (void)arg, (void)stop;
    tell('b');
    for (;;)
        usleep(100000);
}

static int wait_for_stop(void *arg, volatile const int *stop)
{
    (void)arg;
    tell('b');
    while (!*stop)
        usleep(2000);
    tell('e');
    return 0;
}

static int crash(void *arg, volatile const int *stop)
{
    (void)arg, (void)stop;
    tell('b');
    _exit(3);
}

static pid_t start(int children, int (*run)(void *, volatile const int *))
{
    struct prefork_group group = {
        .name = "test", .children = children, .run = run, .died = tell_of_the_dead, .drain_ms = 300
    };
    assert_int_equal(pipe(told), 0);
    pid_t master = fork();
    if (master == 0) {
        log_init("test", LOG_LEVEL_ERROR);
        _exit(prefork_run(&group, 1));
    }
    return master;
}

/* The next word; kind 0 where none comes in ten seconds. */
static struct word hear(void)
{
    struct word w = { 0, 0 };
    struct pollfd p = { .fd = told[0], .events = POLLIN };
    if (poll(&p, 1, 10000) == 1 && read(told[0], &w, sizeof(w)) != sizeof(w))
        w.kind = 0;
    return w;
}

static void end(pid_t master)
{
    int status;
    kill(master, SIGTERM);
    assert_int_equal(waitpid(master, &status, 0), master);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(told[0]);
    close(told[1]);
}

static void fills_again_and_drains(void **state)
{
    (void)state;
    pid_t master = start(2, wait_for_stop), again = 0, dead = 0;
    struct word one = hear(), two = hear();
    assert_int_equal(one.kind, 'b');
    assert_int_equal(two.kind, 'b');
    kill(one.pid, SIGKILL);
    for (int i = 0; i < 2; i++) {
        struct word w = hear();
        if (w.kind == 'b')
            again = w.pid;
        if (w.kind == 'd')
            dead = w.pid;
    }
    assert_int_equal(dead, one.pid);
    assert_true(again && again != one.pid && again != two.pid);
    kill(master, SIGTERM);
    assert_int_equal(hear().kind, 'e');
    assert_int_equal(hear().kind, 'e');
    end(master);
}

static void what_does_not_end_is_killed(void **state)
{
    (void)state;
    pid_t master = start(1, hang);
    struct word w = hear();
    assert_int_equal(w.kind, 'b');
    kill(master, SIGTERM);
    struct word killed = hear();
    assert_int_equal(killed.kind, 'k');
    assert_int_equal(killed.pid, w.pid);
    end(master);
}

static void what_hangs_is_replaced_too(void **state)
{
    (void)state;
    pid_t master = start(1, hang), again = 0, killed = 0;
    struct word one = hear();
    kill(master, SIGHUP);
    for (int i = 0; i < 2; i++) {
        struct word w = hear();
        if (w.kind == 'b')
            again = w.pid;
        if (w.kind == 'k')
            killed = w.pid;
    }
    assert_int_equal(killed, one.pid);
    assert_true(again && again != one.pid);
    end(master);
}

static void replaces_one_by_one(void **state)
{
    (void)state;
    pid_t master = start(2, wait_for_stop);
    hear();
    hear();
    kill(master, SIGHUP);
    /* The new one may begin before or after the old one hears of its end, but two old ones never
       leave before two new ones were started. */
    int began = 0, ended = 0;
    for (int i = 0; i < 4; i++) {
        struct word w = hear();
        began += w.kind == 'b';
        ended += w.kind == 'e';
        assert_true(ended <= began + 1);
    }
    assert_int_equal(began, 2);
    assert_int_equal(ended, 2);
    end(master);
}

static void never_gives_up(void **state)
{
    (void)state;
    pid_t master = start(1, crash);
    for (int began = 0; began < 4;) {
        struct word w = hear();
        assert_true(w.kind == 'b' || w.kind == 'd');
        began += w.kind == 'b';
    }
    end(master);
}

static void children_follow_their_master(void **state)
{
    (void)state;
    pid_t master = start(1, wait_for_stop);
    assert_int_equal(hear().kind, 'b');
    kill(master, SIGKILL);
    waitpid(master, NULL, 0);
    assert_int_equal(hear().kind, 'e');
    close(told[0]);
    close(told[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_again_and_drains),
        cmocka_unit_test(what_does_not_end_is_killed),
        cmocka_unit_test(what_hangs_is_replaced_too),
        cmocka_unit_test(replaces_one_by_one),
        cmocka_unit_test(never_gives_up),
        cmocka_unit_test(children_follow_their_master),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
