/* GET /api/calls: the log of calls to providers, for those who ask what was really said. */
#include "main/calls.h"

#include "access/access.h"
#include "base/json.h"
#include "main/calls.sql.h"
#include "web/cursor.h"

#include <stddef.h>

#define PAGE_ROWS 50

struct query {
    const char *provider, *entity, *search, *after;
    long job_id;
};

static const struct field fields[] = {
    { "provider", FIELD_TEXT, offsetof(struct query, provider), .max = 100,
      .help = "only calls to this provider" },
    { "entity", FIELD_TEXT, offsetof(struct query, entity), .max = 200,
      .help = "only calls about it: communication:<uuid>" },
    { "jobId", FIELD_INT, offsetof(struct query, job_id), .min = 0, .max = 2000000000,
      .help = "only calls of this job" },
    { "search", FIELD_TEXT, offsetof(struct query, search), .max = 200,
      .help = "text in address, error, request or answer" },
    { "after", FIELD_TEXT, offsetof(struct query, after), .max = 2048,
      .help = "the nextCursor of the answer before" },
    { .name = NULL },
};
static const struct input input = { "CallQuery", sizeof(struct query), fields };

static const struct member call_members[] = {
    { "id", SHAPE_UUID, .help = "The call." },
    { "at", SHAPE_TIME, .help = "When it was made." },
    { "provider", SHAPE_TEXT, .example = "msgraph" },
    { "method", SHAPE_TEXT, .example = "POST" },
    { "url", SHAPE_TEXT, .help = "Where it went." },
    { "entity", SHAPE_TEXT, .help = "What it was about: communication:<uuid>.", .nullable = true },
    { "jobId", SHAPE_INT, .help = "The job that made it.", .nullable = true },
    { "status", SHAPE_INT, .help = "The answer's, null where none came.", .example = "202",
      .nullable = true },
    { "error", SHAPE_TEXT, .help = "Why no answer came.", .nullable = true },
    { "request", SHAPE_TEXT, .help = "What was sent, without secrets.", .nullable = true },
    { "response", SHAPE_TEXT, .help = "What was answered, without secrets.", .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "Whether a local stand-in answered." },
    { "durationMs", SHAPE_COUNT, .help = "In milliseconds.", .example = "120" },
    { .name = NULL },
};
static const struct shape call_shape = { "Call", "A call to a provider.", call_members };

static const struct member list_members[] = {
    { "items", SHAPE_LIST, .help = "At most 50.", .of = &call_shape },
    { "nextCursor", SHAPE_TEXT, .help = "For `after`; null on the last page.", .nullable = true },
    { .name = NULL },
};
static const struct shape list_shape = { "CallList", "Calls to providers, newest first.",
                                         list_members };

static enum err list(struct req *r, struct reply *p)
{
    PGresult *rows;
    struct ctx *c = &r->ctx;
    const struct query *q = r->input;
    const char *after[2], *last[2];
    enum err e = cursor_read(c, "calls", q->after, 2, after);
    if (e)
        return e;
    e = db_query(c->db, c->arena, calls_list, &rows, .provider = q->provider, .entity = q->entity,
                 .job_id = q->job_id ? arena_printf(c->arena, "%ld", q->job_id) : NULL,
                 .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id,
                 .search = q->search, .after_at = after[0], .after_id = after[1],
                 .rows = arena_printf(c->arena, "%d", PAGE_ROWS + 1));
    if (e)
        return e;
    struct json_object *items = rows_json(c->arena, rows);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    bool more = rows_count(rows) > PAGE_ROWS;
    if (more) {
        json_object_array_del_idx(items, PAGE_ROWS, 1);
        last[0] = row_text(rows, PAGE_ROWS - 1, "at");
        last[1] = row_text(rows, PAGE_ROWS - 1, "id");
    }
    json_set(d, "items", json_object_get(items));
    json_set_text(d, "nextCursor", more ? cursor_make(c, "calls", 2, last) : NULL);
    return reply_json(p, 200, d);
}

const struct route calls_routes[] = {
    { METHOD_GET, ROUTE_API, "/api/calls", list, ROLE_ADMIN, &input,
      .doc = "Calls to providers, newest first, secrets redacted", .answer = &list_shape },
    { .path = NULL },
};
