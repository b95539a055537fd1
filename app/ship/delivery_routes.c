/* The routes of deliveries and of what went wrong with them. */
#include "base/domain.h"
#include "base/json.h"
#include "base/settings.h"
#include "db/db.h"
#include "ship/delivery.h"
#include "ship/delivery.sql.h"
#include "ship/delivery_view.h"
#include "ship/issue.h"
#include "ship/order_pages.h"
#include "ship/ship.h"
#include "web/web.h"

#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MOST 10 /* seconds that a caller may have its answer wait */
#define LOOK_MS 100
#define CHILDREN_A_SEAT 4 /* so many processes for one that waits */

/* ---- inputs ---- */

static const struct field add_fields[] = {
    { "parcel", FIELD_INT, offsetof(struct delivery_new, parcel), .min = 1, .max = 99,
      .help = "Which parcel of the order. Absent: the first." },
    { "purchaseOrderId", FIELD_UUID, offsetof(struct delivery_new, purchase_order_id),
      .help = "Needed where the order has several; where it has none, one is made." },
    { "carrier", FIELD_CHOICE, offsetof(struct delivery_new, carrier), .values = carrier_names,
      .help = "Absent: the account's, or the first." },
    { "accountId", FIELD_UUID, offsetof(struct delivery_new, account_id),
      .help = "The account at the carrier. Absent: its first that is on." },
    { "pickupLocation", FIELD_TEXT, offsetof(struct delivery_new, pickup_location), .max = 100,
      .help = "Where it is picked up, by the name that the carrier knows." },
    { "pickupOn", FIELD_TEXT, offsetof(struct delivery_new, pickup_on), .max = 10,
      .help = "The day, as 2026-05-12. Absent: as soon as it can be." },
    { "courierId", FIELD_TEXT, offsetof(struct delivery_new, courier_id), .max = 20,
      .help = "The carrier's number of a courier. Absent: it chooses." },
    { "weightGrams", FIELD_INT, offsetof(struct delivery_new, weight_grams), .required = true,
      .min = 1, .max = 1000000, .help = "With its box." },
    { "lengthMm", FIELD_INT, offsetof(struct delivery_new, length_mm), .required = true, .min = 6,
      .max = 10000 },
    { "breadthMm", FIELD_INT, offsetof(struct delivery_new, breadth_mm), .required = true, .min = 6,
      .max = 10000 },
    { "heightMm", FIELD_INT, offsetof(struct delivery_new, height_mm), .required = true, .min = 6,
      .max = 10000 },
    { "paymentMethod", FIELD_CHOICE, offsetof(struct delivery_new, payment_method),
      .values = payment_methods, .help = "cod: paid to who brings it. Absent: prepaid." },
    { .name = NULL },
};
static const struct input add_input = { "ParcelDeliveryNew", sizeof(struct delivery_new),
                                        add_fields };

static const struct field list_fields[] = {
    { "state", FIELD_CHOICE, offsetof(struct failure_query, state), .values = failure_states,
      .help = "open: those that nobody has seen to, and that did not go on. Absent: open." },
    { "after", FIELD_TEXT, offsetof(struct failure_query, after), .max = 2048,
      .help = "The page after this cursor." },
    { .name = NULL },
};
static const struct input list_input = { "DeliveryFailuresQuery", sizeof(struct failure_query),
                                         list_fields };

/* ---- asking for one ---- */

/* Of a refusal all is rolled back, but that somebody asked is kept. */
static enum err keep_concurrent(struct ctx *c, const char *id)
{
    const struct problem why = c->problem;
    db_rollback(c->db);
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, failure_concurrent(c, id));
    c->problem = why;
    return e ? e : ERR_CONFLICT;
}

static enum err add(struct req *r, const char **id, bool *again)
{
    const char *under_way;
    enum err e = delivery_add(&r->ctx, req_param(r, "orderId"), r->input, id, again, &under_way);
    return e == ERR_CONFLICT && under_way ? keep_concurrent(&r->ctx, under_way) : e;
}

static enum err answer(struct req *r, struct reply *p, int status, const char *id, bool again)
{
    struct json_object *d;
    enum err e = delivery_get(&r->ctx, id, &d);
    if (e)
        return e;
    json_set_bool(d, "fromCache", again);
    reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/deliveries/%s", id));
    return reply_json(p, status, d);
}

/* ---- waiting for it (RFC 7240 §4.3) ---- */

