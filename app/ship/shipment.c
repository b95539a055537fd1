/* Shipments: made, shown, and moved by staff. */
#include "ship/shipment.h"

#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "ship/attention.h"
#include "ship/ship.h"
#include "ship/shipment.sql.h"
#include "ship/tracker.h"
#include "track/value.h"
#include "track/when.h"

#include <string.h>

#define EVENTS_MOST "500"
#define NOTIFICATIONS_MOST "100"
#define TOKEN_BYTES 24 /* of the address of its page for everybody */

/* ---- making one ---- */

/* What is given, as it is kept. */
static enum err read_new(struct ctx *c, const struct shipment_new *n, struct shipment_new *out)
{
    enum err e = OK;
    const char *why = NULL;
    *out = *n;
    out->carrier = carrier_code_of(c->arena, n->carrier);
    if (!out->carrier)
        e = ctx_fault(c, "carrier", "may only hold letters, digits, blanks and - _ .");
    else if (!n->carrier_name && strcmp(out->carrier, n->carrier) != 0)
        out->carrier_name = n->carrier;
    if (n->tracking_number &&
        !(out->tracking_number = tracking_number_of(c->arena, n->tracking_number)))
        e = ctx_fault(c, "trackingNumber", "may only hold 1 to %d letters, digits and - _ / .",
                      TRACKING_NUMBER_MOST);
    if (n->promised_on)
        why = read_date(c->arena, str_of(n->promised_on), &out->promised_on);
    return why ? ctx_fault(c, "promisedOn", "is not a day as 2026-05-12") : e;
}

/* The order of its purchase order; NULL: it has none. */
static enum err order_of(struct ctx *c, const char *purchase_order_id, const char **order_id)
{
    PGresult *row;
    *order_id = NULL;
    if (!purchase_order_id)
        return OK;
    enum err e = db_query(c->db, c->arena, shipment_purchase_order, &row,
                          .purchase_order_id = purchase_order_id);
    if (e == OK && rows_count(row) == 0)
        return ctx_fault(c, "purchaseOrderId", "is of no purchase order");
    if (e == OK)
        *order_id = row_text(row, 0, "order_id");
    if (e == OK && *order_id)
        e = db_query(c->db, c->arena, shipment_order_cancelled, &row, .order_id = *order_id);
    if (e == OK && *order_id && row_bool(row, 0, "cancelled"))
        return ctx_fault(c, "purchaseOrderId", "is of an order that was cancelled");
    return e;
}

static enum err insert(struct ctx *c, const struct shipment_new *n, const char **id)
{
    PGresult *row;
    enum err e = db_query(
        c->db, c->arena, shipment_insert, &row, .purchase_order_id = n->purchase_order_id,
        .carrier = n->carrier, .carrier_name = n->carrier_name, .service = n->service,
        .tracking_number = n->tracking_number,
        .public_token = token_new(c->app, c->arena, TOKEN_BYTES), .promised_on = n->promised_on,
        .dry_run = n->dry_run ? "t" : "f", .added_at = n->added_at);
    if (e == OK && rows_count(row)) {
        *id = row_text(row, 0, "id");
        return OK;
    }
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_of_number, &row, .carrier = n->carrier,
                     .tracking_number = n->tracking_number);
    if (e != OK)
        return e;
    return ctx_refuse(c, ERR_CONFLICT, "%s %s is the shipment %s already.", n->carrier,
                      n->tracking_number, row_text(row, 0, "id"));
}

static struct json_object *facts(struct ctx *c, const struct shipment_new *n)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "carrier", n->carrier);
    json_set_text(o, "trackingNumber", n->tracking_number);
    json_set_text(o, "purchaseOrderId", n->purchase_order_id);
    return o;
}

enum err shipment_add(struct ctx *c, const struct shipment_new *given, const char **id)
{
    struct shipment_new n;
    const char *order_id;
    const bool worker = c->actor.kind == ACTOR_WORKER;
    const struct shipment_event created = { .type = "CREATED",
                                            .source = worker ? "worker" : "user",
                                            .claim = PARCEL_NOTHING,
                                            .sentence = given->dry_run
                                                            ? "The shipment was added (dry run)."
                                                            : "The shipment was added.",
                                            .occurred_at = given->added_at };
    enum err e = read_new(c, given, &n);
    if (e == OK)
        e = order_of(c, n.purchase_order_id, &order_id);
    if (e == OK)
        e = insert(c, &n, id);
    if (e == OK)
        e = shipment_append(c, *id, &created, 1, false, NULL, NULL);
    if (e == OK && order_id)
        e = order_follow(c, order_id);
    if (e == OK && n.tracking_number)
        e = scans_match_later(c, *id);
    if (e == OK && n.track)
        e = tracker_want(c, *id, &(struct tracker_new){ .courier_code = n.courier_code });
    return e == OK ? audit_add(c, "shipment.added", "shipment", *id, NULL, facts(c, &n)) : e;
}

