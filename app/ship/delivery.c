/* Deliveries: asked for, shown, gone on with, taken back. */
#include "ship/delivery.h"

#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "db/db.h"
#include "ship/delivery.sql.h"
#include "ship/failure.sql.h"
#include "track/value.h"

#include <ctype.h>
#include <string.h>

#define REF_NUMBER_MOST 24 /* characters of the order's number in our reference */
#define REF_CHANCE 12      /* of the end of its id */
#define LISTED "200"

const char *const payment_methods[] = { "prepaid", "cod", NULL };

/* ---- asking for one ---- */

struct asking {
    struct ctx *c;
    const struct delivery_new *n;
    const char *order_id, *number;
    struct provider_account account; /* that is named; id NULL: none is, or it is off */
    struct json_object *asked;
    struct reservation wanted;
};

static enum err read_input(struct asking *a)
{
    struct ctx *c = a->c;
    const struct delivery_new *n = a->n;
    const char *on = NULL;
    if (n->pickup_on && read_date(c->arena, str_of(n->pickup_on), &on))
        return ctx_fault(c, "pickupOn", "is not a day as 2026-05-12");
    const struct {
        const char *key, *text;
    } texts[] = { { "carrier", a->wanted.carrier },
                  { "accountId", n->account_id },
                  { "purchaseOrderId", n->purchase_order_id },
                  { "pickupLocation", n->pickup_location },
                  { "pickupOn", on },
                  { "courierId", n->courier_id },
                  { "paymentMethod", n->payment_method ? n->payment_method : "prepaid" } };
    a->asked = json_own(c->arena, json_object_new_object());
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].text)
            json_object_object_add(a->asked, texts[i].key, json_text_new(texts[i].text));
    json_set_int(a->asked, "weightGrams", n->weight_grams);
    json_set_int(a->asked, "lengthMm", n->length_mm);
    json_set_int(a->asked, "breadthMm", n->breadth_mm);
    json_set_int(a->asked, "heightMm", n->height_mm);
    return OK;
}

static enum err hold_order(struct asking *a)
{
    PGresult *row;
    struct ctx *c = a->c;
    enum err e = db_query(c->db, c->arena, dispatch_order, &row, .order_id = a->order_id);
    if (e)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if (row_bool(row, 0, "cancelled"))
        return ctx_refuse(c, ERR_CONFLICT, "The order is cancelled: nothing of it is delivered.");
    a->number = row_text(row, 0, "number");
    return OK;
}

