/* What becomes of a plan: confirmed, approved, paused, resumed, cancelled. */
#include "bulk/private.h"

#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/settings.h"
#include "bulk/bulk.sql.h"
#include "exports/exports.h"

#include <string.h>

/* ---- its state ---- */

static enum err set_state(struct ctx *c, const char *id, const char *state)
{
    return db_query(c->db, c->arena, bulk_set_state, NULL, .id = id, .state = state);
}

static enum err audit(struct ctx *c, const char *what, const char *id, const PGresult *row)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "action", row_text(row, 0, "action"));
    json_set_text(after, "words", row_text(row, 0, "words"));
    json_set_int(after, "total", row_int(row, 0, "total"));
    json_set_int(after, "done", row_int(row, 0, "done"));
    json_set_text(after, "note", row_text(row, 0, "note"));
    return audit_add(c, what, "bulk", id, NULL, after);
}

/* The row, locked; it must be in one of `states`. */
static enum err lock(struct ctx *c, const char *id, const char *states, PGresult **row)
{
    enum err e = bulk_find(c, id, row);
    const char *before = e == OK ? row_text(*row, 0, "exportId") : NULL;
    if (before)
        e = export_lock(c, before);
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_lock, NULL, .id = id);
    if (e == OK)
        e = bulk_find(c, id, row);
    if (e == OK && !before && row_text(*row, 0, "exportId"))
        return ctx_refuse(c, ERR_CONFLICT, "It has been started just now: look again.");
    if (e != OK || strstr(states, row_text(*row, 0, "state")))
        return e;
    return ctx_refuse(c, ERR_CONFLICT, "It is %s.",
                      strcmp(row_text(*row, 0, "state"), "PLANNED") == 0     ? "not confirmed"
                      : strcmp(row_text(*row, 0, "state"), "CONFIRMED") == 0 ? "confirmed already"
                      : strcmp(row_text(*row, 0, "state"), "RUNNING") == 0   ? "running already"
                      : strcmp(row_text(*row, 0, "state"), "PAUSED") == 0    ? "paused"
                      : strcmp(row_text(*row, 0, "state"), "EXPIRED") == 0
                          ? "too old: make another plan"
                          : "over");
}

/* ---- started ---- */

static enum err add_job(struct ctx *c, const char *id)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "bulkId", id);
    const struct job_new job = { .kind = "bulk.run", .args = args, .unique_key = id };
    return job_add(c, &job, NULL);
}

enum err bulk_start(struct ctx *c, const char *id, const PGresult *row)
{
    bool acts = bulk_way_of(row_text(row, 0, "action"))->act;
    enum err e = set_state(c, id, "RUNNING");
    if (e == OK)
        e = acts ? add_job(c, id) : bulk_export_start(c, id, row);
    return e ? e : audit(c, "bulk.start", id, row);
}

static enum err check_proof(struct ctx *c, const PGresult *row, const struct bulk_proof *proof)
{
    long total = (long)row_int(row, 0, "total");
    if (!row_bool(row, 0, "mine"))
        return ctx_refuse(c, ERR_DENIED, "Only who planned it may confirm it.");
    if (row_bool(row, 0, "_late"))
        return ctx_refuse(c, ERR_CONFLICT, "The plan is older than ten minutes: make another.");
    if (total == 0)
        return ctx_refuse(c, ERR_CONFLICT, "Nothing is left to be done.");
    if (!ct_equal(str_of(proof->token), str_of(bulk_token(c, row, 0))))
        return ctx_fault(c, "planToken", "It is not of this plan.");
    if ((proof->count || total > c->app->settings->bulk_type_over) && proof->count != total)
        return ctx_fault(c, "count", "Type how many they are: %ld.", total);
    return OK;
}

enum err bulk_confirm(struct ctx *c, const char *id, const struct bulk_proof *proof)
{
    PGresult *row;
    long most = c->app->settings->bulk_approve_over;
    enum err e = lock(c, id, "PLANNED", &row);
    if (e == OK)
        e = check_proof(c, row, proof);
    if (e != OK)
        return e;
    if ((e = db_query(c->db, c->arena, bulk_confirm, NULL, .id = id)) != OK)
        return e;
    if (most == 0 || row_int(row, 0, "total") <= most)
        return bulk_start(c, id, row);
    return audit(c, "bulk.confirm", id, row);
}

enum err bulk_approve(struct ctx *c, const char *id)
{
    PGresult *row, *seen;
    enum err e = lock(c, id, "CONFIRMED", &row);
    if (e == OK && row_bool(row, 0, "mine"))
        return ctx_refuse(c, ERR_DENIED, "Somebody else has to approve it.");
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_all_seen, &seen, .id = id,
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && !row_bool(seen, 0, "seen"))
        return ERR_NOT_FOUND;
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_approve, NULL, .id = id, .actor_id = c->actor.id,
                     .actor_name = c->actor.name);
    return e ? e : bulk_start(c, id, row);
}

/* ---- on its way ---- */

enum err bulk_pause(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = lock(c, id, "RUNNING", &row);
    if (e == OK)
        e = set_state(c, id, "PAUSED");
    if (e == OK && row_text(row, 0, "exportId"))
        e = export_pause(c, row_text(row, 0, "exportId"));
    return e ? e : audit(c, "bulk.pause", id, row);
}

enum err bulk_resume(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = lock(c, id, "PAUSED", &row);
    if (e == OK)
        e = set_state(c, id, "RUNNING");
    const char *export_id = e == OK ? row_text(row, 0, "exportId") : NULL;
    if (e == OK)
        e = export_id ? export_resume(c, export_id) : add_job(c, id);
    return e ? e : audit(c, "bulk.resume", id, row);
}

enum err bulk_cancel(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = lock(c, id, "PLANNED CONFIRMED RUNNING PAUSED", &row);
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_drop_pending, NULL, .id = id);
    if (e == OK && row_text(row, 0, "exportId"))
        e = export_cancel(c, row_text(row, 0, "exportId"));
    if (e == OK)
        e = set_state(c, id, "CANCELLED");
    return e ? e : audit(c, "bulk.cancel", id, row);
}
