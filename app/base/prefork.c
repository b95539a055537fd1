/* The supervisor: slots of children, kept filled. */
#include "base/prefork.h"

#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_DELAY_MS 200
#define LAST_DELAY_MS 5000
#define QUIET_MS 1000
#define DRAIN_MS 30000
#define TELLING_SECONDS 10
#define NEVER INT64_MAX

struct slot {
    const struct prefork_group *group;
    pid_t pid;       /* 0: none */
    pid_t leaving;   /* the one that pid replaces, told to stop; 0: none */
    int64_t born;    /* of pid */
    int64_t due;     /* when to start the next one, where pid is 0 */
    int64_t kill_at; /* of leaving, or of pid while the master stops */
    int delay;       /* of the last start; 0: none */
    bool stale;      /* to be replaced */
};

struct master {
    struct slot *slots;
    size_t n;
    int tellers; /* processes that tell of the dead */
    bool stopping;
    sigset_t waited, before;
};

static volatile sig_atomic_t stop_asked; /* in a child: all a signal handler may reach */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_stop(int signal_)
{
    (void)signal_;
    stop_asked = 1;
}

static __attribute__((noreturn)) void be_child(struct master *m, const struct prefork_group *g,
                                               pid_t master)
{
    struct sigaction stop = { .sa_handler = on_stop };
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigprocmask(SIG_SETMASK, &m->before, NULL);
    if (getppid() != master)
        exit(0);
    int status = g->run(g->arg, &stop_asked);
    free(m->slots);
    exit(status);
}

static void start(struct master *m, struct slot *s)
{
    pid_t master = getpid(), pid = fork();
    if (pid == 0)
        be_child(m, s->group, master);
    if (pid < 0) {
        log_error("fork_failed", "group", s->group->name, "error", strerror(errno), NULL);
        s->delay = LAST_DELAY_MS;
        s->due = now_ms() + s->delay;
        return;
    }
    s->pid = pid;
    s->born = now_ms();
    s->due = NEVER;
}

static void tell_end(const struct slot *s, pid_t pid, int status)
{
    if (WIFSIGNALED(status))
        log_warn("child_died", "group", s->group->name, "child", NUM(pid), "signal",
                 NUM(WTERMSIG(status)), NULL);
    else if (WEXITSTATUS(status) != 0)
        log_warn("child_failed", "group", s->group->name, "child", NUM(pid), "status",
                 NUM(WEXITSTATUS(status)), NULL);
    else
        log_debug("child_ended", "group", s->group->name, "child", NUM(pid), NULL);
}

static int64_t late(const struct slot *s)
{
    return now_ms() + (s->group->drain_ms ? s->group->drain_ms : DRAIN_MS);
}

static bool was_killed(const struct master *m, const struct slot *s, pid_t pid, int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && now_ms() >= s->kill_at &&
           (m->stopping || pid == s->leaving);
}

/* Beside the master, which waits for nothing, and for which a connection would be its children's.
 */
static void tell_of_dead(struct master *m, const struct slot *s, pid_t pid, int status)
{
    if (!s->group->died || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    pid_t teller = fork();
    if (teller < 0)
        log_error("fork_failed", "group", s->group->name, "error", strerror(errno), NULL);
    m->tellers += teller > 0;
    if (teller != 0)
        return;
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    sigprocmask(SIG_SETMASK, &m->before, NULL);
    alarm(TELLING_SECONDS);
    s->group->died(s->group->arg, pid, was_killed(m, s, pid, status));
    free(m->slots);
    exit(0);
}

static void ended(struct master *m, struct slot *s, pid_t pid, int status)
{
    tell_end(s, pid, status);
    tell_of_dead(m, s, pid, status);
    if (pid == s->leaving) {
        s->leaving = 0;
        return;
    }
    s->pid = 0;
    s->stale = false;
    if (m->stopping)
        return;
    int64_t now = now_ms();
    if (status == 0 || now - s->born >= QUIET_MS)
        s->delay = 0;
    else if (s->delay == 0)
        s->delay = FIRST_DELAY_MS;
    else
        s->delay = s->delay * 2 < LAST_DELAY_MS ? s->delay * 2 : LAST_DELAY_MS;
    s->due = now + s->delay;
}

static struct slot *slot_of(struct master *m, pid_t pid)
{
    for (size_t i = 0; i < m->n; i++)
        if (pid == m->slots[i].pid || pid == m->slots[i].leaving)
            return &m->slots[i];
    return NULL;
}

static void reap(struct master *m)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct slot *s = slot_of(m, pid);
        if (s)
            ended(m, s, pid, status);
        else
            m->tellers--;
    }
}