/* ---- reading ---- */

struct shown {
    PGresult *shipment, *purchase_order, *order, *customer, *events, *notifications;
};

static enum err ask(struct ctx *c, const char *id, struct shown *s)
{
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, shipment_get, &s->shipment, .shipment_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_get_purchase_order, &s->purchase_order,
                     .shipment_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_get_order, &s->order, .shipment_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_get_customer, &s->customer, .shipment_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_get_events, &s->events, .shipment_id = id,
                     .rows = EVENTS_MOST);
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_get_notifications, &s->notifications,
                     .shipment_id = id, .rows = NOTIFICATIONS_MOST);
    enum err sent = db_flush(c->db);
    return e == OK ? sent : e;
}

/* The one row as an object; null where there is none. */
static struct json_object *one_of(struct ctx *c, const PGresult *row)
{
    return rows_count(row) ? json_object_get(row_json(c->arena, row, 0)) : NULL;
}

enum err shipment_get(struct ctx *c, const char *id, struct json_object **out)
{
    struct shown s;
    enum err e = id && uuid_valid(id) ? ask(c, id, &s) : ERR_NOT_FOUND;
    if (e == OK && rows_count(s.shipment) == 0)
        e = ERR_NOT_FOUND;
    if (e != OK)
        return e;
    struct json_object *d = row_json(c->arena, s.shipment, 0);
    json_set(d, "purchaseOrder", one_of(c, s.purchase_order));
    json_set(d, "order", one_of(c, s.order));
    json_set(d, "customer", one_of(c, s.customer));
    json_set(d, "events", json_object_get(rows_json(c->arena, s.events)));
    json_set(d, "notifications", json_object_get(rows_json(c->arena, s.notifications)));
    e = attention_add(c, id, d);
    if (e == OK)
        *out = d;
    return e;
}

/* ---- by staff ---- */

static enum err refuse_back(struct ctx *c, enum parcel_status stands, enum parcel_status to)
{
    bool contradiction;
    const struct parcel_standing before = { .status = stands, .at_ms = 1, .grade = 'C' };
    if (parcel_status_after(before, to, 2, 'C', &contradiction) == to)
        return ctx_refuse(c, ERR_CONFLICT,
                          "It became “%s” after that time: “%s” has to be of a later one.",
                          parcel_status_words(stands), parcel_status_words(to));
    return ctx_refuse(c, ERR_CONFLICT,
                      "It is “%s” and does not go back to “%s”. Write a note instead.",
                      parcel_status_words(stands), parcel_status_words(to));
}

static struct json_object *said(struct ctx *c, const struct shipment_claim *claim)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    if (claim->note)
        json_set_text(o, "note", claim->note);
    if (claim->location)
        json_set_text(o, "location", claim->location);
    return o;
}

static struct json_object *set_facts(struct ctx *c, const struct shipment_claim *claim,
                                     const char *at, bool moved)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "status", claim->status);
    json_set_text(o, "occurredAt", at);
    json_set_bool(o, "moved", moved);
    return o;
}

static const char *set_sentence(struct ctx *c, enum parcel_status to)
{
    return c->actor.kind == ACTOR_USER
               ? arena_printf(c->arena, "Set to “%s” by hand.", parcel_status_words(to))
               : arena_printf(c->arena, "Set to “%s” by %s.", parcel_status_words(to),
                              c->actor.name ? c->actor.name : "a program");
}

enum err shipment_set(struct ctx *c, const char *id, const struct shipment_claim *claim,
                      bool *moved)
{
    const char *at;
    enum parcel_status to, after;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    if (!parcel_status_of(claim->status, &to))
        return ctx_fault(c, "status", "is no status of a shipment");
    enum err e = when_read(c, "occurredAt", claim->occurred_at, &at);
    if (e != OK)
        return e;
    const struct shipment_event event = { .type = "STATUS_SET",
                                          .source = "user",
                                          .grade = 'C',
                                          .claim = to,
                                          .sentence = set_sentence(c, to),
                                          .detail = said(c, claim),
                                          .occurred_at = at };
    e = shipment_append(c, id, &event, 1, false, &after, moved);
    if (e == OK && after != to)
        e = refuse_back(c, after, to);
    return e == OK ? audit_add(c, "shipment.status_set", "shipment", id, NULL,
                               set_facts(c, claim, at, *moved))
                   : e;
}

enum err shipment_note(struct ctx *c, const char *id, const char *note)
{
    const struct shipment_event event = {
        .type = "NOTE", .source = "user", .claim = PARCEL_NOTHING, .sentence = note
    };
    enum err e =
        uuid_valid(id) ? shipment_append(c, id, &event, 1, false, NULL, NULL) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    struct json_object *noted = json_own(c->arena, json_object_new_object());
    json_set_text(noted, "note", note);
    return audit_add(c, "shipment.noted", "shipment", id, NULL, noted);
}
