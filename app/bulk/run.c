/* The job that does a bulk action, and the schedule that ends what nobody goes on with. */
#include "bulk/private.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "bulk/bulk.sql.h"

#include <string.h>

#define CHUNK 25
#define CHUNK_ARENA ((size_t)16 << 20)

struct work {
    struct job *job;
    const char *id;
    const struct bulk_way *way;
    struct bulk_how how;
    struct ctx ctx; /* of the items of a chunk: the actor is who asked for it, as he stands now */
};

/* ---- one item ---- */

static bool is_for_the_item(enum err e)
{
    return e == ERR_INVALID || e == ERR_DENIED || e == ERR_NOT_FOUND || e == ERR_CONFLICT;
}

static const char *sentence_of(const struct ctx *c, enum err e)
{
    if (c->problem.detail)
        return c->problem.detail;
    if (c->problem.n)
        return c->problem.faults[0].message;
    return e == ERR_NOT_FOUND ? "It is not there any more, or not for who asked."
                              : "It was refused.";
}

/* Does it and notes what became of it; any other error ends the chunk. */
static enum err do_item(struct work *w, const PGresult *rows, int i, struct json_object *results)
{
    struct ctx *c = &w->ctx;
    struct json_object *result = json_object_new_object();
    json_object_array_add(results, result);
    c->problem = (struct problem){ .n = 0 };
    enum err e = db_run(c->db, c->arena, &sql_bulk_item_begin, NULL, NULL);
    if (e != OK)
        return e;
    enum err done = w->way->act(c, &w->how, row_text(rows, i, "communicationId"));
    if (done != OK && !is_for_the_item(done))
        return done;
    json_set_int(result, "seq", row_int(rows, i, "seq"));
    json_set_text(result, "state", done == OK ? "done" : "failed");
    json_set_text(
        result, "result",
        done == OK ? arena_printf(c->arena, "%c%s.", w->way->done[0] - 'a' + 'A', w->way->done + 1)
                   : sentence_of(c, done));
    return db_run(c->db, c->arena, done == OK ? &sql_bulk_item_keep : &sql_bulk_item_undo, NULL,
                  NULL);
}

static enum err do_items(struct work *w, const PGresult *rows)
{
    struct ctx *c = &w->ctx;
    struct buf text = buf_in(c->arena);
    struct json_object *results = json_own(c->arena, json_object_new_array());
    enum err e = OK;
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = do_item(w, rows, i, results);
    if (e != OK)
        return e;
    json_write(&text, results);
    return db_query(c->db, c->arena, bulk_results, NULL, .id = w->id, .results = text.p);
}

/* ---- a chunk: its items and their results in one transaction ---- */

static enum err end(struct work *w, const PGresult *row)
{
    struct ctx *c = &w->ctx;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    enum err e = db_query(c->db, c->arena, bulk_set_state, NULL, .id = w->id, .state = "DONE");
    json_set_text(after, "action", row_text(row, 0, "action"));
    json_set_int(after, "total", row_int(row, 0, "total"));
    if (e == OK)
        e = job_done(w->job);
    return e ? e : audit_add(c, "bulk.done", "bulk", w->id, NULL, after);
}

static enum err take_how(struct work *w, const PGresult *row)
{
    w->way = bulk_way_of(row_text(row, 0, "action"));
    w->how = (struct bulk_how){ .channel = row_text(row, 0, "channel"),
                                .mark = row_text(row, 0, "mark"),
                                .note = row_text(row, 0, "note"),
                                .tag = row_text(row, 0, "tag") };
    return actor_now(&w->ctx, row_text(row, 0, "createdBy"), &w->ctx.actor);
}

/* One that is paused or over lets go of its job while its row is locked, so that a resume after it
   adds another. */
static enum err chunk(struct work *w, bool *more)
{
    PGresult *row, *rows;
    struct ctx *c = &w->ctx;
    enum err e = db_query(c->db, c->arena, bulk_begin, &row, .id = w->id);
    *more = e == OK && rows_count(row) > 0 && strcmp(row_text(row, 0, "state"), "RUNNING") == 0;
    if (e == OK && !*more)
        return job_done(w->job);
    if (e == OK)
        e = take_how(w, row);
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_next, &rows, .id = w->id, .most = NUM(CHUNK));
    if (e != OK)
        return e;
    *more = rows_count(rows) > 0;
    if (!*more)
        return end(w, row);
    e = do_items(w, rows);
    return e ? e : job_touch(w->job);
}

/* Who asked for it may not any more: somebody else may look at it, and at what is left. */
static enum err stop(struct work *w)
{
    struct ctx *c = &w->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, bulk_set_state, NULL, .id = w->id, .state = "PAUSED",
                          .error = "Who asked for it may not any more.");
    if (e == OK)
        e = job_done(w->job);
    return db_end(c->db, e);
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

enum err bulk_run(struct job *j)
{
    bool more = true;
    enum err e = OK;
    struct work w = { .job = j, .id = json_text(j->args, "bulkId"), .ctx = j->ctx };
    if (!w.id)
        return job_fail(j, ERR_INVALID, "No bulkId.");
    w.ctx.arena = arena_new(CHUNK_ARENA);
    arena_defer(j->ctx.arena, free_arena, w.ctx.arena);
    while (e == OK && more) {
        db_begin(j->ctx.db, j->ctx.tenant_id);
        e = db_end(j->ctx.db, chunk(&w, &more));
        arena_reset(w.ctx.arena);
    }
    return e == ERR_DENIED ? stop(&w) : e == ERR_CONFLICT ? ERR_RETRY : e;
}

/* ---- the schedule ---- */

enum err bulk_tend(struct job *j)
{
    PGresult *tenants;
    struct ctx *c = &j->ctx;
    enum err e = db_run(c->db, c->arena, &sql_bulk_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        db_begin(c->db, row_text(tenants, i, "tenantId"));
        e = db_run(c->db, c->arena, &sql_bulk_expire, NULL, NULL);
        if (e == OK)
            e = db_run(c->db, c->arena, &sql_bulk_orphans, NULL, NULL);
        e = db_end(c->db, e);
    }
    return e;
}