/* The account that is named, and the carrier. That it is off matters to a new delivery alone. */
static enum err choose(struct asking *a)
{
    enum err e = a->n->account_id ? provider_get(a->c, a->n->account_id, &a->account) : OK;
    if (e == ERR_NOT_FOUND)
        a->account.id = NULL;
    a->wanted.carrier = a->n->carrier   ? a->n->carrier
                        : a->account.id ? a->account.provider
                                        : carrier_names[0];
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err check_account(struct asking *a)
{
    if (!a->n->account_id)
        return OK;
    if (!a->account.id)
        return ctx_fault(a->c, "accountId", "is of no account here that is on");
    if (strcmp(a->account.provider, a->wanted.carrier) != 0)
        return ctx_fault(a->c, "accountId", "is of an account at %s",
                         carrier_title(a->account.provider));
    return OK;
}

/* The carrier takes parcels on, and the tenant has an account there. */
static enum err check_carrier(struct asking *a)
{
    const struct carrier *carrier = carrier_of(a->wanted.carrier, a->wanted.dry_run);
    enum err e = check_account(a);
    if (e)
        return e;
    if (!carrier || !(carrier->can & CARRIER_CREATE))
        return ctx_fault(a->c, a->n->carrier ? "carrier" : "accountId",
                         "takes no parcels on by this server");
    if (a->wanted.dry_run)
        return OK;
    if (!a->account.id)
        e = provider_find(a->c, carrier->name, &a->account);
    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        return ctx_fault(a->c, "carrier",
                         "has no account here that is on: with TRACK_CARRIER_DRY_RUN=true a "
                         "stand-in answers for it");
    if (e == OK)
        a->wanted.account_id = a->account.id;
    return e;
}

static enum err find_purchase_order(struct asking *a)
{
    PGresult *rows;
    struct ctx *c = a->c;
    const char *named = a->n->purchase_order_id;
    enum err e = db_query(c->db, c->arena, dispatch_purchase_orders, &rows, .order_id = a->order_id,
                          .purchase_order_id = named);
    if (e == OK && rows_count(rows) == 0 && named)
        return ctx_fault(c, "purchaseOrderId", "is of no purchase order of this order");
    if (e == OK && rows_count(rows) > 1)
        return ctx_fault(c, "purchaseOrderId", "is needed, as the order has several");
    if (e == OK && rows_count(rows) == 0)
        e = db_query(c->db, c->arena, dispatch_purchase_order_add, &rows, .order_id = a->order_id);
    if (e == OK)
        a->wanted.purchase_order_id = row_text(rows, 0, "id");
    return e;
}

/* What the carrier knows it by: "10482-1-06ex4z0q9fk3". */
static const char *reference(struct ctx *c, const char *number, long parcel, const char *id)
{
    struct buf b = buf_in(c->arena);
    for (const char *p = number; *p && b.n < REF_NUMBER_MOST; p++)
        if ((unsigned char)*p < 0x80 && (isalnum((unsigned char)*p) || *p == '-'))
            buf_putc(&b, *p);
    buf_printf(&b, "-%ld-%s", parcel, id + strlen(id) - REF_CHANCE);
    return b.p;
}

static enum err make_request(struct asking *a)
{
    PGresult *row;
    struct ctx *c = a->c;
    enum err e = db_query(c->db, c->arena, dispatch_request, &row, .order_id = a->order_id,
                          .asked = json_compact(c->arena, a->asked));
    if (e == OK)
        a->wanted.request = json_get(row_json(c->arena, row, 0), "request");
    return e;
}

/* There is one: it is the answer, goes on, or is in the way. */
static enum err meet(struct asking *a, const struct reservation *is, const char **id, bool *again,
                     const char **under_way)
{
    PGresult *row;
    struct ctx *c = a->c;
    *again = is->state == RUN_SAVED;
    if (*again) {
        *id = is->id;
        return OK;
    }
    if (is->state != RUN_FAILED) {
        *under_way = is->id;
        return ctx_refuse(c, ERR_CONFLICT, "This delivery is under way.");
    }
    if (is->cancelling)
        return ctx_refuse(c, ERR_CONFLICT,
                          "This delivery is being taken back, which failed: cancel it again before "
                          "it is asked for anew.");
    enum err e = db_query(c->db, c->arena, dispatch_alike, &row, .id = is->id,
                          .asked = json_compact(c->arena, a->asked));
    if (e == OK && !row_bool(row, 0, "alike"))
        return ctx_refuse(c, ERR_CONFLICT,
                          "This delivery failed and was asked for otherwise: retry it, or cancel "
                          "it before it is asked for anew.");
    if (e == OK)
        e = delivery_retry(c, is->id);
    if (e == OK)
        *id = is->id;
    return e;
}

static enum err live_one(struct asking *a, const char **id)
{
    PGresult *row;
    struct ctx *c = a->c;
    enum err e = db_query(c->db, c->arena, dispatch_live, &row, .order_id = a->order_id,
                          .parcel = arena_printf(c->arena, "%d", a->wanted.parcel));
    if (e == OK)
        *id = rows_count(row) ? row_text(row, 0, "id") : NULL;
    return e;
}

static enum err reserve(struct asking *a, const struct delivery_storage *storage,
                        struct reservation *out)
{
    struct ctx *c = a->c;
    enum err e = check_carrier(a);
    if (e == OK)
        e = find_purchase_order(a);
    if (e == OK)
        e = make_request(a);
    if (e)
        return e;
    a->wanted.id = uuid7(c->app, c->arena);
    a->wanted.our_ref = reference(c, a->number, a->wanted.parcel, a->wanted.id);
    a->wanted.asked = a->asked;
    return storage->reserve(storage->of, c, &a->wanted, out);
}

static enum err tell_audit(struct ctx *c, const char *action, const char *id, const char *order_id,
                           const char *step)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "orderId", order_id);
    json_set_text(after, "step", step);
    return audit_add(c, action, "delivery", id, NULL, after);
}

