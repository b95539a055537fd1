/* A run under way: paused and resumed by people, paused by itself, the first ones before the
   others; and its closing. */
#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
#include "events/events.h"
#include "track/batch.sql.h"
#include "track/run.h"
#include "track/run.sql.h"

#include <string.h>

#define RETRY_SECONDS 10

enum err runs_lock(struct ctx *c, const char *batch_id, PGresult **row)
{
    enum err e = db_query(c->db, c->arena, batch_lock, row, .batch_id = batch_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e == OK && rows_count(*row) == 0 ? ERR_NOT_FOUND : e;
}

/* Tells the other domains and the audit trail, which the log of the run is read from. */
static enum err tell_of(struct ctx *c, const char *what, const char *batch_id,
                        struct json_object *after)
{
    json_set_text(after, "batchId", batch_id);
    enum err e = event_emit(c, arena_printf(c->arena, "batch.%s", what), "batch", batch_id, after);
    return e != OK ? e
                   : audit_add(c, arena_printf(c->arena, "run.%s", what), "batch", batch_id, NULL,
                               after);
}

/* `why` may be NULL. */
static enum err tell(struct ctx *c, const char *what, const char *batch_id, const char *why)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    if (why)
        json_set_text(after, "note", why);
    return tell_of(c, what, batch_id, after);
}

/* About the messages that went first. */
static enum err tell_first(struct ctx *c, const char *what, const char *batch_id, const char *key,
                           long long first)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_int(after, key, first);
    return tell_of(c, what, batch_id, after);
}

static enum err let_go_later(struct ctx *c, const char *batch_id)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "batchId", batch_id);
    const struct job_new job = { .kind = "track.let_go", .args = args };
    return job_add(c, &job, NULL);
}

/* ---- by people ---- */

enum err runs_pause(struct ctx *c, const char *batch_id, const char *note)
{
    PGresult *row;
    enum err e = runs_lock(c, batch_id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_pause, &row, .batch_id = batch_id, .by = c->actor.name,
                     .why = note && *note ? note : NULL);
    if (e != OK)
        return e;
    return rows_count(row) ? tell(c, "paused", batch_id, note)
                           : ctx_refuse(c, ERR_CONFLICT, "This run is not being sent.");
}

enum err runs_resume(struct ctx *c, const char *batch_id)
{
    PGresult *row;
    enum err e = runs_lock(c, batch_id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_resume, &row, .batch_id = batch_id);
    if (e == OK && rows_count(row) == 0)
        return ctx_refuse(c, ERR_CONFLICT, "This run does not wait for anybody.");
    if (e == OK)
        e = let_go_later(c, batch_id);
    if (e != OK)
        return e;
    return row_text(row, 0, "skipped")
               ? tell_first(c, "resumed", batch_id, "firstSkipped", row_int(row, 0, "skipped"))
               : tell(c, "resumed", batch_id, NULL);
}

enum err runs_close(struct ctx *c, const char *batch_id, const char *note)
{
    PGresult *row, *channels;
    enum err e = runs_lock(c, batch_id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_channels, &channels, .batch_id = batch_id);
    const char *why =
        e == OK ? runs_unfinished(c, json_own(c->arena, runs_counts(channels))) : NULL;
    if (why)
        return ctx_refuse(c, ERR_CONFLICT, "%s", why);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_close, &row, .batch_id = batch_id, .by = c->actor.name,
                     .note = note && *note ? note : NULL);
    if (e != OK)
        return e;
    return rows_count(row)
               ? tell(c, "closed", batch_id, note)
               : ctx_refuse(c, ERR_CONFLICT, "This run is closed already, or still being sent.");
}

enum err runs_reopen(struct ctx *c, const char *batch_id)
{
    PGresult *row;
    enum err e = runs_lock(c, batch_id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_reopen, &row, .batch_id = batch_id);
    if (e != OK)
        return e;
    return rows_count(row) ? tell(c, "reopened", batch_id, NULL)
                           : ctx_refuse(c, ERR_CONFLICT, "This run is not closed.");
}

/* ---- in the jobs of its messages ---- */

