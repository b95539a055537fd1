/* The job table: work done later, at least once, by the worker. */
#pragma once

#include "base/ctx.h"
#include "db/db.h"

#include <json-c/json.h>
#include <stdint.h>

/* ready → running → done, or back to ready with a later run_at (retry), or parked after the last
   try; waiting: not before its batch's others are done; held: not before jobs_let_go. */

struct job {
    struct ctx ctx; /* its arena dies with the job; tenant_id is the job's; actor is the worker */
    int64_t id;
    const char *kind, *queue;
    struct json_object *args;
    int attempt, max_attempts;
    int64_t token;        /* fences the lease */
    const char *begun_at; /* RFC 3339: when its first counted try began, the same at every other */
    const char *retry_error; /* set by job_fail: one sentence, kept with the attempt */
    int retry_after;         /* seconds the job asks to wait; 0: backoff */
    const char *run_at;      /* the time it asks to be put back to, RFC 3339; NULL: retry_after */
    bool snooze; /* put it back without counting the attempt (open breaker, throttled mailbox) */
    bool ended;  /* set by job_done */
    /* Set by a run that answers OK while its end is on its way (db_commit_send): called later for
       the answer, with job and arena as they were, when the worker may be past the next job's run,
       which has another connection. */
    enum err (*settle)(struct job *j);
    void *settling; /* what it needs, in the job's arena */
};

struct job_kind {
    const char *name;  /* "track.send_communication" */
    const char *queue; /* "email"; a kind whose jobs are in several queues has a row for each */
    int max_attempts;  /* 0: 12 */
    int lease_seconds; /* 0: 30; call timeouts must be shorter */
    bool external; /* talks to the outside: claimed one by one, or `together`; others in batches */
    int together;  /* so many of the queue at once, as each is one short call; 0: one */
    /* Called outside a transaction. OK: done. ERR_RETRY, ERR_LIMITED: again later. Others: parked
       at once, but ERR_INTERNAL, which is retried to the end. To end the job in the transaction of
       its effects call job_done in it. */
    enum err (*run)(struct job *j);
    const char *doc;
};

struct job_new {
    const char *kind;
    const char *queue;        /* NULL: that of the kind's first row */
    struct json_object *args; /* NULL: {} ; ids, never secrets */
    const char
        *unique_key; /* a ready, running or waiting job of the same kind and key is kept instead */
    const char *run_at;   /* RFC 3339; NULL: now */
    int priority;         /* higher first; 0 */
    const char *group_id; /* uuid of a job batch; NULL: none */
    bool waits;           /* until no other job of its group is ready or running */
};

/* The kind of this name in the table of domains; NULL: none. */
const struct job_kind *job_kind_of(const char *name);

/* Adds a job in the caller's transaction and tenant. *id is 0 where a job with the key was there.
 */
enum err job_add(struct ctx *c, const struct job_new *n, int64_t *id) must_check;

/* Ends the job as done in the transaction at hand. ERR_CONFLICT: the lease was lost to another;
 * roll back. */
enum err job_done(struct job *j) must_check;

/* The same in a batch, whose end answers ERR_CONFLICT; where it is OK the caller sets `ended`. */
enum err job_ending(struct job *j) must_check;

/* Prolongs the lease (own transaction). ERR_CONFLICT: lost; stop. */
enum err job_touch(struct job *j) must_check;

/* Holds the ready jobs of the job's group and kind. */
enum err job_hold_group(struct job *j) must_check;

/* Lets the held jobs of groups go (an SQL array of uuids), each at its time; *n counts them, NULL:
   not asked. */
enum err jobs_let_go(struct ctx *c, const char *groups, int *n) must_check;

/* Notes why a try failed and answers e: return job_fail(j, ERR_RETRY, "…"); */
enum err job_fail(struct job *j, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct schedule {
    const char *name; /* unique */
    const char *kind;
    int every_seconds;
    const char *doc;
};

/* The loop of one worker child: runs the schedules, claims, runs, completes, until `stop` becomes
   true. With `once`, until nothing is ready. */
void jobs_work(struct app *app, struct db *db, volatile const int *stop, bool once);

/* Frees what a dead child of this program's instance had claimed, which else waits for its leases
   to run out. `counted`: the try that it was at counts, as it may be why the child died; what it
   had not begun loses none. */
enum err jobs_bury(struct app *app, struct db *db, int child, bool counted) must_check;
