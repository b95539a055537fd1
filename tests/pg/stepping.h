/* A worker that dies, loses its connection or rests at a chosen one of its steps: a round trip to
   the database that may leave something there, or a call to the outside. The functions of libpq and
   libcurl that send are ours first. */
#pragma once

#include "pg/asking.h"

#include "base/domain.h"
#include "events/events.h"
#include "http/http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum step_fault {
    STEP_KILL, /* before the step */
    STEP_LOSE, /* the connection, before the step: nothing of it is sent */
    STEP_DEAF, /* the connection, after the step: the database has done it and cannot say so */
    STEP_REST, /* until it is told to go on, between the step and what comes after */
    STEP_FAULTS
};

static const char *const step_faults[] = { "killed", "cut off", "cut off after", "resting" };

/* Of this process. */
static struct {
    bool rests;
    int at, n;
    enum step_fault fault;
    struct {
        PGconn *conn;
        bool open;    /* a transaction */
        bool matters; /* what is to be sent may leave something */
        bool other;   /* it is none of the work at hand */
    } links[8];
} step;

#define STEP_REAL(name)                                                                            \
    static __typeof__(name) *real;                                                                 \
    if (!real)                                                                                     \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

static inline int step_link(PGconn *conn)
{
    int i = 0;
    while (i < 7 && step.links[i].conn && step.links[i].conn != conn)
        i++;
    if (step.links[i].conn != conn)
        step.links[i].open = step.links[i].matters = step.links[i].other = false;
    step.links[i].conn = conn;
    return i;
}

/* Nobody is at the other end any more. */
static inline void step_hang_up(PGconn *conn)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || dup2(ends[0], PQsocket(conn)) < 0)
        abort();
    close(ends[0]);
    close(ends[1]);
    step.links[step_link(conn)].open = false;
}

static inline bool step_is_it(void)
{
    return step.at && ++step.n == step.at;
}

static inline void step_end(void)
{
    if (step.fault == STEP_KILL)
        kill(getpid(), SIGKILL);
    step.rests = step.fault == STEP_REST;
}

/* Nothing is under way. */
static inline void step_between(void)
{
    if (!step.rests)
        return;
    step.rests = false;
    raise(SIGSTOP);
}

int PQsendQueryParams(PGconn *conn, const char *text, int n, const Oid *types,
                      const char *const *values, const int *lengths, const int *formats, int format)
{
    STEP_REAL(PQsendQueryParams);
    int i = step_link(conn);
    bool ends = strcmp(text, "commit") == 0;
    if (!step.links[i].open)
        step_between();
    if (strcmp(text, "begin") == 0)
        step.links[i].open = true;
    else if (ends || strcmp(text, "rollback") == 0)
        step.links[i].open = false;
    step.links[i].matters |= ends;
    return real(conn, text, n, types, values, lengths, formats, format);
}

int PQsendQueryPrepared(PGconn *conn, const char *name, int n, const char *const *values,
                        const int *lengths, const int *formats, int format)
{
    STEP_REAL(PQsendQueryPrepared);
    /* The worker's own affairs, and a claim, which a step comes right after. */
    static const char *const others[] = {
        "schedules_run",       "schedule_keep",  "schedules_forget", "jobs_claim",
        "jobs_release_groups", "jobs_rescue",    "jobs_lock_limits", "events_settle",
        "events_waiting",      "sleeper_remove", "sleeper_add",      NULL
    };
    int i = step_link(conn), r = 0;
    bool reading =
        strcmp(name, "scope_reading") == 0; /* leaves nothing but what one took from it */
    if (!step.links[i].open)
        step_between();
    while (others[r] && strcmp(others[r], name) != 0)
        r++;
    if (!step.links[i].open && !others[r] && !step.links[i].other)
        step.links[i].matters = true;
    step.links[i].other |= others[r] || (reading && step.fault != STEP_REST);
    return real(conn, name, n, values, lengths, formats, format);
}

int PQpipelineSync(PGconn *conn)
{
    STEP_REAL(PQpipelineSync);
    int i = step_link(conn);
    bool it = step.links[i].matters && !step.links[i].other && step_is_it();
    step.links[i].matters = step.links[i].other = false;
    if (it)
        step_end();
    if (it && step.fault == STEP_LOSE)
        step_hang_up(conn);
    int sent = real(conn);
    if (it && step.fault == STEP_DEAF) {
        struct pollfd p = { .fd = PQsocket(conn), .events = POLLIN };
        if (PQflush(conn) || poll(&p, 1, 5000) != 1)
            abort();
        step_hang_up(conn);
    }
    return sent;
}

CURLcode curl_easy_perform(CURL *curl)
{
    STEP_REAL(curl_easy_perform);
    step_between();
    if (step_is_it())
        step_end();
    return real(curl);
}

/* ---- a worker of its own ---- */

/* Nothing but what a test has is due. */
static inline void step_no_clock(void)
{
    (void)pg_sql("update job_schedules set next_at = now() + interval '1 day' returning name");
}

/* What waits in the outbox, and all jobs that are due. */
static inline void step_turn(struct ctx *w)
{
    int n;
    static const int never;
    w->tenant_id = pg_tenant();
    if (events_dispatch(w, domains, &n) != OK)
        print_message("  it could not look at what waits in the outbox\n");
    jobs_work(pg_app(), w->db, &never, true);
}

/* Whoever had it is taken for dead, and what waits has waited. */
static inline void step_time_goes_by(void)
{
    (void)pg_sql("update jobs set state = 'ready', lease_until = null, worker = null where state = "
                 "'running' returning id");
    (void)pg_sql("update domain_events set next_at = now() where dispatched_at is null returning "
                 "id");
    (void)pg_sql("update jobs set run_at = now() where state = 'ready' returning id");
    step_no_clock();
}

/* Events that wait and jobs that have not ended; of those that failed to the end others tell. */
static inline long long step_left(void)
{
    return pg_int("select (select count(*) from jobs where state <> 'parked') + (select count(*) "
                  "from domain_events where dispatched_at is null)");
}

/* Takes a turn in a child that meets the fault at step `at`; `meanwhile` runs here while one rests.
   False: it has no such step, and has ended well. */
static inline bool step_in_child(int at, enum step_fault fault, void (*meanwhile)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ctx *w = pg_ctx("track_worker");
        pg_app()->http = http_new(pg_app(), w->arena);
        step.at = at;
        step.fault = fault;
        step_turn(w);
        _exit(step.n >= at ? 0 : 3);
    }
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    if (WIFSTOPPED(status)) {
        meanwhile();
        assert_int_equal(kill(child, SIGCONT), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGKILL);
        return true;
    }
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3);
    return WEXITSTATUS(status) == 0;
}
