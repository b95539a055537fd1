/* The worker's loop: schedules, claims, runs, completes, sleeps. */
#include "base/domain.h"
#include "base/json.h"
#include "base/log.h"
#include "base/uuid.h"
#include "jobs/jobs.h"
#include "jobs/jobs.sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ARENA_LIMIT ((size_t)512 * 1024 * 1024)
#define BATCH 100
#define CALLS_HELD_MS 250
#define QUICK_MS 100
#define TICK_MS 1000
#define LEASE_SECONDS 30
#define COMPLETE_AFTER_MS 20
#define EXTERNAL_EVERY_MS 50
#define BRIEF_EVERY_MS 200
#define BURY_TRIES 3

struct queues {                /* of one sort of kinds */
    const char *names, *mosts; /* as Postgres arrays; how many of each may be claimed at once */
    int most, lease_seconds;
    int held_ms; /* for so long it keeps what it has claimed and not begun */
    bool slow; /* it claimed nothing, or what took its time: one by one, then, as others may help */
};

struct worker {
    struct app *app;
    struct db *db, *listening;
    volatile const int *stop;
    struct arena *life, *batch, *job; /* of the worker, of one claim, of one job */
    struct settling {                 /* a job whose end is on its way, and what it still needs */
        struct db *db;                /* while none is, free for the next */
        struct arena *arena;
        struct job *job; /* NULL: none */
    } settling;
    const char *name, *schedules; /* schedules: their names, as a Postgres array */
    struct queues brief, external;
    int64_t ticked_ms, external_ms; /* when it last looked at the clock's work, at external jobs */
    int64_t brief_ms;               /* and at brief ones in vain */
    int external_n;                 /* how many it then found */
    bool sleeper;                   /* its row stands in job_sleepers */
    bool unsure; /* the table may name it as the worker of jobs that it does not have */
    bool begun;  /* and it had begun the first of them */
    unsigned naps;
};

