/* The inbox as pages and API: what came in, what became of it, and doing it again. */
#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/utf8.h"
#include "inbox/inbox.sql.h"
#include "inbox/private.h"
#include "web/cursor.h"
#include "web/json_view.h"

#include <stddef.h>
#include <string.h>

#define PAGE_ROWS 50

struct query {
    const char *state, *provider, *after;
};

static const char *const states[] = { "new", "processed", "ignored", "failed", NULL };

static const struct field query_fields[] = {
    { "state", FIELD_CHOICE, offsetof(struct query, state), .values = states,
      .help = "only requests in this state" },
    { "provider", FIELD_TEXT, offsetof(struct query, provider), .max = 100,
      .help = "only requests of this provider" },
    { "after", FIELD_TEXT, offsetof(struct query, after), .max = 2048,
      .help = "the nextCursor of the answer before" },
    { .name = NULL },
};
static const struct input query_input = { "InboxQuery", sizeof(struct query), query_fields };

#define REQUEST                                                                                    \
    { "id", SHAPE_UUID, .help = "The webhook." },                                                  \
        { "provider", SHAPE_TEXT, .example = "msgraph" },                                          \
        { "account", SHAPE_TEXT, .help = "The provider account it was for.", .nullable = true },   \
        { "method", SHAPE_TEXT, .example = "POST" },                                               \
        { "path", SHAPE_TEXT, .help = "Where it was posted to." },                                 \
        { "verdict", SHAPE_TEXT, .help = "What its check came to.", .example = "verified" },       \
        { "mapper", SHAPE_TEXT, .help = "What reads it.", .example = "msgraph.email/1" },          \
        { "state", SHAPE_CHOICE, .values = states },                                               \
        { "error", SHAPE_TEXT, .help = "Why it could not be processed.", .nullable = true },       \
        { "size", SHAPE_COUNT, .help = "Of its body, in bytes." },                                 \
        { "replays", SHAPE_COUNT, .help = "How often it was asked to be processed again." },       \
        { "receivedAt", SHAPE_TIME, .help = "When it came in." },                                  \
    {                                                                                              \
        "processedAt", SHAPE_TIME, .nullable = true                                                \
    }

static const struct member row_members[] = { REQUEST, { .name = NULL } };
static const struct shape row_shape = { "InboxRow", "A webhook in the list.", row_members };

static const struct member list_members[] = {
    { "items", SHAPE_LIST, .help = "At most 50.", .of = &row_shape },
    { "nextCursor", SHAPE_TEXT, .help = "For `after`; null on the last page.", .nullable = true },
    { .name = NULL },
};
static const struct shape list_shape = { "InboxList", "Webhooks that came in, newest first.",
                                         list_members };

static const struct member request_members[] = {
    REQUEST,
    { "dedupeKey", SHAPE_TEXT, .help = "What tells it from others of its account." },
    { "headers", SHAPE_WORDS, .help = "Secrets are left out." },
    { "bodySha256", SHAPE_TEXT, .help = "In hexadecimal." },
    { "body", SHAPE_TEXT, .help = "Null where it is no text.", .nullable = true },
    { .name = NULL },
};
static const struct shape request_shape = { "InboxRequest", "A webhook as it came in.",
                                            request_members };

static const struct member replay_members[] = {
    { "id", SHAPE_UUID, .help = "The webhook." },
    { "queued", SHAPE_BOOL, .help = "Always true." },
    { .name = NULL },
};
static const struct shape replay_shape = { "InboxReplay", "It will be processed again.",
                                           replay_members };

static enum err list_document(struct req *r, struct json_object **out)
{
    PGresult *rows;
    struct ctx *c = &r->ctx;
    const struct query *q = r->input;
    const char *after[1], *last[1];
    enum err e = cursor_read(c, "inbox", q->after, 1, after);
    if (e != OK)
        return e;
    e = db_query(c->db, c->arena, inbox_list, &rows, .state = q->state, .provider = q->provider,
                 .after = after[0], .rows = arena_printf(c->arena, "%d", PAGE_ROWS + 1));
    if (e != OK)
        return e;
    struct json_object *items = rows_json(c->arena, rows);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    bool more = rows_count(rows) > PAGE_ROWS;
    if (more)
        json_object_array_del_idx(items, PAGE_ROWS, 1);
    last[0] = more ? row_text(rows, PAGE_ROWS - 1, "id") : NULL;
    json_set(d, "items", json_object_get(items));
    json_set_text(d, "nextCursor", more ? cursor_make(c, "inbox", 1, last) : NULL);
    *out = d;
    return OK;
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = list_document(r, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static struct json_object *choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (const char *const *s = states; *s; s++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "value", *s);
        json_set_bool(o, "chosen", chosen && strcmp(*s, chosen) == 0);
        json_object_array_add(list, o);
    }
    return list;
}

