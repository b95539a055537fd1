/* What customers were told, or why not, as a list. */
#include "notify/notices.h"

#include "base/json.h"
#include "db/db.h"
#include "notify/notices.sql.h"
#include "notify/notify.h"
#include "web/cursor.h"

#include <stddef.h>

#define PAGE_ROWS 50

const char *const notice_states[] = { "asked",   "queued", "sending",    "sent",
                                      "skipped", "failed", "superseded", NULL };
static const char *const orchestrators[] = { "native", "knock", NULL };

static const struct field query_fields[] = {
    { "state", FIELD_CHOICE, offsetof(struct notices_query, state), .values = notice_states,
      .help = "only those in this state" },
    { "type", FIELD_CHOICE, offsetof(struct notices_query, type), .values = notice_names,
      .help = "only those of this type" },
    { "shipmentId", FIELD_UUID, offsetof(struct notices_query, shipment_id),
      .help = "only those of this shipment" },
    { "orderId", FIELD_UUID, offsetof(struct notices_query, order_id),
      .help = "only those of this order" },
    { "after", FIELD_TEXT, offsetof(struct notices_query, after), .max = 2048,
      .help = "the nextCursor of the answer before" },
    { .name = NULL },
};
const struct input notices_query_input = { "NotificationQuery", sizeof(struct notices_query),
                                           query_fields };

static const struct member row_members[] = {
    { "id", SHAPE_UUID, .help = "The notification." },
    { "type", SHAPE_CHOICE, .values = notice_names },
    { "state", SHAPE_CHOICE, .values = notice_states },
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
const struct shape notices_shape = { "NotificationList", "What customers were told, newest first.",
                                     list_members };

enum err notices_list(struct ctx *c, const struct notices_query *q, struct json_object **out)
{
    PGresult *rows;
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
    *out = d;
    return OK;
}
