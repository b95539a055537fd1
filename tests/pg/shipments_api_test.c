/* Shipments over the API and on pages: who may see and move them, and what is refused. */
#include "pg/parcels.h"

static const char *fault_of(const struct answer *a)
{
    struct json_object *errors = json_get(a->json, "errors");
    return json_object_array_length(errors)
               ? json_text(json_object_array_get_idx(errors, 0), "field")
               : NULL;
}

static void bad_input_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *body, *field;
    } cases[] = {
        { "{}", "carrier" },
        { "{\"carrier\": \"a/b\"}", "carrier" },
        { "{\"carrier\": \"dhl\", \"trackingNumber\": \"12;3\"}", "trackingNumber" },
        { "{\"carrier\": \"dhl\", \"promisedOn\": \"2026-02-30\"}", "promisedOn" },
        { "{\"carrier\": \"dhl\", \"purchaseOrderId\": \"x\"}", "purchaseOrderId" },
        { "{\"carrier\": \"dhl\", \"purchaseOrderId\": "
          "\"00000000-0000-7000-8000-000000000000\"}",
          "purchaseOrderId" },
        { "{\"carrier\": \"dhl\", \"weight\": 3}", "weight" },
    };
    char order[40], po[40], id[40];
    long long before = pg_int("select count(*) from shipments");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct answer *a = ask(&agent, "POST", "/api/ship/shipments", cases[i].body);
        assert_int_equal(a->status, 422);
        assert_string_equal(fault_of(a), cases[i].field);
    }
    assert_int_equal(pg_int("select count(*) from shipments"), before);
    order_new(order, po);
    shipment_new(po, id);
    assert_string_equal(fault_of(set(id, "lost")), "status");
    assert_string_equal(fault_of(at(&agent, "POST", id, "/status",
                                    "{\"status\": \"delivered\", \"occurredAt\": \"soon\"}")),
                        "occurredAt");
    assert_string_equal(
        fault_of(at(&agent, "POST", id, "/status",
                    "{\"status\": \"delivered\", \"occurredAt\": \"2999-01-01T00:00:00Z\"}")),
        "occurredAt");
    assert_string_equal(fault_of(at(&agent, "POST", id, "/note", "{\"note\": \" \"}")), "note");
}

static void a_number_is_of_one_shipment(void **state)
{
    (void)state;
    char first[40];
    const struct answer *a = ask(&agent, "POST", "/api/ship/shipments",
                                 "{\"carrier\": \"Swiss Post\", \"trackingNumber\": \"99 60 ab\"}");
    assert_int_equal(a->status, 201);
    keep(first, json_text(a->json, "shipmentId"));
    assert_string_equal(json_text(a->json, "trackingNumber"), "9960AB");
    assert_string_equal(json_text(a->json, "carrier"), "swiss-post");
    assert_string_equal(json_text(a->json, "carrierName"), "Swiss Post");
    assert_true(pg_int("select length(public_token) from shipments where id = '%s'", first) >= 32);
    a = ask(&agent, "POST", "/api/ship/shipments",
            "{\"carrier\": \"swiss post\", \"trackingNumber\": \"9960AB\"}");
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), first));
    a = ask(&agent, "POST", "/api/ship/shipments",
            "{\"carrier\": \"dhl\", \"trackingNumber\": \"9960AB\"}");
    assert_int_equal(a->status, 201);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            ask(&agent, "POST", "/api/ship/shipments", "{\"carrier\": \"dhl\"}")->status, 201);
}

static size_t found(const char *query)
{
    struct call c = viewer;
    c.method = "GET";
    c.path = "/api/ship/shipments";
    c.query = query;
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    return json_object_array_length(json_get(a->json, "shipments"));
}

static void they_are_found_by_their_numbers(void **state)
{
    (void)state;
    char order[40], po[40], id[40], query[80];
    numbers = 7000;
    order_new(order, po);
    shipment_new(po, id);
    (void)set(id, "available_for_pickup");
    assert_int_equal(found("q=T%207002"), 1);
    assert_int_equal(found("q=t700"), 1);
    assert_int_equal(found("q=n-7001"), 1);
    assert_int_equal(found("q=po-70"), 1);
    assert_int_equal(found("q=7002"), 1);
    assert_int_equal(found("q=7003"), 0);
    assert_int_equal(found("q=%25"), 0);
    assert_int_equal(found("q=po-70&status=available_for_pickup"), 1);
    assert_int_equal(found("q=po-70&status=delivered"), 0);
    for (int i = 0; i < 60; i++)
        shipment_new(po, id);
    assert_int_equal(found("q=PO-7001"), 50);
    struct call c = viewer;
    c.method = "GET";
    c.path = "/api/ship/shipments";
    c.query = "q=PO-7001";
    char next[400];
    keep(next, json_text(call(&c)->json, "next"));
    snprintf(query, sizeof(query), "%s", "q=PO-7001&after=");
    char whole[500];
    snprintf(whole, sizeof(whole), "%s%s", query, next);
    assert_int_equal(found(whole), 11);
}

