/* Failures of deliveries: kept, listed, gone on with, resolved. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "ship/delivery.h"
#include "ship/failure.sql.h"
#include "web/cursor.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_ROWS 50

const char *const failure_states[] = { "open", "all", NULL };

/* ---- kept ---- */

enum err failure_concurrent(struct ctx *c, const char *delivery_id)
{
    return db_query(c->db, c->arena, failure_concurrent, NULL, .id = delivery_id,
                    .sentence = "It was asked for while it was under way.");
}

static const char *raw_text(struct ctx *c, const struct carrier_result *said)
{
    return said->raw ? json_compact(c->arena, said->raw) : NULL;
}

static enum err over(struct ctx *c, const struct reservation *r, bool all)
{
    return db_query(c->db, c->arena, failures_over, NULL, .id = r->id, .all = all ? "t" : "f");
}

enum err failure_keep(struct ctx *c, const struct reservation *r)
{
    const struct run_failure *why = r->why;
    bool done = r->state == RUN_SAVED || r->state == RUN_CANCELLED;
    if (!why)
        return done || !r->begun_ms ? over(c, r, done) : OK;
    const struct carrier_result *said = why->said;
    const char *sentence = said->sentence ? said->sentence : "The carrier gave no reason.";
    if (strcmp(why->retry, "waits") == 0)
        return db_query(c->db, c->arena, failure_waits, NULL, .order_id = r->order_id, .id = r->id,
                        .step = why->step, .kind = why->kind, .sentence = sentence,
                        .code = said->code, .field = said->field, .raw = raw_text(c, said),
                        .next_ms = arena_printf(c->arena, "%" PRId64, why->next_ms));
    enum err e = over(c, r, false);
    return e ? e
             : db_query(c->db, c->arena, failure_ends, NULL, .order_id = r->order_id, .id = r->id,
                        .step = why->step, .kind = why->kind, .sentence = sentence,
                        .code = said->code, .field = said->field, .raw = raw_text(c, said),
                        .retry = why->retry);
}

/* ---- shown ---- */

static struct json_object *document(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *d = row_json(c->arena, rows, i);
    bool open = !row_text(rows, i, "resolvedAt");
    json_set_text(d, "carrierName", carrier_title(row_text(rows, i, "carrier")));
    json_set_bool(d, "canRetry", open && strcmp(row_text(rows, i, "deliveryState"), "failed") == 0);
    return d;
}

enum err failure_list(struct ctx *c, const struct failure_query *q, struct json_object **out)
{
    PGresult *rows;
    const char *at[2], *last[2] = { NULL };
    bool all = q->state && strcmp(q->state, "all") == 0;
    enum err e = cursor_read(c, "failures", q->after, 2, at);
    if (e == OK)
        e = db_query(c->db, c->arena, failure_list, &rows, .only_open = all ? "f" : "t",
                     .before_at = at[0], .before_id = at[1],
                     .rows = arena_printf(c->arena, "%d", PAGE_ROWS + 1));
    if (e)
        return e;
    int n = rows_count(rows) > PAGE_ROWS ? PAGE_ROWS : rows_count(rows);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(list, json_object_get(document(c, rows, i)));
    if (rows_count(rows) > n) {
        last[0] = row_text(rows, n - 1, "_at");
        last[1] = row_text(rows, n - 1, "failureId");
    }
    json_set(d, "failures", list);
    json_set_text(d, "next", last[0] ? cursor_make(c, "failures", 2, last) : NULL);
    *out = d;
    return OK;
}

enum err failures_of(struct ctx *c, const char *delivery_id, struct json_object **out)
{
    PGresult *rows;
    struct json_object *list = json_own(c->arena, json_object_new_array());
    enum err e = db_query(c->db, c->arena, failure_list, &rows, .delivery_id = delivery_id,
                          .only_open = "f", .rows = arena_printf(c->arena, "%d", PAGE_ROWS));
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        json_object_array_add(list, json_object_get(document(c, rows, i)));
    *out = list;
    return e;
}

enum err failure_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, failure_list, &rows, .failure_id = id, .only_open = "f",
                          .rows = "1");
    if (e == OK && rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        *out = document(c, rows, 0);
    return e;
}

/* ---- what a person does ---- */

enum err failure_retry(struct ctx *c, const char *id)
{
    struct json_object *failure;
    enum err e = failure_get(c, id, &failure);
    return e == OK ? delivery_retry(c, json_text(failure, "deliveryId")) : e;
}

