/* What is due, removed now because somebody asked for it: as it was planned, by the worker. */
#include "proof/plan.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "proof/plan.sql.h"
#include "proof/token.h"

static const char *const states[] = { "UNDER_WAY", "DONE", "STUCK", NULL };

static const struct member members[] = {
    { "id", SHAPE_UUID, .help = "The removal." },
    { "state", SHAPE_CHOICE, .help = "Stuck: its job is parked.", .values = states },
    { "plannedAt", SHAPE_TIME, .help = "What is due later does not join." },
    { "planned", SHAPE_OBJECT, .help = "What was to go: messages, parcels, rows, bytes …" },
    { "askedByName", SHAPE_TEXT, .nullable = true },
    { "askedAt", SHAPE_TIME, .help = "When." },
    { "done", SHAPE_OBJECT,
      .help = "What went: communications, proofs, parcels, stores, files, archives, imports …",
      .nullable = true },
    { "doneAt", SHAPE_TIME, .nullable = true },
    { .name = NULL },
};
const struct shape removal_shape = { "RetentionRemoval", "What was due, removed when asked for.",
                                     members };

/* The figures of a plan, which stay when it is done. */
static struct json_object *figures(struct ctx *c, struct json_object *plan)
{
    static const char *const kept[] = { "messages", "content",     "person", "proof", "held",
                                        "parcels",  "parcelsHeld", "rows",   "bytes", NULL };
    struct json_object *o = json_own(c->arena, json_object_new_object());
    for (int i = 0; kept[i]; i++)
        json_put(o, kept[i], true, json_object_get(json_get(plan, kept[i])));
    return o;
}

static enum err start(struct ctx *c, const char *id, struct json_object *planned)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "removalId", id);
    enum err e = job_add(
        c, &(struct job_new){ .kind = "proof.retention", .args = args, .unique_key = id }, NULL);
    return e == OK ? audit_add(c, "retention.removal_asked", "retention_removal", id, NULL, planned)
                   : e;
}

enum err removal_ask(struct ctx *c, const char *token, struct json_object **out)
{
    PGresult *rows;
    struct json_object *plan;
    int64_t at;
    enum err e = plan_confirm(c, token, &at, &plan);
    if (e != OK)
        return e;
    if (json_object_get_int64(json_get(plan, "rows")) == 0)
        return ctx_refuse(c, ERR_CONFLICT, "Nothing is due.");
    struct json_object *planned = figures(c, plan);
    e = db_query(c->db, c->arena, removal_add, &rows,
                 .at_ms = arena_printf(c->arena, "%lld", (long long)at),
                 .planned = json_compact(c->arena, planned), .actor_name = c->actor.name);
    if (e == OK && rows_count(rows) == 0)
        return ctx_refuse(c, ERR_CONFLICT, "A removal is under way already: wait for its end.");
    if (e == OK)
        e = start(c, row_text(rows, 0, "id"), planned);
    return e == OK ? removal_get(c, row_text(rows, 0, "id"), out) : e;
}

static enum err find(struct ctx *c, const char *id, PGresult **rows)
{
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, removal_get, rows, .id = id);
    return e == OK && rows_count(*rows) == 0 ? ERR_NOT_FOUND : e;
}

enum err removal_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    enum err e = find(c, id, &rows);
    if (e == OK)
        *out = row_json(c->arena, rows, 0);
    return e;
}

enum err removal_open(struct ctx *c, struct json_object *to)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_removal_open, NULL, &rows);
    if (e == OK)
        json_set_text(to, "removalId", rows_count(rows) ? row_text(rows, 0, "id") : NULL);
    return e;
}

/* ---- the work ---- */

static struct json_object *rest_of(struct ctx *c, const struct retention_done *done)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_int(o, "archives", done->archives);
    json_set_int(o, "files", done->files);
    json_set_int(o, "imports", done->imports);
    json_set_int(o, "inboxBodies", done->inbox_bodies);
    json_set_int(o, "inboxRequests", done->inbox_requests);
    return o;
}

enum err removal_run(struct job *j, const char *id)
{
    PGresult *rows = NULL;
    struct ctx *c = &j->ctx;
    struct retention_done done;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, find(c, id, &rows));
    if (e != OK || row_text(rows, 0, "doneAt"))
        return e;
    const struct retention_of of = { row_int(rows, 0, "_at"), id };
    if ((e = retention_run_of(c, j, &of, &done)) != OK)
        return e;
    db_begin(c->db, c->tenant_id);
    e = db_query(c->db, c->arena, removal_end, NULL, .id = id,
                 .rest = json_compact(c->arena, rest_of(c, &done)));
    return db_end(c->db, e);
}
