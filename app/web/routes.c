/* The routes of the web room itself: health, the API's description. */
#include "base/json.h"
#include "base/settings.h"
#include "db/db.h"
#include "db/migrate.h"
#include "web/docs.h"
#include "web/domain.h"
#include "web/openapi.h"
#include "web/web.sql.h"

#include <string.h>

#define DISK_FREE_MIN ((unsigned long long)64 << 20)

static enum err health(struct req *r, struct reply *p)
{
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    json_set_text(d, "status", "ok");
    return reply_json(p, 200, d);
}

static const char *database_state(struct ctx *c)
{
    PGresult *rows;
    if (db_run(c->db, c->arena, &sql_web_ready, NULL, &rows) != OK)
        return "does not answer";
    return row_bool(rows, 0, "writable") ? NULL : "is read-only";
}

static const char *schema_state(struct ctx *c)
{
    enum schema_state state;
    const char *detail = "cannot be read";
    if (migrate_state(c, c->app->settings->migration_dir, &state, &detail) != OK)
        return "cannot be read";
    return state == SCHEMA_CURRENT ? NULL : detail;
}

static const char *disk_state(struct ctx *c)
{
    unsigned long long left, size;
    if (!c->app->disk(c->app, &left, &size))
        return "cannot be read";
    return left < DISK_FREE_MIN ? "is full" : NULL;
}

/* Says of each part "ok" or what is wrong; 503 unless all are. */
static enum err ready(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    const struct {
        const char *name, *wrong;
    } parts[] = {
        { "database", database_state(c) },
        { "migrations", schema_state(c) },
        { "disk", disk_state(c) },
    };
    bool good = true;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        json_set_text(d, parts[i].name, parts[i].wrong ? parts[i].wrong : "ok");
        good = good && !parts[i].wrong;
    }
    json_set_bool(d, "ready", good);
    return reply_json(p, good ? 200 : 503, d);
}

static enum err openapi(struct req *r, struct reply *p)
{
    return reply_json(p, 200, openapi_document(request_of(r)->web, r->ctx.arena));
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_OPEN, "/healthz", health, ROLE_PUBLIC,
      .doc = "Whether the process answers" },
    { METHOD_GET, ROUTE_OPEN, "/readyz", ready, ROLE_PUBLIC,
      .doc = "Whether database, schema and disk are as they should be" },
    { METHOD_GET, ROUTE_API, "/api/openapi.json", openapi, ROLE_VIEWER,
      .doc = "This API as OpenAPI 3.1", .answer = &openapi_shape },
    { METHOD_GET, ROUTE_PAGE, "/api/docs", docs_show, ROLE_VIEWER, .doc = "This API, to read" },
    { .path = NULL },
};

const struct domain web_domain = { .name = "web", .routes = routes };
