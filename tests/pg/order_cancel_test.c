/* Where the parcels of an order are, and cancelling one: what is in the way, and what is left of
 * it. */
#include "pg/parcels.h"

static const struct answer *of_order(const struct call *who, const char *method, const char *id,
                                     const char *rest, const char *body)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/orders/%s%s", id, rest);
    return ask(who, method, path, body);
}

static const struct answer *cancel(const char *id)
{
    return of_order(&agent, "POST", id, "/cancel", "{\"reason\": \"Asked for by phone.\"}");
}

static void tracking_tells_all_parcels(void **state)
{
    (void)state;
    char order[40], po[40], first[40], second[40];
    order_new(order, po);
    const struct answer *a = of_order(&viewer, "GET", order, "/tracking", NULL);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "orderId"), order);
    assert_string_equal(json_text(a->json, "status"), "new");
    assert_int_equal(json_object_array_length(json_get(a->json, "shipments")), 0);
    shipment_new(po, first);
    shipment_new(po, second);
    const struct shipment_event list[] = { scan(PARCEL_IN_TRANSIT, "2026-01-05T09:00:00Z", "a"),
                                           scan(PARCEL_DELIVERED, "2026-01-07T09:00:00Z", "b") };
    (void)append(second, list, 2);
    a = of_order(&viewer, "GET", order, "/tracking", NULL);
    assert_string_equal(json_text(a->json, "status"), "partly_delivered");
    struct json_object *shipments = json_get(a->json, "shipments");
    assert_int_equal(json_object_array_length(shipments), 2);
    struct json_object *one = json_object_array_get_idx(shipments, 0);
    assert_string_equal(json_text(one, "shipmentId"), first);
    assert_int_equal(json_object_array_length(json_get(one, "events")), 1);
    one = json_object_array_get_idx(shipments, 1);
    assert_string_equal(json_text(one, "shipmentId"), second);
    struct json_object *events = json_get(one, "events"), *steps = json_get(one, "milestones");
    assert_int_equal(json_object_array_length(events), 3);
    assert_string_equal(json_text(json_object_array_get_idx(events, 1), "status"), "delivered");
    static const struct {
        const char *name, *at;
    } reached[] = { { "added", NULL },
                    { "in_transit", "2026-01-05T09:00:00.000Z" },
                    { "out_for_delivery", NULL },
                    { "delivered", "2026-01-07T09:00:00.000Z" } };
    for (size_t i = 0; i < 4; i++) {
        struct json_object *step = json_object_array_get_idx(steps, i);
        assert_string_equal(json_text(step, "name"), reached[i].name);
        assert_true(json_object_get_boolean(json_get(step, "reached")));
        if (reached[i].at)
            assert_string_equal(json_text(step, "at"), reached[i].at);
    }
    assert_null(json_text(json_object_array_get_idx(steps, 2), "at"));
    assert_int_equal(of_order(&stranger, "GET", order, "/tracking", NULL)->status, 403);
    assert_int_equal(
        of_order(&viewer, "GET", "00000000-0000-7000-8000-000000000000", "/tracking", NULL)->status,
        404);
    assert_int_equal(of_order(&viewer, "GET", "x", "/tracking", NULL)->status, 404);
}

static void scans(const char *id, int n)
{
    struct shipment_event list[250];
    struct arena *a = pg_ctx("track_worker")->arena;
    for (int i = 0; i < n; i++)
        list[i] =
            scan(PARCEL_IN_TRANSIT, arena_printf(a, "2026-01-05T%02d:%02d:00Z", i / 60, i % 60),
                 arena_printf(a, "%s %d", id, i));
    (void)append(id, list, (size_t)n);
}

/* However much there is to tell, an answer has its bounds and says what it leaves out. */
static void tracking_is_bounded(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    scans(id, 250);
    struct json_object *d = of_order(&viewer, "GET", order, "/tracking", NULL)->json;
    struct json_object *one = json_object_array_get_idx(json_get(d, "shipments"), 0);
    struct json_object *events = json_get(one, "events");
    assert_int_equal(json_object_array_length(events), 200);
    assert_true(json_object_get_boolean(json_get(one, "moreEvents")));
    assert_int_equal(json_object_get_int(json_get(one, "eventCount")), 251);
    assert_int_equal(json_object_get_int(json_get(json_object_array_get_idx(events, 0), "seq")),
                     251);
    for (int i = 0; i < 9; i++)
        shipment_new(po, id);
    scans(id, 99);
    d = of_order(&viewer, "GET", order, "/tracking", NULL)->json;
    struct json_object *shipments = json_get(d, "shipments");
    assert_false(json_object_get_boolean(json_get(d, "moreShipments")));
    one = json_object_array_get_idx(shipments, 0);
    assert_int_equal(json_object_array_length(json_get(one, "events")), 100);
    one = json_object_array_get_idx(shipments, 9);
    assert_int_equal(json_object_array_length(json_get(one, "events")), 100);
    assert_false(json_object_get_boolean(json_get(one, "moreEvents")));
    (void)pg_sql(
        "insert into shipments (tenant_id, purchase_order_id, carrier, public_token) select "
        "'%s', '%s', 'dhl', 'many-0123456789012345678-' || i from generate_series(1, 191) i",
        pg_tenant(), po);
    d = of_order(&viewer, "GET", order, "/tracking", NULL)->json;
    shipments = json_get(d, "shipments");
    assert_true(json_object_get_boolean(json_get(d, "moreShipments")));
    assert_int_equal(json_object_array_length(shipments), 200);
    one = json_object_array_get_idx(shipments, 0);
    assert_int_equal(json_object_array_length(json_get(one, "events")), 5);
}