static enum err page_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct query *q = r->input;
    enum err e = list_document(r, &d);
    if (e != OK)
        return e;
    json_set_text(d, "title", "Inbox");
    json_set(d, "states", choices(q->state));
    json_set_text(d, "state", q->state);
    json_set_text(d, "provider", q->provider);
    json_set_bool(d, "filtered", q->state || q->provider || q->after);
    return reply_page(p, "inbox/list", NULL, d);
}

/* The body as text where it is text; else only its size and digest are told. */
static void set_body(struct ctx *c, struct json_object *d, const char *encoded)
{
    struct str body;
    if (base64_decode(c->arena, str_of(encoded), &body) && utf8_valid(body) &&
        !memchr(body.p, '\0', body.n))
        json_set_text(d, "body", body.p);
    else
        json_set_text(d, "body", NULL);
}

static enum err get_document(struct req *r, struct json_object **out)
{
    PGresult *rows, *body;
    struct ctx *c = &r->ctx;
    const char *id = req_param(r, "id");
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, inbox_get, &rows, .id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, inbox_open, &body, .id = id);
    enum err sent = db_flush(c->db);
    if (e != OK || sent != OK)
        return e != OK ? e : sent;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *out = row_json(c->arena, rows, 0);
    set_body(c, *out, row_text(body, 0, "body"));
    return OK;
}

static enum err api_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = get_document(r, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static struct json_object *header_rows(struct json_object *headers)
{
    struct json_object *list = json_object_new_array();
    json_object_object_foreach(headers, name, value)
    {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "name", name);
        json_set_text(o, "value", json_object_get_string(value));
        json_object_array_add(list, o);
    }
    return list;
}

static enum err page_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = get_document(r, &d);
    if (e != OK)
        return e;
    struct json_object *headers = json_get(d, "headers");
    json_set_text(d, "title", "Webhook");
    json_set(d, "headerRows", header_rows(headers));
    int left = JSON_VIEW_PAGE;
    json_set(d, "bodyView",
             json_object_get(json_view(r->ctx.arena, str_of(json_text(d, "body")), NULL, &left)));
    return reply_page(p, "inbox/show", NULL, d);
}

static enum err replay(struct ctx *c, const char *id, int64_t *job)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, inbox_replay, &rows, .id = id);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "inboxId", id);
    e = job_add(c, &(struct job_new){ .kind = "inbox.process", .args = args, .unique_key = id },
                job);
    return e == OK ? audit_add(c, "inbox.replay", "inbox", id, NULL, NULL) : e;
}

static enum err api_replay(struct req *r, struct reply *p)
{
    int64_t job;
    const char *id = req_param(r, "id");
    enum err e = replay(&r->ctx, id, &job);
    if (e != OK)
        return e;
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    json_set_text(d, "id", id);
    json_set_bool(d, "queued", true);
    reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/inbox/%s", id));
    return reply_json(p, 202, d);
}

static enum err page_replay(struct req *r, struct reply *p)
{
    int64_t job;
    const char *id = req_param(r, "id");
    enum err e = replay(&r->ctx, id, &job);
    return e == OK ? reply_redirect(p, arena_printf(r->ctx.arena, "/inbox/%s", id)) : e;
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/inbox", api_list, ROLE_AGENT, &query_input, .whole = true,
      .doc = "Webhooks that came in, newest first", .answer = &list_shape },
    { METHOD_GET, ROUTE_API, "/api/inbox/:id", api_get, ROLE_AGENT, .whole = true,
      .doc = "One webhook with its headers and body", .answer = &request_shape },
    { METHOD_POST, ROUTE_API, "/api/inbox/:id/replay", api_replay, ROLE_ADMIN, .whole = true,
      .doc = "Process a webhook again", .answer = &replay_shape, .status = 202 },
    { METHOD_GET, ROUTE_PAGE, "/inbox", page_list, ROLE_AGENT, &query_input, .whole = true,
      .doc = "Webhooks that came in" },
    { METHOD_GET, ROUTE_PAGE, "/inbox/:id", page_get, ROLE_AGENT, .whole = true,
      .doc = "One webhook" },
    { METHOD_POST, ROUTE_PAGE, "/inbox/:id/replay", page_replay, ROLE_ADMIN, .whole = true,
      .doc = "Process a webhook again" },
    { .path = NULL },
};

const struct domain inbox_domain = { .name = "inbox", .routes = routes, .jobs = inbox_jobs };