enum err delivery_add(struct ctx *c, const char *order_id, const struct delivery_new *n,
                      const char **id, bool *again, const char **under_way)
{
    struct reservation is = { .id = NULL };
    const struct delivery_storage storage = delivery_storage_pg(NULL);
    struct asking a = { .c = c, .n = n, .order_id = order_id, .number = "" };
    const char *live = NULL;
    *again = false;
    *under_way = NULL;
    a.wanted = (struct reservation){ .order_id = order_id,
                                     .parcel = n->parcel ? (int)n->parcel : 1,
                                     .dry_run = c->app->settings->carrier_dry_run };
    enum err e = choose(&a);
    if (e == OK)
        e = read_input(&a);
    if (e == OK)
        e = hold_order(&a);
    if (e == OK)
        e = live_one(&a, &live);
    if (e == OK && live) {
        e = storage.get(storage.of, c, live, &is);
        return e ? e : meet(&a, &is, id, again, under_way);
    }
    if (e == OK)
        e = reserve(&a, &storage, &is);
    if (e == ERR_CONFLICT && is.id)
        return meet(&a, &is, id, again, under_way);
    if (e == OK)
        e = delivery_job_add(c, is.id);
    if (e)
        return e;
    *id = is.id;
    return tell_audit(c, "delivery.asked", is.id, order_id, run_step_names[is.step]);
}

/* ---- what a person does with one ---- */

static enum err refuse_state(struct ctx *c, const char *id, const char *sentence)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, dispatch_state, &row, .id = id);
    if (e)
        return e;
    return rows_count(row) ? ctx_refuse(c, ERR_CONFLICT, "%s", sentence) : ERR_NOT_FOUND;
}

enum err delivery_retry(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, dispatch_retry, &row, .id = id);
    if (e == OK && rows_count(row) == 0)
        return refuse_state(c, id, "Only a delivery that failed is retried; this one has not.");
    if (e == OK)
        e = db_query(c->db, c->arena, failures_retried, NULL, .id = id,
                     .actor_name = c->actor.name);
    if (e == OK)
        e = delivery_job_add(c, id);
    return e == OK ? tell_audit(c, "delivery.retried", id, row_text(row, 0, "order_id"),
                                row_text(row, 0, "step"))
                   : e;
}

enum err delivery_cancel(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, dispatch_cancel, &row, .id = id);
    if (e == OK && rows_count(row) == 0)
        return refuse_state(c, id, "It is a shipment, or was cancelled before.");
    if (e == OK)
        e = db_query(c->db, c->arena, dispatch_hurry, NULL, .id = id);
    if (e == OK)
        e = delivery_job_add(c, id);
    return e == OK ? tell_audit(c, "delivery.taken_back", id, row_text(row, 0, "order_id"),
                                row_text(row, 0, "step"))
                   : e;
}

/* ---- shown ---- */

static enum err document(struct ctx *c, const PGresult *rows, int i, struct json_object **out)
{
    struct json_object *d = row_json(c->arena, rows, i), *failures;
    enum err e = failures_of(c, row_text(rows, i, "deliveryId"), &failures);
    if (e)
        return e;
    const char *state = row_text(rows, i, "state");
    bool ended = strcmp(state, "saved") == 0 || strcmp(state, "cancelled") == 0;
    json_set_text(d, "carrierName", carrier_title(row_text(rows, i, "carrier")));
    json_set_bool(d, "fromCache", false);
    bool halted = strcmp(state, "failed") == 0 || row_bool(rows, i, "_stuck");
    json_set_bool(d, "canRetry", halted);
    json_set_bool(d, "canCancel", !ended && (halted || !row_bool(rows, i, "cancelling")));
    json_set(d, "failures", json_object_get(failures));
    *out = d;
    return OK;
}

enum err delivery_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, dispatch_list, &rows, .id = id, .rows = "1");
    if (e == OK && rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    return e ? e : document(c, rows, 0, out);
}

enum err delivery_of(struct ctx *c, const char *order_id, long parcel, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, dispatch_list, &rows, .order_id = order_id,
                          .parcel = arena_printf(c->arena, "%ld", parcel), .rows = "1");
    if (e == OK && rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    return e ? e : document(c, rows, 0, out);
}