static void one_without_parcels_is_cancelled_once(void **state)
{
    (void)state;
    char order[40], po[40], body[120];
    order_new(order, po);
    assert_int_equal(of_order(&viewer, "POST", order, "/cancel", "{}")->status, 403);
    const struct answer *a = cancel(order);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "status"), "cancelled");
    assert_non_null(json_text(a->json, "cancelledAt"));
    assert_int_equal(pg_int("select count(*) from audit_history where entity_id = '%s' and action "
                            "= 'order.cancelled' and after ->> 'reason' = 'Asked for by phone.'",
                            order),
                     1);
    assert_int_equal(
        pg_int("select count(*) from customer_notifications where order_id = '%s'", order), 0);
    a = cancel(order);
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "was cancelled before"));
    snprintf(body, sizeof(body), "{\"purchaseOrderId\": \"%s\", \"carrier\": \"dhl\"}", po);
    a = ask(&agent, "POST", "/api/ship/shipments", body);
    assert_int_equal(a->status, 422);
    assert_string_equal(
        json_text(json_object_array_get_idx(json_get(a->json, "errors"), 0), "field"),
        "purchaseOrderId");
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s'", po),
                     0);
    assert_int_equal(of_order(&agent, "POST", order, "/deliveries",
                              "{\"weightGrams\": 500, \"lengthMm\": 200, \"breadthMm\": 100, "
                              "\"heightMm\": 50}")
                         ->status,
                     409);
    assert_int_equal(cancel("00000000-0000-7000-8000-000000000000")->status, 404);
}

static void a_live_parcel_is_in_the_way(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    static const char *const statuses[] = { "pending", "in_transit", "exception", "delivered",
                                            "returned" };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        order_new(order, po);
        shipment_new(po, id);
        if (i)
            assert_int_equal(set(id, statuses[i])->status, 200);
        const struct answer *a = cancel(order);
        assert_int_equal(a->status, 409);
        assert_non_null(strstr(json_text(a->json, "detail"), "Its parcel T"));
        assert_int_equal(
            pg_int("select count(*) from orders where id = '%s' and cancelled_at is null", order),
            1);
    }
    order_new(order, po);
    shipment_new(po, id);
    assert_int_equal(set(id, "cancelled")->status, 200);
    assert_string_equal(json_text(cancel(order)->json, "status"), "cancelled");
}

static void a_delivery_is_in_the_way(void **state)
{
    (void)state;
    char order[40], po[40];
    static const char *const states[] = { "running", "waiting", "failed" };
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        order_new(order, po);
        (void)pg_sql("insert into delivery_reservations (tenant_id, order_id, parcel, "
                     "purchase_order_id, carrier, dry_run, our_ref, asked, request, state) values "
                     "('%s', '%s', 3, '%s', 'shiprocket', true, 'REF-%zu', '{}', '{}', '%s') "
                     "returning id",
                     pg_tenant(), order, po, i, states[i]);
        const struct answer *a = cancel(order);
        assert_int_equal(a->status, 409);
        assert_non_null(strstr(json_text(a->json, "detail"), "Its parcel 3 is being handed"));
        (void)pg_sql("update delivery_reservations set state = 'cancelled' where order_id = '%s' "
                     "returning id",
                     order);
        assert_int_equal(cancel(order)->status, 200);
    }
}

static void the_page_cancels_and_tells_why_not(void **state)
{
    (void)state;
    char order[40], po[40], id[40], path[120];
    order_new(order, po);
    shipment_new(po, id);
    snprintf(path, sizeof(path), "/orders/%s/cancel", order);
    struct call c = agent;
    c.method = "POST";
    c.path = path;
    c.type = "application/x-www-form-urlencoded";
    c.body = "reason=Kept+words";
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(a->body, "Its parcel T"));
    assert_non_null(strstr(a->body, "Kept words"));
    assert_int_equal(set(id, "cancelled")->status, 200);
    assert_int_equal(call(&c)->status, 303);
    snprintf(path, sizeof(path), "/orders/%s", order);
    a = ask(&agent, "GET", path, NULL);
    assert_null(strstr(a->body, "Cancel the order"));
    assert_non_null(strstr(a->body, "Cancelled <time"));
}

