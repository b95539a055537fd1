/* Tenants: the organisations that share this server and see nothing of each other. */
#include "access/private.h"

#include "access/tenants.sql.h"
#include "base/json.h"
#include "base/uuid.h"

static enum err check_zone(struct ctx *c, const char *time_zone)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, tenant_zone, &rows, .time_zone = time_zone);
    if (e == OK && rows_count(rows) == 0)
        return ctx_fault(c, "timeZone", "%s is not a time zone like Europe/Zurich.", time_zone);
    return e;
}

enum err tenant_add(struct ctx *c, const char *slug, const char *name, const char *time_zone,
                    const char *language, const char **id)
{
    const char *made = uuid7(c->app, c->arena);
    enum err e = check_zone(c, time_zone);
    if (e == OK)
        e = scope_enter(c, made);
    if (e == OK)
        e = db_query(c->db, c->arena, tenant_add, NULL, .id = made, .slug = slug, .name = name,
                     .time_zone = time_zone, .language = language);
    if (e == ERR_CONFLICT)
        return ctx_refuse(c, e, "There is a tenant %s already.", slug);
    if (e == ERR_INVALID)
        return c->problem.n ? e : ctx_fault(c, "slug", "Use a-z, 0-9 and hyphens, at most 63.");
    if (e == OK)
        e = audit_add(c, "tenant.added", "tenant", made, NULL, NULL);
    if (e == OK)
        *id = made;
    return e;
}

enum err tenant_find(struct ctx *c, const char *slug, const char **id)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, tenant_find, &rows, .slug = slug);
    if (e)
        return e;
    if (rows_count(rows) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "There is no tenant %s.", slug);
    *id = row_text(rows, 0, "id");
    return OK;
}

enum err tenant_set_open_tracking(struct ctx *c, bool on)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_bool(after, "openTracking", on);
    enum err e =
        db_query(c->db, c->arena, tenant_set_open_tracking, NULL, .open_tracking = on ? "t" : "f");
    return e ? e : audit_add(c, "tenant.changed", "tenant", c->tenant_id, NULL, after);
}
