/* The noun: an export asked for, shown, deleted. */
#include "exports/exports.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "exports/export.sql.h"
#include "exports/format.h"
#include "store/store.h"

#include <string.h>

const char *const export_whats[] = { "communications", "shipments", NULL };
const char *const export_states[] = { "QUEUED", "RUNNING",   "PAUSED",  "READY",
                                      "FAILED", "CANCELLED", "EXPIRED", NULL };
const char *const export_formats[] = { "csv", "jsonl", "evidence", NULL };
const char *const export_row_formats[] = { "csv", "jsonl", NULL };

static enum err add_job(struct ctx *c, const char *id)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "exportId", id);
    const struct job_new job = { .kind = "exports.run", .args = args, .unique_key = id };
    return job_add(c, &job, NULL);
}

enum err export_add(struct ctx *c, const struct export_new *n, const char **id)
{
    PGresult *row;
    const char *words, *filter = json_compact(c->arena, n->filter);
    const char *what = n->what ? n->what : export_whats[0];
    enum err e = OK;
    if (n->listed)
        words = n->listed;
    else if (n->what && strcmp(n->what, "shipments") == 0)
        words = export_shipment_words(c, n->filter);
    else
        e = export_words(c, n->filter, &words);
    if (e == OK)
        e = db_query(c->db, c->arena, export_insert, &row, .what = what, .format = n->format,
                     .filter = filter, .words = words, .listed = n->listed ? "t" : "f",
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id,
                     .actor_kind = actor_kind_name(c->actor.kind), .actor_name = c->actor.name);
    if (e != OK)
        return e;
    *id = row_text(row, 0, "id");
    if ((e = add_job(c, *id)) != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "what", what);
    json_set_text(after, "format", n->format);
    json_set(after, "filter", json_object_get(n->filter));
    return audit_add(c, "export.add", "export", *id, NULL, after);
}

/* ---- stopped ---- */

enum err export_lock(struct ctx *c, const char *id)
{
    return db_query(c->db, c->arena, export_lock, NULL, .id = id);
}

enum err export_pause(struct ctx *c, const char *id)
{
    return db_query(c->db, c->arena, export_pause, NULL, .id = id);
}

enum err export_resume(struct ctx *c, const char *id)
{
    enum err e = db_query(c->db, c->arena, export_resume, NULL, .id = id);
    return e ? e : add_job(c, id);
}

enum err export_cancel(struct ctx *c, const char *id)
{
    return db_query(c->db, c->arena, export_cancel, NULL, .id = id);
}

/* ---- shown ---- */

static const char *file_name(struct ctx *c, const PGresult *rows, int i)
{
    const char *day = row_text(rows, i, "createdAt");
    const struct export_format *f =
        export_format_of(row_text(rows, i, "what"), row_text(rows, i, "format"));
    return arena_printf(c->arena, "%s-%.10s.%s", f->prefix, day, f->ending);
}

static struct json_object *link_of(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *o = json_object_new_object();
    const char *sha256 = row_text(rows, i, "sha256");
    const char *name = file_name(c, rows, i);
    json_set_text(o, "href",
                  store_link(c->app, c->arena, c->tenant_id, sha256, name, EXPORT_LINK_SECONDS));
    json_set_text(o, "fileName", name);
    json_set_int(o, "seconds", EXPORT_LINK_SECONDS);
    return o;
}

static struct json_object *document(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *o = row_json(c->arena, rows, i);
    bool mine = row_bool(rows, i, "mine");
    json_set(o, "download", row_bool(rows, i, "_download") ? link_of(c, rows, i) : NULL);
    json_set_bool(o, "canDelete", mine || c->actor.role >= ROLE_ADMIN);
    return o;
}

static enum err find(struct ctx *c, const char *id, PGresult **rows)
{
    return db_query(c->db, c->arena, export_get, rows, .id = id,
                    .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
}

enum err export_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = find(c, id, &rows);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *out = document(c, rows, 0);
    return OK;
}

enum err export_list(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = find(c, NULL, &rows);
    if (e != OK)
        return e;
    *out = json_own(c->arena, json_object_new_array());
    for (int i = 0; i < rows_count(rows); i++)
        json_object_array_add(*out, json_object_get(document(c, rows, i)));
    return OK;
}

/* ---- deleted ---- */

static enum err drop_file(struct ctx *c, const char *sha256)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, export_forget_blob, &row, .sha256 = sha256);
    if (e != OK || !row_bool(row, 0, "gone"))
        return e;
    return store_remove(c->app->store, c->arena, sha256);
}

enum err export_delete(struct ctx *c, const char *id)
{
    PGresult *row;
    struct json_object *before;
    enum err e = export_get(c, id, &before);
    if (e != OK)
        return e;
    if (!json_object_get_boolean(json_get(before, "canDelete")))
        return ctx_refuse(c, ERR_DENIED, "Only who asked for it or an admin may delete it.");
    json_object_object_del(before, "download");
    e = db_query(c->db, c->arena, export_delete, &row, .id = id);
    if (e != OK || rows_count(row) == 0)
        return e;
    if (row_text(row, 0, "sha256"))
        e = drop_file(c, row_text(row, 0, "sha256"));
    if (e == OK && row_bool(row, 0, "listed"))
        e = export_ended(c, &(struct export_end){ .id = id });
    return e != OK ? e : audit_add(c, "export.delete", "export", id, before, NULL);
}

/* ---- after their time ---- */

/* One at a time, each with its file in a transaction of its own: one that is to be tried again is
   still READY. */
static enum err expire_one(struct ctx *c, bool *any)
{
    PGresult *row;
    db_begin(c->db, c->tenant_id);
    enum err e = db_run(c->db, c->arena, &sql_export_expired, NULL, &row);
    *any = e == OK && rows_count(row) > 0;
    if (*any)
        e = drop_file(c, row_text(row, 0, "sha256"));
    return db_end(c->db, e);
}

static enum err end_orphans(struct ctx *c)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_export_orphans, NULL, &rows);
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        if (row_bool(rows, i, "listed"))
            e = export_ended(c, &(struct export_end){ .id = row_text(rows, i, "id"),
                                                      .error = row_text(rows, i, "error") });
    return e;
}

static enum err expire_tenant(struct ctx *c)
{
    bool any = true;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, end_orphans(c));
    while (e == OK && any)
        e = expire_one(c, &any);
    return e;
}

enum err export_expire(struct job *j)
{
    PGresult *tenants;
    struct ctx *c = &j->ctx;
    enum err e = db_run(c->db, c->arena, &sql_export_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "tenantId");
        e = expire_tenant(c);
    }
    return e;
}
