/* Orders, purchase orders and shipments to begin with, and the timelines they must have. */
#pragma once

#include "pg/asking.h"
#include "pg/call.h"

#include "base/json.h"
#include "ship/ship.h"

#include <stdio.h>
#include <string.h>

/* Those who ask: with all rights they need, with few, and of some buildings only. */
static struct call agent = { 0 }, viewer = { 0 }, stranger = { 0 };
static char customer[40];
static int numbers;

/* A new order with a purchase order; both ids are kept. */
static inline void order_new(char *order_id, char *purchase_order_id)
{
    keep(order_id, pg_sql("insert into orders (tenant_id, number, customer_id, recipient_name, "
                          "street, postal_code, city, country) values ('%s', 'N-%d', '%s', 'Eva "
                          "Keller', 'Seestrasse 1', '8002', 'Zürich', 'CH') returning id",
                          pg_tenant(), ++numbers, customer));
    keep(purchase_order_id, pg_sql("insert into purchase_orders (tenant_id, number, order_id) "
                                   "values ('%s', 'PO-%d', '%s') returning id",
                                   pg_tenant(), numbers, order_id));
}

/* A shipment of it, by the API; its id is kept. */
static inline void shipment_new(const char *purchase_order_id, char *id)
{
    char body[200];
    snprintf(body, sizeof(body),
             "{\"purchaseOrderId\": \"%s\", \"carrier\": \"DHL\", \"trackingNumber\": \"T %d\"}",
             purchase_order_id, ++numbers);
    const struct answer *made = ask(&agent, "POST", "/api/ship/shipments", body);
    assert_int_equal(made->status, 201);
    keep(id, json_text(made->json, "shipmentId"));
}

static inline const struct answer *at(const struct call *who, const char *method, const char *id,
                                      const char *rest, const char *body)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/shipments/%s%s", id, rest);
    return ask(who, method, path, body);
}

static inline const struct answer *set(const char *id, const char *status)
{
    char body[80];
    snprintf(body, sizeof(body), "{\"status\": \"%s\"}", status);
    return at(&agent, "POST", id, "/status", body);
}

static inline const char *order_status(const char *id)
{
    return pg_sql("select status from orders where id = '%s'", id);
}

static inline long long changes(const char *shipment_id)
{
    return pg_int("select count(*) from domain_events where name = 'ShipmentStatusChanged' and "
                  "entity_type = 'shipment' and entity_id = '%s'",
                  shipment_id);
}

static inline struct shipment_event scan(enum parcel_status claim, const char *when,
                                         const char *key)
{
    return (struct shipment_event){ .type = "SCAN",
                                    .source = "carrier",
                                    .grade = 'B',
                                    .claim = claim,
                                    .sentence = "The carrier has it.",
                                    .occurred_at = when,
                                    .dedupe_key = key };
}

/* In one transaction of the worker. */
static inline bool append(const char *id, const struct shipment_event *list, size_t n)
{
    bool moved;
    struct ctx *c = pg_ctx("track_worker");
    db_begin(c->db, pg_tenant());
    assert_int_equal(shipment_append(c, id, list, n, false, NULL, &moved), OK);
    assert_int_equal(db_commit(c->db), OK);
    return moved;
}

/* Every event is whole, follows the one before, and the last is the shipment's head. */
static inline void assert_chained(const char *id)
{
    assert_int_equal(
        pg_int("select count(*) from (select e.*, shipment_event_whole(e) as whole, "
               "lag(e.hash, 1, '\\x') over (order by seq) as before, row_number() over (order by "
               "seq) as n from shipment_events e where shipment_id = '%s') x where not whole or "
               "prev_hash <> before or seq <> n",
               id),
        0);
    assert_int_equal(pg_int("select count(*) from shipments s join shipment_events e on "
                            "e.shipment_id = s.id and e.seq = s.event_seq and e.hash = "
                            "s.event_head where s.id = '%s' and e.status_after = s.status",
                            id),
                     1);
}

/* Who asks, and the customer. */
static inline void parcels_setup(void)
{
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    call_session(&agent, "agent");
    call_session(&viewer, "viewer");
    (void)pg_sql("update users set all_buildings = false where id = '%s' returning id",
                 call_session(&stranger, "agent"));
    keep(customer, pg_sql("insert into customers (tenant_id, name, email, phone) values ('%s', "
                          "'Eva Keller', 'eva@example.com', '+41791234567') returning id",
                          pg_tenant()));
}