static void a_viewer_sees_it_masked_and_moves_nothing(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    const struct answer *a = at(&viewer, "GET", id, "", NULL);
    assert_string_equal(json_text(json_get(a->json, "customer"), "email"), "e…@example.com");
    assert_string_equal(json_text(json_get(a->json, "customer"), "phone"), "…4567");
    assert_null(strstr(a->body, "Seestrasse"));
    assert_string_equal(json_text(json_get(a->json, "order"), "recipientName"), "Eva Keller");
    a = at(&agent, "GET", id, "", NULL);
    assert_string_equal(json_text(json_get(a->json, "customer"), "email"), "eva@example.com");
    assert_string_equal(json_text(json_get(a->json, "order"), "street"), "Seestrasse 1");
    assert_int_equal(at(&viewer, "POST", id, "/status", "{\"status\": \"delivered\"}")->status,
                     403);
    assert_int_equal(at(&viewer, "POST", id, "/note", "{\"note\": \"x\"}")->status, 403);
    assert_int_equal(ask(&viewer, "POST", "/api/ship/shipments", "{\"carrier\": \"a\"}")->status,
                     403);
}

static void who_sees_some_buildings_sees_none(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    assert_int_equal(ask(&stranger, "GET", "/api/ship/shipments", NULL)->status, 403);
    assert_int_equal(at(&stranger, "GET", id, "", NULL)->status, 403);
    assert_int_equal(at(&stranger, "POST", id, "/status", "{\"status\": \"delivered\"}")->status,
                     403);
    assert_int_equal(ask(&stranger, "GET", "/shipments/table", NULL)->status, 403);
}

static void another_tenants_are_not_there(void **state)
{
    (void)state;
    char other[40], id[40];
    keep(other, pg_sql("insert into tenants (slug, name) values ('other', 'Other') returning id"));
    keep(id, pg_sql("insert into shipments (tenant_id, carrier, public_token) values ('%s', 'dhl', "
                    "'0123456789012345678901') returning id",
                    other));
    assert_int_equal(at(&agent, "GET", id, "", NULL)->status, 404);
    assert_int_equal(set(id, "delivered")->status, 404);
    assert_int_equal(at(&agent, "POST", id, "/note", "{\"note\": \"x\"}")->status, 404);
    assert_int_equal(at(&agent, "GET", "not-an-id", "", NULL)->status, 404);
}

static void a_note_moves_nothing(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    const struct answer *a = at(&agent, "POST", id, "/note", "{\"note\": \"The box is wet.\"}");
    assert_int_equal(a->status, 200);
    struct json_object *first = json_object_array_get_idx(json_get(a->json, "events"), 0);
    assert_string_equal(json_text(first, "sentence"), "The box is wet.");
    assert_string_equal(json_text(first, "type"), "NOTE");
    assert_int_equal(changes(id), 0);
    assert_chained(id);
}

static void pages_show_it(void **state)
{
    (void)state;
    char order[40], po[40], id[40], path[120];
    order_new(order, po);
    shipment_new(po, id);
    const struct shipment_event e = {
        .type = "SCAN",
        .source = "carrier",
        .grade = 'B',
        .claim = PARCEL_OUT_FOR_DELIVERY,
        .sentence = "Out for delivery.",
        .detail = json_own(pg_ctx("track_worker")->arena,
                           json_tokener_parse("{\"rawStatus\": \"<With courier>\"}"))
    };
    (void)append(id, &e, 1);
    snprintf(path, sizeof(path), "/shipments/%s", id);
    const struct answer *a = ask(&viewer, "GET", path, NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "“&lt;With courier&gt;”"));
    assert_null(strstr(a->body, "Set the status"));
    assert_null(strstr(a->body, "Seestrasse"));
    a = ask(&agent, "GET", path, NULL);
    assert_non_null(strstr(a->body, "Set the status"));
    assert_non_null(strstr(ask(&agent, "GET", "/shipments/table", NULL)->body, "Out for delivery"));
    assert_int_equal(ask(&agent, "GET", "/shipments", NULL)->status, 200);
    assert_int_equal(ask(&agent, "GET", "/shipments/new", NULL)->status, 200);
    snprintf(path, sizeof(path), "/shipments/%s/status", id);
    struct call c = agent;
    c.method = "POST";
    c.path = path;
    c.type = "application/x-www-form-urlencoded";
    c.body = "status=in_transit&note=seen+it";
    a = call(&c);
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(a->body, "does not go back"));
    assert_non_null(strstr(a->body, "seen it"));
    c.body = "status=delivered";
    assert_int_equal(call(&c)->status, 303);
    c.path = "/shipments";
    c.body = "carrier=a%2Fb&trackingNumber=123";
    a = call(&c);
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "value=\"123\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_input_is_named),
        cmocka_unit_test(a_number_is_of_one_shipment),
        cmocka_unit_test(they_are_found_by_their_numbers),
        cmocka_unit_test(a_viewer_sees_it_masked_and_moves_nothing),
        cmocka_unit_test(who_sees_some_buildings_sees_none),
        cmocka_unit_test(another_tenants_are_not_there),
        cmocka_unit_test(a_note_moves_nothing),
        cmocka_unit_test(pages_show_it),
    };
    pg_start("shipments_api");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