enum err failure_resolve(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, failure_hold, &row, .id = id);
    if (e == OK && rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if (e == OK && row_bool(row, 0, "resolved"))
        return ctx_refuse(c, ERR_CONFLICT, "It was resolved before.");
    if (e == OK)
        e = db_query(c->db, c->arena, failure_resolve, NULL, .id = id, .actor_name = c->actor.name);
    return e == OK ? audit_add(c, "failure.resolved", "delivery",
                               row_text(row, 0, "reservation_id"), NULL, NULL)
                   : e;
}

/* ---- shapes ---- */

static const char *const steps[] = { "reserve", "create", "awb", "pickup", "save", "cancel", NULL };
static const char *const kinds[] = { "concurrent", "refused",     "unknown",
                                     "limited",    "unreachable", NULL };
static const char *const retries[] = { "none", "waits", "exhausted", "retried", NULL };

static const char *const issue_states[] = { "asked", "told", "failed", NULL };

static const struct member failure_members[] = {
    { "failureId", SHAPE_UUID, .help = "The failure." },
    { "deliveryId", SHAPE_UUID, .help = "The delivery." },
    { "orderId", SHAPE_UUID, .help = "The order." },
    { "orderNumber", SHAPE_TEXT, .example = "10482" },
    { "parcel", SHAPE_COUNT, .help = "Which parcel of its order, from 1." },
    { "carrier", SHAPE_CHOICE, .values = carrier_names },
    { "carrierName", SHAPE_TEXT, .example = "Shiprocket" },
    { "dryRun", SHAPE_BOOL, .help = "No carrier was called: a stand-in answered." },
    { "deliveryState", SHAPE_CHOICE, .help = "Where the delivery stands now.",
      .values = run_state_names },
    { "step", SHAPE_CHOICE, .help = "What failed.", .values = steps },
    { "kind", SHAPE_CHOICE,
      .help = "concurrent: it was under way. unknown: nobody knows whether it was done.",
      .values = kinds },
    { "sentence", SHAPE_TEXT, .help = "As the carrier says it, or we.",
      .example = "The billing pincode field is required." },
    { "code", SHAPE_TEXT, .nullable = true, .example = "HTTP 422" },
    { "field", SHAPE_TEXT, .help = "Of the input, where it is one's.", .nullable = true },
    { "raw", SHAPE_ANY, .help = "The carrier's answer, where there was one." },
    { "retry", SHAPE_CHOICE,
      .help = "waits: it goes on by itself. exhausted: it did, to the last try. retried: it went "
              "on.",
      .values = retries },
    { "nextTryAt", SHAPE_TIME, .help = "Of one that waits, where it is known.", .nullable = true },
    { "times", SHAPE_COUNT, .help = "How often it failed alike." },
    { "firstAt", SHAPE_TIME, .help = "When it failed first." },
    { "lastAt", SHAPE_TIME, .help = "When it failed last." },
    { "resolvedAt", SHAPE_TIME, .help = "When somebody saw to it, or it went on.",
      .nullable = true },
    { "resolvedByName", SHAPE_TEXT, .help = "Null: it went on by itself.", .nullable = true },
    { "issueState", SHAPE_CHOICE,
      .help = "Of its issue in Jira. asked: it is on its way. Null: nobody asked for one.",
      .values = issue_states, .nullable = true },
    { "issueKey", SHAPE_TEXT, .help = "In Jira, which failures alike have together.",
      .example = "OPS-412", .nullable = true },
    { "issueUrl", SHAPE_TEXT, .help = "Where it is seen.", .nullable = true },
    { "issueError", SHAPE_TEXT, .help = "Why it could not be made yet.", .nullable = true },
    { "canIssue", SHAPE_BOOL, .help = "Whether an issue can be asked for." },
    { "canRetry", SHAPE_BOOL, .help = "Whether its delivery can be had to go on." },
    { .name = NULL },
};
const struct shape failure_shape = { "DeliveryFailure", "What went wrong with a delivery.",
                                     failure_members };
static const struct member failure_list_members[] = {
    { "failures", SHAPE_LIST, .help = "The newest first, at most 50.", .of = &failure_shape },
    { "next", SHAPE_TEXT, .help = "For `after`: the page after this one.", .nullable = true },
    { .name = NULL },
};
const struct shape failure_list_shape = { "DeliveryFailures", "What went wrong with deliveries.",
                                          failure_list_members };