static void start_due(struct master *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->slots[i].pid == 0 && m->slots[i].due <= now_ms())
            start(m, &m->slots[i]);
}

static bool any_leaving(const struct master *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->slots[i].leaving)
            return true;
    return false;
}

/* One at a time: the next child is replaced when the last one has left. */
static void replace_next(struct master *m)
{
    if (any_leaving(m))
        return;
    for (size_t i = 0; i < m->n; i++) {
        struct slot *s = &m->slots[i];
        if (!s->stale || !s->pid)
            continue;
        s->stale = false;
        s->leaving = s->pid;
        s->pid = 0;
        s->kill_at = late(s);
        start(m, s);
        kill(s->leaving, SIGTERM);
        return;
    }
}

static void kill_late(const struct master *m)
{
    int64_t now = now_ms();
    for (size_t i = 0; i < m->n; i++) {
        const struct slot *s = &m->slots[i];
        if (s->leaving && now >= s->kill_at)
            kill(s->leaving, SIGKILL);
        if (m->stopping && s->pid && now >= s->kill_at)
            kill(s->pid, SIGKILL);
    }
}

static void stop_all(struct master *m)
{
    log_info("stopping", NULL);
    m->stopping = true;
    for (size_t i = 0; i < m->n; i++) {
        struct slot *s = &m->slots[i];
        s->due = NEVER;
        s->kill_at = late(s);
        if (s->pid)
            kill(s->pid, SIGTERM);
    }
}

static void replace_all(struct master *m)
{
    log_info("replacing_children", NULL);
    for (size_t i = 0; i < m->n; i++)
        m->slots[i].stale = m->slots[i].pid != 0;
}

static bool any_left(const struct master *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->slots[i].pid || m->slots[i].leaving)
            return true;
    return m->tellers > 0;
}

/* Until the next start or kill that is due, at most a second. */
static struct timespec wait_time(const struct master *m)
{
    int64_t next = 1000, now = now_ms();
    for (size_t i = 0; i < m->n; i++) {
        const struct slot *s = &m->slots[i];
        if (s->pid == 0 && s->due != NEVER && s->due - now < next)
            next = s->due > now ? s->due - now : 0;
    }
    return (struct timespec){ next / 1000, next % 1000 * 1000000 };
}

static void take_signal(struct master *m)
{
    struct timespec most = wait_time(m);
    int got = sigtimedwait(&m->waited, NULL, &most);
    if (got == SIGHUP && !m->stopping)
        replace_all(m);
    if ((got == SIGTERM || got == SIGINT) && !m->stopping)
        stop_all(m);
}

static void fill_slots(struct master *m, const struct prefork_group *groups, size_t count)
{
    for (size_t g = 0; g < count; g++)
        m->n += (size_t)groups[g].children;
    m->slots = calloc(m->n + 1, sizeof(*m->slots));
    if (!m->slots)
        abort();
    struct slot *s = m->slots;
    for (size_t g = 0; g < count; g++)
        for (int i = 0; i < groups[g].children; i++)
            (s++)->group = &groups[g];
}

int prefork_run(const struct prefork_group *groups, size_t count)
{
    struct master m = { .n = 0 };
    fill_slots(&m, groups, count);
    sigemptyset(&m.waited);
    sigaddset(&m.waited, SIGCHLD);
    sigaddset(&m.waited, SIGTERM);
    sigaddset(&m.waited, SIGINT);
    sigaddset(&m.waited, SIGHUP);
    sigprocmask(SIG_BLOCK, &m.waited, &m.before);
    while (!m.stopping || any_left(&m)) {
        start_due(&m);
        if (!m.stopping)
            replace_next(&m);
        take_signal(&m);
        reap(&m);
        kill_late(&m);
    }
    free(m.slots);
    sigprocmask(SIG_SETMASK, &m.before, NULL);
    return 0;
}