struct claimed {
    int64_t id, token;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Whether an earlier kind in the tables has the same queue. */
static bool is_listed(const struct job_kind *kind)
{
    for (const struct domain *const *d = domains; *d; d++)
        for (const struct job_kind *k = (*d)->jobs; k && k->name; k++) {
            if (k == kind)
                return false;
            if (strcmp(k->queue, kind->queue) == 0)
                return true;
        }
    return false;
}

/* How many of a queue a worker claims at once. */
static int most_of(const char *queue, bool external)
{
    int most = external ? 1 : BATCH;
    for (const struct domain *const *d = domains; *d; d++)
        for (const struct job_kind *k = (*d)->jobs; k && k->name; k++)
            if (strcmp(k->queue, queue) == 0 && k->together > most)
                most = k->together;
    return most;
}

static void add_queue(struct queues *q, struct buf *names, struct buf *mosts, const char *queue,
                      int most)
{
    buf_printf(names, "%c%s", names->n ? ',' : '{', queue);
    buf_printf(mosts, "%c%d", mosts->n ? ',' : '{', most);
    q->most = most > q->most ? most : q->most;
}

static struct queues queues_of(struct arena *a, bool external)
{
    struct queues q = { .lease_seconds = LEASE_SECONDS };
    struct buf names = buf_in(a), mosts = buf_in(a);
    for (const struct domain *const *d = domains; *d; d++)
        for (const struct job_kind *k = (*d)->jobs; k && k->name; k++) {
            if (k->external != external)
                continue;
            if (!is_listed(k))
                add_queue(&q, &names, &mosts, k->queue, most_of(k->queue, external));
            if (k->lease_seconds > q.lease_seconds)
                q.lease_seconds = k->lease_seconds;
        }
    q.slow = external;
    q.held_ms = external ? CALLS_HELD_MS : q.lease_seconds * 500;
    q.names = names.n ? (buf_putc(&names, '}'), names.p) : NULL;
    q.mosts = mosts.n ? (buf_putc(&mosts, '}'), mosts.p) : NULL;
    return q;
}

static const char *schedules_of(struct arena *a)
{
    struct buf b = buf_in(a);
    buf_puts(&b, "{");
    for (const struct domain *const *d = domains; *d; d++)
        for (const struct schedule *s = (*d)->schedules; s && s->name; s++)
            buf_printf(&b, "%s%s", b.n > 1 ? "," : "", s->name);
    buf_putc(&b, '}');
    return b.p;
}

static bool each_queue_is_of_one_sort(void)
{
    for (const struct domain *const *d = domains; *d; d++)
        for (const struct job_kind *k = (*d)->jobs; k && k->name; k++)
            for (const struct domain *const *f = domains; *f; f++)
                for (const struct job_kind *o = (*f)->jobs; o && o->name; o++)
                    if (strcmp(k->queue, o->queue) == 0 && k->external != o->external)
                        return false;
    return true;
}

/* ---- ends ---- */

static struct claimed claimed_at(const PGresult *r, int row)
{
    return (struct claimed){ row_int(r, row, "id"), row_int(r, row, "token") };
}

static const char *array_of(struct arena *a, const struct claimed *list, int n, bool tokens)
{
    struct buf b = buf_in(a);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%c%" PRId64, i ? ',' : '{', tokens ? list[i].token : list[i].id);
    buf_putc(&b, '}');
    return b.p;
}

static void complete(struct worker *w, const struct claimed *done, int n)
{
    PGresult *r;
    if (!n)
        return;
    enum err e =
        db_query(w->db, w->batch, jobs_complete, &r, .ids = array_of(w->batch, done, n, false),
                 .tokens = array_of(w->batch, done, n, true));
    w->unsure |= e != OK;
    w->begun |= e != OK;
    if (e)
        log_error("jobs_not_completed", "count", NUM(n), "error", err_name(e), NULL);
    else if (rows_count(r) < n)
        log_warn("jobs_lease_lost", "count", NUM(n - rows_count(r)), NULL);
}

/* Those of the rows from `first` to before `end`. */
static void release(struct worker *w, const PGresult *r, int first, int end)
{
    struct claimed list[BATCH];
    int n = 0;
    for (int i = first; i < end; i++)
        list[n++] = claimed_at(r, i);
    enum err e = n == 0 ? OK
                        : db_query(w->db, w->batch, jobs_release, NULL,
                                   .ids = array_of(w->batch, list, n, false),
                                   .tokens = array_of(w->batch, list, n, true));
    w->unsure |= e != OK;
    if (e)
        log_warn("jobs_not_released", "count", NUM(n), NULL);
}

static const char *reason(const struct job *j, enum err e)
{
    if (j->retry_error)
        return j->retry_error;
    if (j->ctx.problem.detail)
        return j->ctx.problem.detail;
    if (j->ctx.problem.n)
        return arena_printf(j->ctx.arena, "%s: %s", j->ctx.problem.faults[0].field,
                            j->ctx.problem.faults[0].message);
    return err_name(e);
}

static void put_back(struct worker *w, struct job *j, enum err e)
{
    PGresult *r;
    bool again = e == ERR_RETRY || e == ERR_LIMITED || e == ERR_INTERNAL;
    bool park = !j->snooze && (!again || j->attempt >= j->max_attempts);
    const char *why = reason(j, e);
    enum err failed =
        db_query(j->ctx.db, j->ctx.arena, job_put_back, &r, .id = NUM(j->id),
                 .token = NUM(j->token), .park = park ? "t" : "f", .snooze = j->snooze ? "t" : "f",
                 .wait_seconds = NUM(j->retry_after), .run_at = j->run_at, .error = why);
    if (park)
        log_error("job_parked", "kind", j->kind, "attempt", NUM(j->attempt), "error", why, NULL);
    else
        log_info(j->snooze ? "job_snoozed" : "job_retried", "kind", j->kind, "attempt",
                 NUM(j->attempt), "error", why, NULL);
    w->unsure |= failed != OK;
    w->begun |= failed != OK;
    if (failed || !rows_count(r))
        log_warn("job_lease_lost", "kind", j->kind, NULL);
}

/* ---- one job ---- */

/* A text of the claim's rows, which a job may outlive. */
static const char *kept_text(struct worker *w, const PGresult *r, int row, const char *column)
{
    const char *text = row_text(r, row, column);
    return text ? arena_strdup(w->job, text) : NULL;
}

static void fill(struct worker *w, struct job *j, const PGresult *r, int row)
{
    struct json_object *object = row_json(w->job, r, row);
    *j = (struct job){ .id = row_int(r, row, "id"),
                       .token = row_int(r, row, "token"),
                       .begun_at = kept_text(w, r, row, "begun_at"),
                       .kind = kept_text(w, r, row, "kind"),
                       .queue = kept_text(w, r, row, "queue"),
                       .args = json_get(object, "args"),
                       .attempt = (int)row_int(r, row, "attempt"),
                       .max_attempts = (int)row_int(r, row, "max_attempts") };
    j->ctx = (struct ctx){ .app = w->app,
                           .arena = w->job,
                           .db = w->db,
                           .tenant_id = kept_text(w, r, row, "tenant_id"),
                           .work_id = arena_printf(w->job, "job:%" PRId64, j->id),
                           .actor = { .kind = ACTOR_WORKER,
                                      .role = ROLE_OWNER,
                                      .name = "Worker",
                                      .all_buildings = true } };
}

/* A try that failed is put back. */
static void end_try(struct worker *w, struct job *j, enum err *e)
{
    if (db_in_transaction(j->ctx.db)) {
        log_error("job_left_transaction", "kind", j->kind, NULL);
        db_rollback(j->ctx.db);
        *e = ERR_INTERNAL;
    }
    if (*e)
        put_back(w, j, *e);
}

static void settle(struct worker *w)
{
    struct job *j = w->settling.job;
    if (!j)
        return;
    log_scope("jobId", j->ctx.work_id);
    enum err e = j->settle(j);
    end_try(w, j, &e);
    log_scope(NULL, NULL);
    arena_reset(w->settling.arena);
    w->settling.job = NULL;
}

/* The next job gets the other connection and arena. */
static void settle_later(struct worker *w, struct job *j)
{
    struct settling other = w->settling;
    w->settling = (struct settling){ w->db, w->job, j };
    w->db = other.db;
    w->job = other.arena;
}

/* Runs it. True where it is done and still has to be completed. */
static bool run(struct worker *w, const PGresult *r, int row)
{
    struct job *j = arena_new_of(w->job, struct job);
    fill(w, j, r, row);
    const struct job_kind *kind = job_kind_of(j->kind);
    if (!kind || !kind->together)
        settle(w); /* as this one may take long */
    log_scope("jobId", j->ctx.work_id);
    enum err e = kind ? kind->run(j) : job_fail(j, ERR_INVALID, "No such kind of job.");
    bool later = !e && j->settle, left = false;
    if (!later) {
        end_try(w, j, &e);
        left = !e && !j->ended;
    }
    log_scope(NULL, NULL);
    settle(w);
    if (later)
        settle_later(w, j);
    else
        arena_reset(w->job);
    return left;
}

/* ---- a claim ---- */

static enum err claim(struct worker *w, const struct queues *q, PGresult **r)
{
    db_begin(w->db, NULL);
    db_batch(w->db);
    enum err e = db_query(w->db, w->batch, jobs_lock_limits, NULL, .queues = q->names);
    if (!e)
        e = db_query(w->db, w->batch, jobs_claim, r, .queues = q->names, .mosts = q->mosts,
                     .most = NUM(q->slow ? 1 : q->most), .worker = w->name,
                     .lease_seconds = NUM(q->lease_seconds));
    e = db_end(w->db, e);
    w->unsure |= e != OK;
    return e;
}

/* Between claims it has no job: what is under its name, it will never end. */
static enum err give_back(struct worker *w)
{
    enum err e = OK;
    if (w->unsure)
        settle(w);
    if (w->unsure)
        e = db_query(w->db, w->batch, jobs_bury, NULL, .worker = w->name,
                     .counted = w->begun ? "t" : "f");
    w->unsure = e != OK;
    w->begun &= w->unsure;
    return e;
}

/* How many of the claimed jobs are begun one after the other: none waits for one that may take
   long, nor does such a one wait. */
static int begun_of(const PGresult *r)
{
    int n = 0;
    for (; n < rows_count(r); n++) {
        const struct job_kind *kind = job_kind_of(row_text(r, n, "kind"));
        if (kind && kind->external && !kind->together)
            return n ? n : 1;
    }
    return n;
}

/* Claims jobs and runs them; completes the done ones together, but calls to the outside each by
   itself: so of those only the first that stands under its name is ever begun. Answers how many
   there were. */
static int claim_and_run(struct worker *w, struct queues *q)
{
    PGresult *r = NULL;
    struct claimed done[BATCH] = { { 0, 0 } };
    int n_done = 0, i = 0;
    if (!q->names)
        return 0;
    if (give_back(w) || claim(w, q, &r))
        return 0;
    const int64_t began = now_ms();
    int64_t since = began;
    int n = begun_of(r);
    release(w, r, n, rows_count(r));
    for (; i < n && !*w->stop && !w->unsure && (!i || now_ms() - began <= q->held_ms); i++) {
        if (run(w, r, i))
            done[n_done++] = claimed_at(r, i);
        if (n_done && (q == &w->external || now_ms() - since > COMPLETE_AFTER_MS)) {
            complete(w, done, n_done);
            n_done = 0;
            since = now_ms();
        }
    }
    complete(w, done, n_done);
    release(w, r, i, n);
    q->slow = q == &w->external && (!i || now_ms() - began > (int64_t)i * QUICK_MS);
    n = rows_count(r);
    arena_reset(w->batch);
    return n;
}

/* ---- what is due by the clock ---- */

static void keep_schedules(struct worker *w)
{
    for (const struct domain *const *d = domains; *d; d++)
        for (const struct schedule *s = (*d)->schedules; s && s->name; s++) {
            const struct job_kind *k = job_kind_of(s->kind);
            if (!k)
                log_error("schedule_kind_unknown", "schedule", s->name, "kind", s->kind, NULL);
            else if (db_query(w->db, w->batch, schedule_keep, NULL, .name = s->name,
                              .queue = k->queue, .kind = s->kind,
                              .every_seconds = NUM(s->every_seconds)))
                log_warn("schedule_not_kept", "schedule", s->name, NULL);
        }
    if (db_query(w->db, w->batch, schedules_forget, NULL, .names = w->schedules))
        log_warn("schedules_not_forgotten", NULL);
    arena_reset(w->batch);
}

static void tick(struct worker *w)
{
    PGresult *rescued = NULL;
    if (w->ticked_ms && now_ms() - w->ticked_ms < TICK_MS)
        return;
    w->ticked_ms = now_ms();
    db_batch(w->db);
    enum err e = db_query(w->db, w->batch, schedules_run, NULL, .names = w->schedules);
    if (!e)
        e = db_run(w->db, w->batch, &sql_jobs_release_groups, NULL, NULL);
    if (!e)
        e = db_run(w->db, w->batch, &sql_jobs_rescue, NULL, &rescued);
    enum err flushed = db_flush(w->db);
    if (!e && !flushed && rows_count(rescued))
        log_warn("jobs_rescued", "count", NUM(rows_count(rescued)), NULL);
    arena_reset(w->batch);
}

/* ---- sleep ---- */

static void set_sleeper(struct worker *w, bool sleeps)
{
    if (w->sleeper == sleeps)
        return;
    enum err e = sleeps ? db_query(w->db, w->batch, sleeper_add, NULL, .worker = w->name)
                        : db_query(w->db, w->batch, sleeper_remove, NULL, .worker = w->name);
    w->sleeper = e ? w->sleeper : sleeps;
    arena_reset(w->batch);
}

/* The row is renewed now and then: one that nobody renews is of a dead worker and is deleted. */
static void sleep_a_while(struct worker *w)
{
    if (++w->naps % 20 == 0) {
        w->sleeper = false;
        set_sleeper(w, true);
    }
    if (w->app->idle)
        w->app->idle(w->app);
    db_wait(w->listening, TICK_MS);
}

/* A claim costs as much as a batch of brief jobs: while those abound, external ones are not looked
   for after each; while external ones follow each other, brief ones not before each. */
static int work_once(struct worker *w)
{
    int n = 0;
    tick(w);
    if (!w->external_n || now_ms() - w->brief_ms >= BRIEF_EVERY_MS) {
        n = claim_and_run(w, &w->brief);
        w->brief_ms = n ? 0 : now_ms();
    }
    bool soon = n == BATCH && now_ms() - w->external_ms < EXTERNAL_EVERY_MS;
    if (*w->stop || soon)
        return n;
    w->external_ms = now_ms();
    w->external_n = claim_and_run(w, &w->external);
    return n + w->external_n;
}

/* The clock's work at once: a tick lets go what waited for the others of its group. */
static int tick_and_work(struct worker *w)
{
    w->ticked_ms = 0;
    return work_once(w);
}

static const char *name_of(struct arena *a, const char *instance, int child)
{
    return arena_printf(a, "%s.%d", instance ? instance : "?", child);
}

enum err jobs_bury(struct app *app, struct db *db, int child, bool counted)
{
    PGresult *freed;
    struct arena *a = arena_new(ARENA_LIMIT);
    const char *worker = name_of(a, app->instance, child);
    enum err e = ERR_RETRY;
    /* What the dead one sent last may still hold its rows. */
    for (int i = 0; i < BURY_TRIES && e == ERR_RETRY; i++)
        e = db_query(db, a, jobs_bury, &freed, .worker = worker, .counted = counted ? "t" : "f");
    if (e)
        log_error("jobs_not_freed", "worker", worker, "error", err_name(e), NULL);
    else if (rows_count(freed))
        log_warn("jobs_freed", "worker", worker, "count", NUM(rows_count(freed)), NULL);
    arena_free(a);
    return e;
}

static void prepare(struct worker *w)
{
    if (!each_queue_is_of_one_sort()) {
        log_error("queue_mixes_brief_and_external", NULL);
        abort();
    }
    w->life = arena_new(ARENA_LIMIT);
    w->batch = arena_new(ARENA_LIMIT);
    w->job = arena_new(ARENA_LIMIT);
    w->settling = (struct settling){ db_twin(w->db), arena_new(ARENA_LIMIT), NULL };
    const char *instance = w->app->instance;
    w->name = name_of(w->life, instance ? instance : uuid7(w->app, w->life), getpid());
    w->schedules = schedules_of(w->life);
    w->brief = queues_of(w->life, false);
    w->external = queues_of(w->life, true);
}

void jobs_work(struct app *app, struct db *db, volatile const int *stop, bool once)
{
    struct worker w = { .app = app, .db = db, .listening = db, .stop = stop };
    prepare(&w);
    keep_schedules(&w);
    if (!once && db_listen(db, "jobs"))
        log_warn("listen_failed", NULL);
    while (!*stop) {
        int n = work_once(&w);
        if (n && w.sleeper)
            set_sleeper(&w, false);
        if (n)
            continue;
        settle(&w);
        if (once && !tick_and_work(&w))
            break;
        if (once)
            continue;
        /* Before the first nap the table is asked once more: a job added before the row notified
         * nobody. */
        bool slept = w.sleeper;
        if (!slept)
            set_sleeper(&w, true);
        if (slept || !w.sleeper) /* the row was refused, as may be all else */
            sleep_a_while(&w);
    }
    settle(&w);
    set_sleeper(&w, false);
    db_free(w.db == db ? w.settling.db : w.db);
    arena_free(w.settling.arena);
    arena_free(w.job);
    arena_free(w.batch);
    arena_free(w.life);
}
