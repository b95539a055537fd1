/* What customers were told as API, and how it would read. */
#include "base/json.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "notify/customer.h"
#include "notify/knock.h"
#include "notify/react.sql.h"
#include "notify/routes.sql.h"
#include "ship/ship.h"
#include "web/cursor.h"
#include "web/web.h"

#include <stddef.h>

#define PAGE_ROWS 50

static const char *const states[] = { "asked",   "queued", "sending",    "sent",
                                      "skipped", "failed", "superseded", NULL };
static const char *const orchestrators[] = { "native", "knock", NULL };
static const char *const languages[] = { "en", "de", "fr", "es", NULL };

/* ---- the list ---- */

struct query {
    const char *state, *type, *shipment_id, *order_id, *after;
};

static const struct field query_fields[] = {
    { "state", FIELD_CHOICE, offsetof(struct query, state), .values = states,
      .help = "only those in this state" },
    { "type", FIELD_CHOICE, offsetof(struct query, type), .values = notice_names,
      .help = "only those of this type" },
    { "shipmentId", FIELD_UUID, offsetof(struct query, shipment_id),
      .help = "only those of this shipment" },
    { "orderId", FIELD_UUID, offsetof(struct query, order_id), .help = "only those of this order" },
    { "after", FIELD_TEXT, offsetof(struct query, after), .max = 2048,
      .help = "the nextCursor of the answer before" },
    { .name = NULL },
};
static const struct input query_input = { "NotificationQuery", sizeof(struct query), query_fields };

static const struct member row_members[] = {
    { "id", SHAPE_UUID, .help = "The notification." },
    { "type", SHAPE_CHOICE, .values = notice_names },
    { "state", SHAPE_CHOICE, .values = states },
    { "reason", SHAPE_TEXT, .help = "Why nobody was told.", .example = "thread_not_linked",
      .nullable = true },
    { "shipmentId", SHAPE_UUID, .help = "The shipment it is about." },
    { "orderId", SHAPE_UUID, .nullable = true },
    { "orderNumber", SHAPE_TEXT, .nullable = true },
    { "trackingNumber", SHAPE_TEXT, .nullable = true },
    { "conversationId", SHAPE_TEXT, .help = "In Front.", .nullable = true },
    { "language", SHAPE_TEXT, .example = "de", .nullable = true },
    { "error", SHAPE_TEXT, .help = "What its last try came to.", .nullable = true },
    { "orchestrator", SHAPE_CHOICE, .values = orchestrators,
      .help = "Who said when: Knock, or nobody but us." },
    { "askedAt", SHAPE_TIME, .help = "When Knock was asked.", .nullable = true },
    { "calledAt", SHAPE_TIME, .help = "When Knock said to tell the customer.", .nullable = true },
    { "workflowRunId", SHAPE_TEXT, .help = "At Knock.", .nullable = true },
    { "askError", SHAPE_TEXT,
      .help = "What the last try to ask Knock came to, or why it was not waited for.",
      .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When the shipment changed." },
    { "settledAt", SHAPE_TIME, .help = "When it ended.", .nullable = true },
    { .name = NULL },
};
static const struct shape row_shape = { "Notification", "What a customer was told, or why not.",
                                        row_members };

static const struct member list_members[] = {
    { "items", SHAPE_LIST, .help = "At most 50.", .of = &row_shape },
    { "nextCursor", SHAPE_TEXT, .help = "For `after`; null on the last page.", .nullable = true },
    { .name = NULL },
};
static const struct shape list_shape = { "NotificationList",
                                         "What customers were told, newest first.", list_members };

static enum err list(struct req *r, struct reply *p)
{
    PGresult *rows;
    struct ctx *c = &r->ctx;
    const struct query *q = r->input;
    const char *after[1], *last[1];
    enum err e = cursor_read(c, "notifications", q->after, 1, after);
    if (e == OK)
        e = db_query(c->db, c->arena, notices_list, &rows, .state = q->state, .type = q->type,
                     .shipment_id = q->shipment_id, .order_id = q->order_id, .after = after[0],
                     .rows = arena_printf(c->arena, "%d", PAGE_ROWS + 1));
    if (e != OK)
        return e;
    struct json_object *items = rows_json(c->arena, rows);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    bool more = rows_count(rows) > PAGE_ROWS;
    if (more)
        json_object_array_del_idx(items, PAGE_ROWS, 1);
    last[0] = more ? row_text(rows, PAGE_ROWS - 1, "id") : NULL;
    json_set(d, "items", json_object_get(items));
    json_set_text(d, "nextCursor", more ? cursor_make(c, "notifications", 1, last) : NULL);
    return reply_json(p, 200, d);
}

/* ---- the preview ---- */

struct preview {
    const char *type, *language, *shipment_id;
};

static const struct field preview_fields[] = {
    { "type", FIELD_CHOICE, offsetof(struct preview, type), .required = true,
      .values = notice_names, .help = "what the customer is told" },
    { "language", FIELD_CHOICE, offsetof(struct preview, language), .values = languages,
      .help = "without it that of the shipment's customer, else of the house" },
    { "shipmentId", FIELD_UUID, offsetof(struct preview, shipment_id),
      .help = "a shipment to tell of; without it an example" },
    { .name = NULL },
};
static const struct input preview_input = { "NotificationPreview", sizeof(struct preview),
                                            preview_fields };

static const struct member preview_members[] = {
    { "type", SHAPE_CHOICE, .values = notice_names },
    { "language", SHAPE_TEXT, .help = "Of the template: English where there is no other.",
      .example = "de" },
    { "subject", SHAPE_TEXT, .help = "For mail programs; a conversation keeps its own." },
    { "text", SHAPE_TEXT, .help = "Where no HTML is shown." },
    { "html", SHAPE_TEXT, .help = "Without a frame, as it stands in the conversation." },
    { "trackingUrl", SHAPE_TEXT, .help = "Where the customer follows the parcel." },
    { .name = NULL },
};
static const struct shape preview_shape = { "NotificationText", "How a notification reads.",
                                            preview_members };

static enum err data_of_shipment(struct ctx *c, const struct preview *q, const char **language,
                                 struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, notice_facts, &rows, .shipment_id = q->shipment_id);
    if (e == OK && rows_count(rows) == 0)
        e = ctx_fault(c, "shipmentId", "There is no such shipment.");
    if (e != OK)
        return e;
    *language = q->language ? q->language : row_text(rows, 0, "language");
    *out = notice_data(c, rows, *language, NULL);
    return OK;
}