enum err runs_waits(struct job *j, const char *communication_id)
{
    PGresult *row;
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_query(c->db, c->arena, runs_paused_still, &row, .communication_id = communication_id);
    if (e == OK && rows_count(row))
        e = job_hold_group(j);
    if ((e = db_end(c->db, e)) != OK)
        return e;
    j->snooze = true;
    j->retry_after = rows_count(row) ? RETRY_SECONDS : 1;
    return job_fail(j, ERR_LIMITED, "Its run is paused.");
}

static enum err let_go(struct ctx *c, const char *batch_id)
{
    PGresult *groups;
    enum err e = db_query(c->db, c->arena, runs_groups, &groups, .batch_id = batch_id);
    return e != OK ? e : jobs_let_go(c, row_text(groups, 0, "ids"), NULL);
}

/* ---- watching ---- */

struct limit {
    const char *part, *whole; /* columns of runs_watch */
    long long least, per_mille;
    const char *words;
};

/* One bad address says nothing about a run, nor do a handful of answers about a provider. */
static const struct limit limits[] = {
    { "hard", "ended", 3, 30, "messages came back as undeliverable" },
    { "complaints", "ended", 1, 1, "recipients complained about it" },
    { "refused", "answers", 5, 200, "answers of the provider were refusals" },
};

static const char *alarm_of(struct ctx *c, const PGresult *r, int i)
{
    for (size_t n = 0; n < sizeof(limits) / sizeof(limits[0]); n++) {
        const struct limit *l = &limits[n];
        long long part = row_int(r, i, l->part), whole = row_int(r, i, l->whole);
        if (part >= l->least && part * 1000 > whole * l->per_mille)
            return arena_printf(
                c->arena, "%lld of %lld %s: %.1f %%, more than %.1f %%.", part, whole, l->words,
                whole ? 100.0 * (double)part / (double)whole : 100.0, (double)l->per_mille / 10.0);
    }
    return NULL;
}

static enum err pause_by_itself(struct ctx *c, const char *batch_id, const char *why)
{
    PGresult *row;
    enum err e =
        db_query(c->db, c->arena, runs_pause, &row, .batch_id = batch_id, .by = NULL, .why = why);
    if (e != OK || rows_count(row) == 0)
        return e;
    log_warn("runs_paused", "batchId", batch_id, "why", why, NULL);
    return tell(c, "paused", batch_id, why);
}

static enum err watch_one(struct ctx *c, const PGresult *r, int i)
{
    PGresult *row;
    const char *batch_id = row_text(r, i, "batchId"), *why = alarm_of(c, r, i);
    if (why)
        return pause_by_itself(c, batch_id, why);
    if (!row_bool(r, i, "canary"))
        return OK;
    if (!row_bool(r, i, "waited"))
        return row_bool(r, i, "through")
                   ? db_query(c->db, c->arena, runs_canary_through, NULL, .batch_id = batch_id)
                   : OK;
    enum err e = db_query(c->db, c->arena, runs_canary_over, &row, .batch_id = batch_id);
    if (e != OK || rows_count(row) == 0)
        return e;
    e = let_go_later(c, batch_id);
    return e == OK ? tell_first(c, "others_followed", batch_id, "first", row_int(r, i, "first"))
                   : e;
}

static enum err watch_tenant(struct ctx *c)
{
    PGresult *runs, *forgotten;
    db_begin(c->db, c->tenant_id);
    enum err e = db_run(c->db, c->arena, &sql_runs_watch, NULL, &runs);
    for (int i = 0; e == OK && i < rows_count(runs); i++)
        e = watch_one(c, runs, i);
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_runs_forgotten, NULL, &forgotten);
    for (int i = 0; e == OK && i < rows_count(forgotten); i++)
        e = let_go(c, row_text(forgotten, i, "batchId"));
    return db_end(c->db, e);
}

enum err runs_watch_all(struct job *j)
{
    PGresult *tenants;
    struct ctx *c = &j->ctx;
    enum err e = db_run(c->db, c->arena, &sql_runs_sending_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "tenantId");
        e = watch_tenant(c);
    }
    return e;
}

enum err runs_let_go(struct job *j)
{
    struct ctx *c = &j->ctx;
    const char *batch_id = json_text(j->args, "batchId");
    if (!batch_id)
        return job_fail(j, ERR_INVALID, "The job names no batch.");
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, let_go(c, batch_id));
}
