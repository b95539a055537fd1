/* The routes of the web room itself: health, the API's description. */
#include "base/json.h"
#include "base/settings.h"
#include "db/db.h"
#include "db/migrate.h"
#include "web/domain.h"
#include "web/openapi.h"
#include "web/web.sql.h"

#include <ctype.h>
#include <string.h>
#include <sys/statvfs.h>

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
    struct statvfs fs;
    if (statvfs(c->app->settings->store_dir, &fs) != 0)
        return "cannot be read";
    return (unsigned long long)fs.f_bavail * fs.f_frsize < DISK_FREE_MIN ? "is full" : NULL;
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

/* A field as the readable page shows it: its name, its kind, whether it must be there. */
static struct json_object *field_row(const char *name, const char *in, bool required,
                                     struct json_object *schema, const char *help)
{
    struct json_object *row = json_object_new_object(), *one_of = json_get(schema, "enum");
    const char *format = json_text(schema, "format");
    json_set_text(row, "name", name);
    json_set_text(row, "in", in);
    json_set_bool(row, "required", required);
    json_set_text(row, "type", format ? format : json_text(schema, "type"));
    json_set(row, "enum", json_object_get(one_of));
    json_set_text(row, "help", help);
    return row;
}

static bool lists(struct json_object *names, const char *name)
{
    for (size_t i = 0; names && i < json_object_array_length(names); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(names, i)), name) == 0)
            return true;
    return false;
}

static void add_body_rows(struct json_object *rows, struct json_object *schema)
{
    struct json_object *properties = json_get(schema, "properties");
    if (!properties)
        return;
    json_object_object_foreach(properties, name, field) json_object_array_add(
        rows, field_row(name, "body", lists(json_get(schema, "required"), name), field,
                        json_text(field, "description")));
}

static struct json_object *schema_of_body(struct json_object *document, struct json_object *body)
{
    struct json_object *schemas = json_get(json_get(document, "components"), "schemas");
    struct json_object *content = json_get(body, "content");
    if (!content)
        return NULL;
    json_object_object_foreach(content, type, media)
    {
        const char *reference = type ? json_text(json_get(media, "schema"), "$ref") : NULL;
        if (reference)
            return json_get(schemas, strrchr(reference, '/') + 1);
    }
    return NULL;
}

static struct json_object *rows_of(struct json_object *document, struct json_object *operation)
{
    struct json_object *rows = json_object_new_array();
    struct json_object *parameters = json_get(operation, "parameters");
    for (size_t i = 0; i < json_object_array_length(parameters); i++) {
        struct json_object *p = json_object_array_get_idx(parameters, i);
        if (json_text(p, "name"))
            json_object_array_add(rows,
                                  field_row(json_text(p, "name"), json_text(p, "in"),
                                            json_object_get_boolean(json_get(p, "required")),
                                            json_get(p, "schema"), json_text(p, "description")));
    }
    add_body_rows(rows, schema_of_body(document, json_get(operation, "requestBody")));
    return rows;
}

static void add_operations(struct json_object *list, struct json_object *document, const char *path,
                           struct json_object *item, struct arena *a)
{
    json_object_object_foreach(item, method, operation)
    {
        struct json_object *row = json_object_new_object();
        char *upper = arena_strdup(a, method);
        for (char *p = upper; *p; p++)
            *p = (char)toupper((unsigned char)*p);
        json_set_text(row, "method", upper);
        json_set_text(row, "path", path);
        json_set_text(row, "id", json_text(operation, "operationId"));
        json_set_text(row, "summary", json_text(operation, "summary"));
        json_set_text(row, "role", json_text(operation, "x-role"));
        json_set(row, "fields", rows_of(document, operation));
        json_set_bool(row, "hasFields", json_object_array_length(json_get(row, "fields")) > 0);
        json_set_text(row, "answer",
                      json_text(json_get(json_get(operation, "responses"), "2XX"), "description"));
        json_object_array_add(list, row);
    }
}

static enum err docs(struct req *r, struct reply *p)
{
    struct arena *a = r->ctx.arena;
    struct json_object *document = openapi_document(request_of(r)->web, a);
    struct json_object *d = json_own(a, json_object_new_object()), *list = json_object_new_array();
    struct json_object *paths = json_get(document, "paths");
    json_object_object_foreach(paths, path, item) add_operations(list, document, path, item, a);
    json_set_text(d, "title", "API");
    json_set(d, "operations", list);
    return reply_page(p, "api/docs", NULL, d);
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_OPEN, "/healthz", health, ROLE_PUBLIC,
      .doc = "Whether the process answers" },
    { METHOD_GET, ROUTE_OPEN, "/readyz", ready, ROLE_PUBLIC,
      .doc = "Whether database, schema and disk are as they should be" },
    { METHOD_GET, ROUTE_API, "/api/openapi.json", openapi, ROLE_VIEWER,
      .doc = "This API as OpenAPI 3.1", .answer = "The OpenAPI document" },
    { METHOD_GET, ROUTE_PAGE, "/api/docs", docs, ROLE_VIEWER, .doc = "This API, to read" },
    { .path = NULL },
};

const struct domain web_domain = { .name = "web", .routes = routes };