static enum err data_of_sample(struct ctx *c, const struct preview *q, const char **language,
                               struct json_object **out)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_notice_language, NULL, &rows);
    if (e != OK)
        return e;
    *language = q->language ? q->language : row_text(rows, 0, "language");
    *out = notice_sample(c, *language);
    return OK;
}

static enum err preview(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    const struct preview *q = r->input;
    const char *language;
    struct json_object *data;
    struct message m = { 0 };
    enum err e = q->shipment_id ? data_of_shipment(c, q, &language, &data)
                                : data_of_sample(c, q, &language, &data);
    if (e == OK)
        e = notice_render(c, q->type, language, data, &m);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "type", q->type);
    json_set_text(d, "language", m.language);
    json_set_text(d, "subject", m.subject);
    json_set_text(d, "text", m.text);
    json_set_text(d, "html", m.html);
    json_set_text(d, "trackingUrl", json_text(data, "trackingUrl"));
    return reply_json(p, 200, d);
}

/* ---- what the domain gives the programs ---- */

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/notifications", list, ROLE_VIEWER, &query_input, .whole = true,
      .doc = "What customers were told of their parcels, and why not, newest first",
      .answer = &list_shape },
    { METHOD_POST, ROUTE_API, "/api/notifications/preview", preview, ROLE_AGENT, &preview_input,
      .whole = true, .doc = "How a notification would read; nobody is told",
      .answer = &preview_shape },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = NOTICE_JOB,
      .queue = "notify",
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = notice_send,
      .doc = "Tells a customer of a parcel, in the order's conversation" },
    { .name = KNOCK_JOB,
      .queue = "notify",
      .max_attempts = 8,
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = knock_ask,
      .doc = "Asks Knock when a customer is told" },
    { .name = KNOCK_SWEEP_JOB,
      .queue = "ship",
      .run = knock_sweep,
      .doc = "Tells the customers that Knock did not call about in time" },
    { .name = NULL },
};

static const struct reaction reactions[] = {
    { SHIPMENT_STATUS_CHANGED, NOTICE_JOB, notice_react },
    { .event = NULL },
};

static const struct schedule schedules[] = {
    { KNOCK_SWEEP_JOB, KNOCK_SWEEP_JOB, 60, "every minute" },
    { .name = NULL },
};

const struct domain notify_domain = { .name = "notify",
                                      .routes = routes,
                                      .jobs = jobs,
                                      .reactions = reactions,
                                      .schedules = schedules,
                                      .hooks = notify_hooks };
