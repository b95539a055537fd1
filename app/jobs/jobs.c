/* Jobs as handlers and other rooms see them: adding, ending, failing. */
#include "jobs/jobs.h"

#include "base/domain.h"
#include "base/json.h"
#include "base/log.h"
#include "jobs/jobs.sql.h"

#include <stdlib.h>
#include <string.h>

#define LEASE_SECONDS 30
#define MAX_ATTEMPTS 12

const struct job_kind *job_kind_of(const char *name)
{
    for (const struct domain *const *d = domains; *d; d++)
        for (const struct job_kind *k = (*d)->jobs; k && k->name; k++)
            if (strcmp(k->name, name) == 0)
                return k;
    return NULL;
}

enum err job_add(struct ctx *c, const struct job_new *n, int64_t *id)
{
    PGresult *r;
    struct buf args = buf_in(c->arena);
    const struct job_kind *kind = job_kind_of(n->kind);
    if (!kind) {
        log_error("job_kind_unknown", "kind", n->kind, NULL);
        return ERR_INTERNAL;
    }
    if (n->args)
        json_write(&args, n->args);
    else
        buf_puts(&args, "{}");
    enum err e =
        db_query(c->db, c->arena, job_add, &r, .tenant_id = c->tenant_id,
                 .queue = n->queue ? n->queue : kind->queue, .kind = kind->name, .args = args.p,
                 .unique_key = n->unique_key, .run_at = n->run_at, .priority = NUM(n->priority),
                 .max_attempts = NUM(kind->max_attempts ? kind->max_attempts : MAX_ATTEMPTS),
                 .group_id = n->group_id, .state = n->waits ? "waiting" : "ready");
    if (!e && id)
        *id = rows_count(r) ? row_int(r, 0, "id") : 0;
    return e;
}

enum err job_ending(struct job *j)
{
    struct ctx *c = &j->ctx;
    return db_query(c->db, c->arena, job_complete, NULL, .id = NUM(j->id), .token = NUM(j->token));
}

enum err job_done(struct job *j)
{
    enum err e = job_ending(j);
    j->ended = e == OK;
    return e;
}

enum err job_touch(struct job *j)
{
    PGresult *r;
    struct ctx *c = &j->ctx;
    const struct job_kind *kind = job_kind_of(j->kind);
    int seconds = kind && kind->lease_seconds ? kind->lease_seconds : LEASE_SECONDS;
    enum err e = db_query(c->db, c->arena, job_touch, &r, .id = NUM(j->id), .token = NUM(j->token),
                          .lease_seconds = NUM(seconds));
    return !e && !rows_count(r) ? ERR_CONFLICT : e;
}

enum err job_hold_group(struct job *j)
{
    struct ctx *c = &j->ctx;
    return db_query(c->db, c->arena, jobs_hold, NULL, .id = NUM(j->id), .kind = j->kind);
}

enum err jobs_let_go(struct ctx *c, const char *groups, int *n)
{
    PGresult *r;
    enum err e = db_query(c->db, c->arena, jobs_let_go, &r, .groups = groups);
    if (!e && n)
        *n = rows_count(r);
    return e;
}

enum err job_fail(struct job *j, enum err e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    j->retry_error = arena_vprintf(j->ctx.arena, format, args);
    va_end(args);
    return e;
}