static void a_free_order_says_so(void **state)
{
    (void)state;
    static const char order[] =
        "{\"number\": \"FREE-%d\", \"customer\": {\"name\": \"Eva\"}, \"items\": [{\"name\": "
        "\"Spare part\", \"quantity\": 1, \"unitMinor\": 900, \"taxMinor\": 70}], \"shipTo\": "
        "{\"country\": \"CH\"}%s}";
    static const struct {
        const char *more;
        int total, tax;
    } cases[] = { { "", 970, 70 },
                  { ", \"totalMinor\": 0", 0, 70 },
                  { ", \"totalMinor\": 0, \"taxMinor\": 0", 0, 0 },
                  { ", \"taxMinor\": 0", 900, 0 },
                  { ", \"totalMinor\": 500", 500, 70 } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[500];
        snprintf(body, sizeof(body), order, (int)i, cases[i].more);
        const struct answer *a = ask(&agent, "POST", "/api/orders", body);
        assert_int_equal(a->status, 201);
        assert_int_equal(json_object_get_int64(json_get(a->json, "totalMinor")), cases[i].total);
        assert_int_equal(json_object_get_int64(json_get(a->json, "taxMinor")), cases[i].tax);
    }
}

static size_t orders_found(const char *q)
{
    struct call c = viewer;
    char query[200];
    snprintf(query, sizeof(query), "q=%s", q);
    c.method = "GET";
    c.path = "/api/orders";
    c.query = query;
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    return json_object_array_length(json_get(a->json, "orders"));
}

static size_t purchase_orders_found(const char *q)
{
    struct call c = viewer;
    char query[200];
    snprintf(query, sizeof(query), "q=%s", q);
    c.method = "GET";
    c.path = "/api/purchase-orders";
    c.query = query;
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    return json_object_array_length(json_get(a->json, "purchaseOrders"));
}

/* Few are found by an index, many among the newest: the same either way. */
static void searches_find_few_and_many(void **state)
{
    (void)state;
    (void)pg_sql(
        "with o as (insert into orders (tenant_id, number, customer_id, recipient_name, country, "
        "placed_at) select '%s', 'BULK-' || i, '%s', case when i = 77 then 'Jürg Quendel-Frei' "
        "else 'Common Name' end, 'CH', now() - i * interval '1 hour' from generate_series(1, 3000) "
        "i returning *) insert into purchase_orders (tenant_id, number, supplier, order_id) select "
        "tenant_id, 'PB-' || number, case when number = 'BULK-78' then 'Zaunkönig AG' else 'Many "
        "GmbH' end, id from o returning id",
        pg_tenant(), customer);
    assert_int_equal(orders_found("quendel"), 1);
    assert_int_equal(orders_found("frei+juerg"), 1);
    assert_int_equal(orders_found("bulk-77+quendel"), 1);
    assert_int_equal(orders_found("name+quendel"), 0);
    assert_int_equal(orders_found("common+name"), 50);
    assert_int_equal(orders_found("qu"), 1);
    assert_int_equal(orders_found("ue"), 0);
    assert_int_equal(orders_found("bulk-2999"), 1);
    assert_int_equal(orders_found("pb-bulk-2998"), 1);
    assert_int_equal(orders_found("%25"), 0);
    assert_int_equal(purchase_orders_found("zaunk"), 1);
    assert_int_equal(purchase_orders_found("ZAUNK%C3%96"), 1);
    assert_int_equal(purchase_orders_found("pb-bulk-299"), 11);
    assert_int_equal(purchase_orders_found("many"), 50);
    assert_int_equal(purchase_orders_found("aunk"), 0);
    assert_int_equal(purchase_orders_found("%25"), 0);
    assert_string_equal(pg_sql("select many from orders_found('common')"), "t");
    assert_string_equal(pg_sql("select many from purchase_orders_found('many')"), "t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tracking_tells_all_parcels),
        cmocka_unit_test(tracking_is_bounded),
        cmocka_unit_test(one_without_parcels_is_cancelled_once),
        cmocka_unit_test(a_live_parcel_is_in_the_way),
        cmocka_unit_test(a_delivery_is_in_the_way),
        cmocka_unit_test(the_page_cancels_and_tells_why_not),
        cmocka_unit_test(a_free_order_says_so),
        cmocka_unit_test(searches_find_few_and_many),
    };
    pg_start("order_cancel");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