/* The seconds of "Prefer: wait=5"; 0: none. What has a key is answered alike again, so at once. */
static int wait_of(const struct req *r)
{
    const char *prefer = req_header(r, "prefer"), *at = prefer ? strstr(prefer, "wait=") : NULL;
    if (!at || req_header(r, "idempotency-key"))
        return 0;
    long seconds = strtol(at + strlen("wait="), NULL, 10);
    return seconds < 0 ? 0 : seconds > WAIT_MOST ? WAIT_MOST : (int)seconds;
}

/* Where too many wait already there is no seat: 0. */
static enum err take_seat(struct ctx *c, long long *seat)
{
    PGresult *row;
    long seats = c->app->settings->web_children / CHILDREN_A_SEAT;
    enum err e = db_query(c->db, c->arena, dispatch_seat, &row,
                          .seats = arena_printf(c->arena, "%ld", seats));
    if (e == OK)
        *seat = rows_count(row) ? row_int(row, 0, "n") : 0;
    return e;
}

static enum err look(struct ctx *c, const char *id, bool *ended, bool *saved)
{
    PGresult *row;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, dispatch_state, &row, .id = id));
    const char *state = e == OK && rows_count(row) ? row_text(row, 0, "state") : "";
    *saved = strcmp(state, "saved") == 0;
    *ended = *saved || strcmp(state, "failed") == 0 || strcmp(state, "cancelled") == 0;
    return e;
}

static enum err wait_for(struct ctx *c, const char *id, int seconds, bool *saved)
{
    long long seat = 0;
    bool ended = false;
    *saved = false;
    enum err e = take_seat(c, &seat);
    const int64_t until = c->app->now_ms(c->app) + seconds * (int64_t)1000;
    while (e == OK && seat && !ended && c->app->now_ms(c->app) < until) {
        poll(NULL, 0, LOOK_MS);
        e = look(c, id, &ended, saved);
    }
    enum err left = seat ? db_query(c->db, c->arena, dispatch_seat_leave, NULL,
                                    .seat = arena_printf(c->arena, "%lld", seat))
                         : OK;
    return e ? e : left;
}

/* It is reserved: from here on nothing is rolled back. */
static enum err add_and_wait(struct req *r, struct reply *p, const char *id, int seconds)
{
    bool saved;
    struct ctx *c = &r->ctx;
    enum err e = db_commit(c->db);
    if (e == OK)
        e = wait_for(c, id, seconds, &saved);
    if (e)
        return e;
    db_begin_reading(c->db, c->tenant_id);
    reply_header(p, "Preference-Applied", arena_printf(c->arena, "wait=%d", seconds));
    return answer(r, p, saved ? 201 : 202, id, false);
}

static enum err api_add(struct req *r, struct reply *p)
{
    bool again;
    const char *id;
    int seconds = wait_of(r);
    enum err e = add(r, &id, &again);
    if (e)
        return e;
    if (!again && seconds)
        return add_and_wait(r, p, id, seconds);
    return answer(r, p, again ? 200 : 202, id, again);
}