enum err delivery_list(struct ctx *c, const char *order_id, struct json_object **out)
{
    PGresult *order, *rows;
    struct json_object *d = json_own(c->arena, json_object_new_object()), *one;
    struct json_object *list = json_object_new_array();
    json_set(d, "deliveries", list);
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, dispatch_order_there, &order, .order_id = order_id);
    if (e == OK)
        e = db_query(c->db, c->arena, dispatch_list, &rows, .order_id = order_id, .rows = LISTED);
    enum err sent = db_flush(c->db);
    e = e ? e : sent;
    if (e == OK && rows_count(order) == 0)
        return ERR_NOT_FOUND;
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        e = document(c, rows, i, &one);
        if (e == OK)
            json_object_array_add(list, json_object_get(one));
    }
    *out = d;
    return e;
}

/* ---- shapes ---- */

static const struct member delivery_members[] = {
    { "deliveryId", SHAPE_UUID, .help = "The delivery." },
    { "orderId", SHAPE_UUID, .help = "The order." },
    { "orderNumber", SHAPE_TEXT, .example = "10482" },
    { "parcel", SHAPE_COUNT, .help = "Which parcel of its order, from 1." },
    { "purchaseOrderId", SHAPE_UUID, .help = "The purchase order it is of." },
    { "carrier", SHAPE_CHOICE, .values = carrier_names },
    { "carrierName", SHAPE_TEXT, .example = "Shiprocket" },
    { "accountId", SHAPE_UUID, .help = "At the carrier; of a dry run there is none.",
      .nullable = true },
    { "accountName", SHAPE_TEXT, .nullable = true, .example = "Shiprocket" },
    { "state", SHAPE_CHOICE,
      .help = "waiting: goes on by itself. failed: goes on when somebody says so.",
      .values = run_state_names },
    { "step", SHAPE_CHOICE, .help = "That is open.", .values = run_step_names },
    { "cancelling", SHAPE_BOOL, .help = "It is being taken back." },
    { "dryRun", SHAPE_BOOL, .help = "No carrier was called: a stand-in answered." },
    { "fromCache", SHAPE_BOOL, .help = "It was asked for before: this is what came of that." },
    { "ourRef", SHAPE_TEXT, .help = "What the carrier knows it by.",
      .example = "10482-1-06ex4z0q9fk3" },
    { "carrierOrderId", SHAPE_TEXT, .nullable = true, .example = "501234567" },
    { "carrierShipmentId", SHAPE_TEXT, .nullable = true, .example = "500111222" },
    { "trackingNumber", SHAPE_TEXT, .nullable = true, .example = "29050011223344" },
    { "courierName", SHAPE_TEXT, .nullable = true, .example = "Delhivery Surface" },
    { "pickupOn", SHAPE_TEXT, .help = "As the carrier writes it.", .nullable = true,
      .example = "2026-03-03 09:00:00" },
    { "results", SHAPE_OBJECT, .help = "The carrier's answers: create, awb, pickup." },
    { "shipmentId", SHAPE_UUID, .help = "Once it is saved.", .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When it was asked for." },
    { "createdByName", SHAPE_TEXT, .example = "Vera Frei" },
    { "movedAt", SHAPE_TIME, .help = "When it last went on." },
    { "canRetry", SHAPE_BOOL, .help = "Whether it failed, and waits for somebody." },
    { "canCancel", SHAPE_BOOL, .help = "Whether it can still be taken back." },
    { "failures", SHAPE_LIST, .help = "What went wrong, the newest first, at most 50.",
      .of = &failure_shape },
    { .name = NULL },
};
const struct shape delivery_shape = { "ParcelDelivery", "An order's parcel handed to a carrier.",
                                      delivery_members };
static const struct member delivery_list_members[] = {
    { "deliveries", SHAPE_LIST, .help = "By parcel; those cancelled come last.",
      .of = &delivery_shape },
    { .name = NULL },
};
const struct shape delivery_list_shape = { "ParcelDeliveries", "The deliveries of an order.",
                                           delivery_list_members };