/* ---- the rest of the API ---- */

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = delivery_list(&r->ctx, req_param(r, "orderId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_of(struct req *r, struct reply *p)
{
    struct json_object *d;
    char *end;
    const char *text = req_param(r, "parcel");
    long parcel = strtol(text, &end, 10);
    if (*end || parcel < 1 || parcel > 99)
        return ERR_NOT_FOUND;
    enum err e = delivery_of(&r->ctx, req_param(r, "orderId"), parcel, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = delivery_get(&r->ctx, req_param(r, "deliveryId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_retry(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "deliveryId");
    enum err e = delivery_retry(&r->ctx, id);
    return e == OK ? answer(r, p, 202, id, false) : e;
}

static enum err api_cancel(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "deliveryId");
    enum err e = delivery_cancel(&r->ctx, id);
    return e == OK ? answer(r, p, 202, id, false) : e;
}

static enum err api_failures(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = failure_list(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err failure_answer(struct req *r, struct reply *p, int status)
{
    struct json_object *d;
    const char *id = req_param(r, "failureId");
    enum err e = failure_get(&r->ctx, id, &d);
    if (e == OK && status == 202)
        reply_header(p, "Location",
                     arena_printf(r->ctx.arena, "/api/deliveries/%s", json_text(d, "deliveryId")));
    return e == OK ? reply_json(p, status, d) : e;
}

static enum err api_failure(struct req *r, struct reply *p)
{
    return failure_answer(r, p, 200);
}

static enum err api_failure_retry(struct req *r, struct reply *p)
{
    enum err e = failure_retry(&r->ctx, req_param(r, "failureId"));
    return e == OK ? failure_answer(r, p, 202) : e;
}

static enum err api_failure_resolve(struct req *r, struct reply *p)
{
    enum err e = failure_resolve(&r->ctx, req_param(r, "failureId"));
    return e == OK ? failure_answer(r, p, 200) : e;
}

static enum err api_failure_issue(struct req *r, struct reply *p)
{
    enum err e = issue_ask(&r->ctx, req_param(r, "failureId"));
    return e == OK ? failure_answer(r, p, 202) : e;
}

/* ---- pages ---- */

static enum err back_to_order(struct req *r, struct reply *p)
{
    return reply_redirect(
        p, arena_printf(r->ctx.arena, "/orders/%s#deliveries", req_param(r, "orderId")));
}

static enum err page_add(struct req *r, struct reply *p)
{
    bool again;
    const char *id;
    enum err e = add(r, &id, &again);
    return e == OK ? back_to_order(r, p) : e;
}

/* Only of the order whose page it stands on. */
static enum err of_order(struct req *r, enum err (*act)(struct ctx *, const char *))
{
    struct json_object *d;
    enum err e = delivery_get(&r->ctx, req_param(r, "deliveryId"), &d);
    if (e == OK && strcmp(json_text(d, "orderId"), req_param(r, "orderId")) != 0)
        return ERR_NOT_FOUND;
    return e == OK ? act(&r->ctx, json_text(d, "deliveryId")) : e;
}

static enum err page_retry(struct req *r, struct reply *p)
{
    enum err e = of_order(r, delivery_retry);
    return e == OK ? back_to_order(r, p) : e;
}

static enum err page_cancel(struct req *r, struct reply *p)
{
    enum err e = of_order(r, delivery_cancel);
    return e == OK ? back_to_order(r, p) : e;
}

static enum err page_failures(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct ctx *c = &r->ctx;
    const struct failure_query *q = r->input;
    bool all = q->state && strcmp(q->state, "all") == 0;
    enum err e = failure_list(c, q, &d);
    if (e)
        return e;
    struct buf next = buf_in(c->arena);
    const char *cursor = json_text(d, "next");
    view_failures(json_get(d, "failures"));
    json_set_bool(d, "any", json_object_array_length(json_get(d, "failures")) > 0);
    json_set_bool(d, "all", all);
    json_set_text(d, "first", q->after ? (all ? "/failures?state=all" : "/failures") : NULL);
    if (cursor) {
        buf_printf(&next, "/failures?%safter=", all ? "state=all&" : "");
        buf_url(&next, cursor, strlen(cursor));
    }
    json_set_text(d, "nextPage", next.p);
    return reply_page(p, "ship/failures", NULL, d);
}

static enum err page_failure(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = failure_get(&r->ctx, req_param(r, "failureId"), &d);
    if (e)
        return e;
    view_failure(&r->ctx, d);
    return reply_page(p, "ship/failure", NULL, d);
}

static enum err page_failure_retry(struct req *r, struct reply *p)
{
    enum err e = failure_retry(&r->ctx, req_param(r, "failureId"));
    return e == OK ? reply_redirect(p, "/failures") : e;
}

static enum err page_failure_resolve(struct req *r, struct reply *p)
{
    enum err e = failure_resolve(&r->ctx, req_param(r, "failureId"));
    return e == OK ? reply_redirect(p, "/failures") : e;
}

static enum err page_failure_issue(struct req *r, struct reply *p)
{
    enum err e = issue_ask(&r->ctx, req_param(r, "failureId"));
    return e == OK ? reply_redirect(p, "/failures") : e;
}

/* ---- the table ---- */

#define ORDER_API "/api/orders/:orderId/deliveries"
#define ORDER_PAGE "/orders/:orderId/deliveries"
#define DELIVERY_API "/api/deliveries/:deliveryId"
#define FAILURE_API "/api/ship/failures/:failureId"

static const int add_also[] = { 200, 201, 0 };

static const struct route routes[] = {
    { METHOD_POST, ROUTE_API, ORDER_API, api_add, ROLE_AGENT, &add_input, .whole = true,
      .queues = true, .status = 202, .also = add_also, .answer = &delivery_shape,
      .doc =
          "Hands a parcel of the order to a carrier, once, and anew where it was cancelled before "
          "anybody picked it up. 200 and fromCache: it was saved before. 409: it is under way. "
          "With Prefer: wait=5 the answer waits so long for its "
          "end, and is 201 where it is saved by then." },
    { METHOD_GET, ROUTE_API, ORDER_API, api_list, ROLE_VIEWER, .whole = true,
      .doc = "The deliveries of an order.", .answer = &delivery_list_shape },
    { METHOD_GET, ROUTE_API, ORDER_API "/:parcel", api_of, ROLE_VIEWER, .whole = true,
      .doc = "The delivery of one parcel of an order.", .answer = &delivery_shape },
    { METHOD_GET, ROUTE_API, DELIVERY_API, api_get, ROLE_VIEWER, .whole = true,
      .doc = "A delivery.", .answer = &delivery_shape },
    { METHOD_POST, ROUTE_API, DELIVERY_API "/retry", api_retry, ROLE_AGENT, .whole = true,
      .queues = true, .status = 202, .answer = &delivery_shape,
      .doc = "Goes on with one that failed, at the step that is open." },
    { METHOD_POST, ROUTE_API, DELIVERY_API "/cancel", api_cancel, ROLE_AGENT, .whole = true,
      .queues = true, .status = 202, .answer = &delivery_shape,
      .doc = "Takes back one that is not a shipment yet, at the carrier too." },
    { METHOD_GET, ROUTE_API, "/api/ship/failures", api_failures, ROLE_VIEWER, &list_input,
      .whole = true, .doc = "What went wrong with deliveries, the newest first.",
      .answer = &failure_list_shape },
    { METHOD_GET, ROUTE_API, FAILURE_API, api_failure, ROLE_VIEWER, .whole = true,
      .doc = "What went wrong with a delivery.", .answer = &failure_shape },
    { METHOD_POST, ROUTE_API, FAILURE_API "/retry", api_failure_retry, ROLE_AGENT, .whole = true,
      .queues = true, .status = 202, .answer = &failure_shape,
      .doc = "Goes on with its delivery, which failed." },
    { METHOD_POST, ROUTE_API, FAILURE_API "/issue", api_failure_issue, ROLE_AGENT, .whole = true,
      .queues = true, .status = 202, .answer = &failure_shape,
      .doc = "Has an issue made in Jira, or a comment added to that of failures alike." },
    { METHOD_POST, ROUTE_API, FAILURE_API "/resolve", api_failure_resolve, ROLE_AGENT,
      .whole = true, .answer = &failure_shape, .doc = "Notes that somebody saw to it." },

    { METHOD_POST, ROUTE_PAGE, ORDER_PAGE, page_add, ROLE_AGENT, &add_input, .whole = true,
      .queues = true, .again = page_order_again,
      .doc = "Hands a parcel of the order to a carrier." },
    { METHOD_POST, ROUTE_PAGE, ORDER_PAGE "/:deliveryId/retry", page_retry, ROLE_AGENT,
      .whole = true, .queues = true, .doc = "Goes on with one that failed." },
    { METHOD_POST, ROUTE_PAGE, ORDER_PAGE "/:deliveryId/cancel", page_cancel, ROLE_AGENT,
      .whole = true, .queues = true, .doc = "Takes one back." },
    { METHOD_GET, ROUTE_PAGE, "/failures", page_failures, ROLE_VIEWER, &list_input, .whole = true,
      .doc = "What went wrong with deliveries." },
    { METHOD_GET, ROUTE_PAGE, "/failures/:failureId", page_failure, ROLE_VIEWER, .whole = true,
      .doc = "One of them, with what the carrier answered." },
    { METHOD_POST, ROUTE_PAGE, "/failures/:failureId/retry", page_failure_retry, ROLE_AGENT,
      .whole = true, .queues = true, .doc = "Goes on with its delivery." },
    { METHOD_POST, ROUTE_PAGE, "/failures/:failureId/issue", page_failure_issue, ROLE_AGENT,
      .whole = true, .queues = true, .doc = "Has an issue made of it." },
    { METHOD_POST, ROUTE_PAGE, "/failures/:failureId/resolve", page_failure_resolve, ROLE_AGENT,
      .whole = true, .doc = "Notes that somebody saw to it." },
    { .path = NULL },
};

const struct domain deliveries_domain = {
    .name = "deliveries",
    .routes = routes,
    .jobs = delivery_jobs,
};
