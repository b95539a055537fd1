/* What a simulated Shiprocket is asked of a shipment: documents kept as files of ours, what may not
   be done twice done once, and the reason where it cannot be asked. */
#include "pg/shiprocket.h"

#define ADDRESS                                                                                    \
    "{\"returnName\": \"Acme\", \"returnStreet\": \"1 Dock Road\", \"returnPostalCode\": "         \
    "\"560001\", \"returnCity\": \"Bengaluru\", \"returnRegion\": \"Karnataka\", "                 \
    "\"returnCountry\": \"India\", \"returnPhone\": \"9876543210\"}"

static char shipment[40];
static const char *awb;

/* Each test has a parcel of its own, which nobody has seen. */
static int handed_over(void **state)
{
    fresh(state);
    awb = shipped(shipment);
    return 0;
}

static const struct answer *ask_for(const char *act, const char *body)
{
    return at(&agent, "POST", shipment, arena_printf(c->arena, "/%s", act), body ? body : "{}");
}

/* The act after its time, whatever becomes of it. */
static struct json_object *settled(const char *act, const char *body)
{
    const struct answer *a = ask_for(act, body);
    assert_int_equal(a->status, 202);
    const char *id = arena_strdup(c->arena, json_text(a->json, "actId"));
    for (int i = 0; i < 14; i++) {
        work_now();
        pg_clock_shift(4000 * (i + 1));
        pg_sql("delete from circuit_breakers");
        a = at(&viewer, "GET", shipment, arena_printf(c->arena, "/acts/%s", id), NULL);
        if (strcmp(json_text(a->json, "state"), "waiting") != 0)
            break;
    }
    pg_clock_shift(0);
    return json_own(c->arena, json_object_get(a->json));
}

static const char *last_event(const char *column)
{
    return pg_sql("select %s from shipment_events where shipment_id = '%s' order by seq desc limit "
                  "1",
                  column, shipment);
}

static int calls_of(const char *path)
{
    return json_object_get_int(json_get(json_get(control("state", NULL), "calls"), path));
}

static void set_status(const char *status)
{
    control("status", arena_printf(c->arena, "{\"awb\":\"%s\",\"id\":%s}", awb, status));
}

static void document_is(const char *act, const char *type, const char *words)
{
    struct json_object *d = settled(act, NULL);
    assert_string_equal(json_text(d, "state"), "done");
    assert_non_null(strstr(json_text(d, "sentence"), words));
    assert_string_equal(last_event("type"), type);
    const char *link = json_text(d, "document");
    assert_memory_equal(link, "/api/ship/shipments/", 20);
    const struct answer *file = ask(&agent, "GET", link, NULL);
    assert_int_equal(file->status, 200);
    assert_non_null(answer_header("X-Accel-Redirect"));
    assert_string_equal(answer_header("Content-Type"), "application/pdf");
    assert_int_equal(ask(&viewer, "GET", link, NULL)->status, 403);
    assert_int_equal(ask(&stranger, "GET", link, NULL)->status, 403);
}

static void documents_are_kept_here(void **state)
{
    (void)state;
    document_is("label", "LABEL_MADE", "label");
    document_is("invoice", "CARRIER_ACTION", "invoice");
    document_is("manifest", "CARRIER_ACTION", "manifest");
    document_is("manifest", "CARRIER_ACTION", "manifest"); /* printed again */
    assert_int_equal(calls_of("/manifests/print") > 0, 1);
    assert_chained(shipment);
    /* The carrier's own addresses of them are given to nobody. */
    const struct answer *a = at(&agent, "GET", shipment, "", NULL);
    assert_null(strstr(a->body, "/files/"));
    assert_null(strstr(at(&agent, "GET", shipment, "/acts", NULL)->body, "/files/"));
    assert_int_equal(pg_int("select count(*) from shipment_acts where shipment_acts::text like "
                            "'%%/files/%%'"),
                     0);
    assert_int_equal(pg_int("select count(*) from http_calls where url like '%%/files/%%'"), 0);
}

static void what_is_no_document_is_none(void **state)
{
    (void)state;
    control("faults", "{\"fileHtml\":1,\"fileGone\":1}");
    struct json_object *d = settled("label", NULL); /* the third try gets it */
    assert_string_equal(json_text(d, "state"), "done");
    control("faults", "{\"fileHtml\":100}");
    d = settled("invoice", NULL);
    assert_string_equal(json_text(d, "state"), "failed");
    assert_null(json_text(d, "document"));
    assert_non_null(strstr(json_text(d, "sentence"), "is none"));
    assert_non_null(strstr(last_event("sentence"), "is none"));
    const char *path = arena_printf(c->arena, "/acts/%s/document", json_text(d, "actId"));
    assert_int_equal(at(&agent, "GET", shipment, path, NULL)->status, 404);
}

static void one_that_waits_is_not_asked_for_twice(void **state)
{
    (void)state;
    char id[40];
    keep(id, json_text(ask_for("label", NULL)->json, "actId"));
    assert_string_equal(json_text(ask_for("label", NULL)->json, "actId"), id);
    assert_int_equal(
        pg_int("select count(*) from jobs where kind = 'ship.carrier_act' and unique_key = '%s'",
               id),
        1);
    int before = calls_of("/courier/generate/label");
    work_now();
    assert_int_equal(calls_of("/courier/generate/label"), before + 1);
}

/* Workers died with it until its job was given up: who asks again has it go on. */
static void one_given_up_is_asked_for_again(void **state)
{
    (void)state;
    char id[40];
    keep(id, json_text(ask_for("label", NULL)->json, "actId"));
    (void)pg_sql("update jobs set state = 'parked' where kind = 'ship.carrier_act' and "
                 "unique_key = '%s' returning id",
                 id);
    assert_string_equal(json_text(ask_for("label", NULL)->json, "actId"), id);
    work_now();
    assert_string_equal(pg_sql("select state from shipment_acts where id = '%s'", id), "done");
}

static void it_is_taken_back(void **state)
{
    (void)state;
    struct json_object *d = settled("cancel", NULL);
    assert_string_equal(json_text(d, "state"), "done");
    assert_string_equal(pg_sql("select status from shipments where id = '%s'", shipment),
                        "cancelled");
    assert_string_equal(last_event("type"), "CANCELLED");
    assert_int_equal(ask_for("cancel", NULL)->status, 409);
    assert_int_equal(ask_for("label", NULL)->status, 409);
    assert_chained(shipment);
    /* And is handed over anew, as another one there. */
    char order[40], old[40];
    keep(old, shipment);
    keep(order, pg_sql("select order_id from delivery_reservations where shipment_id = '%s'", old));
    d = ended(deliver(order, ""));
    assert_string_equal(json_text(d, "state"), "saved");
    assert_string_not_equal(json_text(d, "shipmentId"), old);
    assert_string_not_equal(json_text(d, "trackingNumber"), awb);
}

/* The carrier tells that it was cancelled there: by an answer to who asks. */
static void one_cancelled_there_is_handed_over_anew(void **state)
{
    char order[40];
    (void)state;
    control("scan", arena_printf(c->arena, "{\"awb\":\"%s\",\"id\":8}", awb));
    pg_sql("insert into jobs (tenant_id, kind, queue, args) values ('%s', 'ship.reconcile', "
           "'carrier', '{\"accountId\": \"%s\"}') returning id",
           pg_tenant(), account);
    work_now();
    assert_string_equal(pg_sql("select status from shipments where id = '%s'", shipment),
                        "cancelled");
    keep(order,
         pg_sql("select order_id from delivery_reservations where shipment_id = '%s'", shipment));
    assert_string_equal(json_text(ended(deliver(order, "")), "state"), "saved");
}

/* The carrier refuses it: told, and the shipment stands where it stood. */
static void one_on_its_way_is_not(void **state)
{
    (void)state;
    set_status("42");
    struct json_object *d = settled("cancel", NULL);
    assert_string_equal(json_text(d, "state"), "failed");
    assert_non_null(strstr(json_text(d, "sentence"), "picked up"));
    assert_string_equal(json_text(d, "code"), "HTTP 400");
    assert_string_equal(pg_sql("select status from shipments where id = '%s'", shipment),
                        "info_received");
    assert_int_equal(set(shipment, "in_transit")->status, 200);
    const struct answer *a = ask_for("cancel", NULL);
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "on its way"));
}

static void a_pickup_is_planned_once(void **state)
{
    (void)state;
    struct json_object *d = settled("pickup", NULL);
    assert_string_equal(json_text(d, "state"), "done"); /* it was by the delivery: found */
    assert_non_null(json_text(json_get(d, "result"), "pickupToken"));
    const char *day = arena_printf(c->arena, "{\"pickupOn\": \"%.10s\"}",
                                   json_text(json_get(d, "result"), "pickupOn"));
    d = settled("pickup", day);
    assert_string_equal(json_text(d, "state"), "done");
    const struct answer *a = ask_for("pickup", "{\"pickupOn\": \"soon\"}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "pickupOn"));
}

/* The one of another day is not what was asked for: neither where that is refused, nor where its
   answer was lost. */
static void a_pickup_of_another_day_is_not_the_one(void **state)
{
    (void)state;
    struct json_object *d = settled("pickup", "{\"pickupOn\": \"2026-06-01\"}");
    assert_string_equal(json_text(d, "state"), "failed");
    assert_non_null(strstr(json_text(d, "sentence"), "Already in Pickup Queue"));
    assert_non_null(strstr(json_text(d, "sentence"), "It is picked up on 20"));
    control("faults", "{\"drop\":1}");
    d = settled("pickup", "{\"pickupOn\": \"2026-06-02\"}");
    assert_string_equal(json_text(d, "state"), "unknown");
    assert_non_null(strstr(json_text(d, "sentence"), "look in its own pages"));
    assert_int_equal(pg_int("select count(*) from shipment_events where shipment_id = '%s' and "
                            "type = 'PICKUP_SCHEDULED'",
                            shipment),
                     1);
}

static int returns_of(void)
{
    int n = 0;
    struct json_object *all = json_get(control("state", NULL), "orders");
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *one = json_object_array_get_idx(all, i);
        n += strcmp(json_text(one, "status"), "RETURN PENDING") == 0;
    }
    return n;
}

/* Lost answers and faults: one return, found again by its reference. */
static void a_return_is_made_once_whatever_happens(void **state)
{
    static const char *const faults[] = { "late", "drop", "garbage", "throttle", "fail" };
    (void)state;
    assert_int_equal(ask_for("return", NULL)->status, 409); /* it is not delivered */
    assert_int_equal(set(shipment, "in_transit")->status, 200);
    assert_int_equal(set(shipment, "delivered")->status, 200);
    const struct answer *a = ask_for("return", NULL);
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "returnName"));
    set_account(ADDRESS, "{}");
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        int before = returns_of();
        control("faults", arena_printf(c->arena, "{\"%s\":1}", faults[i]));
        struct json_object *d = settled("return", NULL);
        assert_string_equal(json_text(d, "state"), "done");
        assert_int_equal(returns_of(), before + 1);
        assert_non_null(json_text(json_get(d, "result"), "carrierOrderId"));
    }
    struct json_object *all = json_get(control("state", NULL), "orders");
    struct json_object *made =
        json_get(json_object_array_get_idx(all, json_object_array_length(all) - 1), "request");
    assert_string_equal(json_text(made, "pickup_pincode"), "8002");
    assert_string_equal(json_text(made, "shipping_pincode"), "560001");
    assert_chained(shipment);
}

static int delivered_back(void **state)
{
    handed_over(state);
    set_account(ADDRESS, "{}");
    assert_int_equal(set(shipment, "in_transit")->status, 200);
    assert_int_equal(set(shipment, "delivered")->status, 200);
    return 0;
}

/* A carrier that lists what it has done a little later, and that would do it twice. */
static void a_return_that_is_listed_late_is_not_made_again(void **state)
{
    (void)state;
    int before = returns_of();
    control("faults", "{\"sameReturns\":1,\"late\":1,\"lateList\":4}"); /* two lists a look */
    struct json_object *d = settled("return", NULL);
    assert_string_equal(json_text(d, "state"), "done");
    assert_int_equal(returns_of(), before + 1);
    assert_int_equal(calls_of("/orders/create/return") > 0, 1);
}

/* The carrier cannot be asked: nothing is repeated, not by itself nor by who asks for it again, for
   then it is looked for before. */
static void a_return_of_unknown_outcome_stays_so(void **state)
{
    static const char *const faults[] = { "garbageList", "goneList" };
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        int before = returns_of(), calls = calls_of("/orders/create/return");
        control("faults",
                arena_printf(c->arena, "{\"sameReturns\":1,\"drop\":1,\"%s\":100}", faults[i]));
        struct json_object *d = settled("return", NULL);
        assert_string_equal(json_text(d, "state"), "unknown");
        assert_non_null(strstr(json_text(d, "sentence"), "look in its own pages"));
        assert_string_equal(last_event("type"), "CARRIER_ACTION");
        assert_non_null(strstr(last_event("sentence"), "look in its own pages"));
        assert_int_equal(returns_of(), before + 1);
        control("faults", arena_printf(c->arena, "{\"%s\":0}", faults[i]));
        struct json_object *again = settled("return", NULL);
        assert_string_equal(json_text(again, "state"), "done");
        assert_string_not_equal(json_text(again, "actId"), json_text(d, "actId"));
        assert_non_null(json_text(json_get(again, "result"), "carrierShipmentId"));
        assert_int_equal(returns_of(), before + 1);
        assert_int_equal(calls_of("/orders/create/return"), calls + 1);
    }
}

/* It is refused as done before, and not listed: who asked is told to look. */
static void a_return_that_is_refused_as_a_repeat_is_unknown(void **state)
{
    (void)state;
    int before = returns_of();
    control("faults", "{\"late\":1,\"lateList\":100}");
    struct json_object *d = settled("return", NULL);
    assert_string_equal(json_text(d, "state"), "unknown");
    assert_non_null(strstr(json_text(d, "sentence"), "already been taken"));
    assert_int_equal(returns_of(), before + 1);
}

/* What its recipient's address was is forgotten: said before anybody is asked. */
static void a_return_without_an_address_is_not_asked_for(void **state)
{
    (void)state;
    int calls = calls_of("/orders/create/return");
    pg_sql("update delivery_reservations set request = '{}' where shipment_id = '%s' returning 1",
           shipment);
    const struct answer *a = ask_for("return", NULL);
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "retention"));
    assert_int_equal(calls_of("/orders/create/return"), calls);
}

/* Whether an answer to a parcel that was not delivered arrived cannot be looked up: it is said, and
   not told twice. */
static void an_answer_that_is_lost_is_not_told_twice(void **state)
{
    (void)state;
    assert_int_equal(ask_for("ndr", "{\"action\": \"re-attempt\"}")->status, 409);
    set_status("21");
    assert_int_equal(set(shipment, "in_transit")->status, 200);
    assert_int_equal(set(shipment, "failed_attempt")->status, 200);
    assert_int_equal(ask_for("ndr", "{\"action\": \"burn\"}")->status, 422);
    struct json_object *d =
        settled("ndr", "{\"action\": \"re-attempt\", \"comments\": \"Ring twice\", \"deferredOn\": "
                       "\"2026-06-02\"}");
    assert_string_equal(json_text(d, "state"), "done");
    struct json_object *told_there =
        json_object_array_get_idx(json_get(control("state", NULL), "ndr"), 0);
    assert_string_equal(json_text(told_there, "deferred_date"), "2026-06-02");
    assert_int_equal(pg_int("select count(*) from shipments where id = '%s' and attention <> "
                            "'act_now' and answered_at is not null",
                            shipment),
                     1);
    control("faults", "{\"drop\":1}");
    d = settled("ndr", "{\"action\": \"return\"}");
    assert_string_equal(json_text(d, "state"), "unknown");
    assert_non_null(strstr(json_text(d, "sentence"), "No answer came"));
    assert_int_equal(json_object_array_length(json_get(control("state", NULL), "ndr")), 2);
}

static void couriers_are_listed(void **state)
{
    (void)state;
    assert_int_equal(ask_for("serviceability", NULL)->status, 422); /* from where? */
    struct json_object *d = settled("serviceability", "{\"pickupPostalCode\": \"560001\"}");
    assert_string_equal(json_text(d, "state"), "done");
    struct json_object *couriers = json_get(json_get(d, "result"), "couriers");
    assert_int_equal(json_object_array_length(couriers), 2);
    assert_string_equal(json_text(json_object_array_get_idx(couriers, 0), "courierName"),
                        "Delhivery Surface");
    pg_sql(
        "update delivery_reservations set request = jsonb_set(request, '{recipient,postalCode}', "
        "'\"999998\"') where shipment_id = '%s' returning 1",
        shipment);
    d = settled("serviceability", "{\"pickupPostalCode\": \"560001\"}");
    assert_string_equal(json_text(d, "state"), "done");
    assert_int_equal(json_object_array_length(json_get(json_get(d, "result"), "couriers")), 0);
}

static void who_cannot_be_asked_says_why(void **state)
{
    char order[40], po[40], own[40];
    (void)state;
    order_new(order, po);
    shipment_new(po, own); /* of DHL */
    const struct answer *a = at(&agent, "POST", own, "/label", "{}");
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "no carrier that this server calls"));
    keep(own, pg_sql("insert into shipments (tenant_id, purchase_order_id, carrier, "
                     "tracking_number, public_token) values ('%s', '%s', 'shiprocket', 'BYHAND', "
                     "'a-token-of-a-parcel-by-hand') returning id",
                     pg_tenant(), po));
    a = at(&agent, "POST", own, "/label", "{}");
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "not handed over from here"));
    pg_sql("update shipments set dry_run = true where id = '%s' returning 1", own);
    a = at(&agent, "POST", own, "/label", "{}");
    assert_non_null(strstr(json_text(a->json, "detail"), "dry run"));
    assert_int_equal(at(&viewer, "POST", shipment, "/label", "{}")->status, 403);
    pg_sql("update provider_accounts set enabled = false returning id");
    a = ask_for("label", NULL);
    pg_sql("update provider_accounts set enabled = true returning id");
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "is off"));
    pg_settings()->carrier_dry_run = true;
    int before = calls_of("/courier/generate/label");
    struct json_object *d = settled("label", NULL);
    pg_settings()->carrier_dry_run = false;
    assert_string_equal(json_text(d, "state"), "failed");
    assert_non_null(strstr(json_text(d, "sentence"), "TRACK_CARRIER_DRY_RUN"));
    assert_int_equal(calls_of("/courier/generate/label"), before);
}

static size_t orders_there(void)
{
    return json_object_array_length(json_get(control("state", NULL), "orders"));
}

/* Reserved before it became a dry run: the carrier is not called, and later it goes on. */
static void nothing_is_handed_over_in_a_dry_run(void **state)
{
    char order[40], po[40], path[120];
    (void)state;
    order_new(order, po);
    size_t before = orders_there();
    const char *id = deliver(order, "");
    pg_settings()->carrier_dry_run = true;
    struct json_object *d = ended(id);
    pg_settings()->carrier_dry_run = false;
    assert_string_equal(json_text(d, "state"), "failed");
    assert_int_equal(orders_there(), before);
    struct json_object *why = json_object_array_get_idx(json_get(d, "failures"), 0);
    assert_non_null(strstr(json_text(why, "sentence"), "TRACK_CARRIER_DRY_RUN"));
    snprintf(path, sizeof(path), "/api/deliveries/%s/retry", id);
    assert_int_equal(ask(&agent, "POST", path, "{}")->status, 202);
    assert_string_equal(json_text(ended(id), "state"), "saved");
    assert_int_equal(orders_there(), before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(documents_are_kept_here, handed_over),
        cmocka_unit_test_setup(what_is_no_document_is_none, handed_over),
        cmocka_unit_test_setup(one_that_waits_is_not_asked_for_twice, handed_over),
        cmocka_unit_test_setup(one_given_up_is_asked_for_again, handed_over),
        cmocka_unit_test_setup(it_is_taken_back, handed_over),
        cmocka_unit_test_setup(one_cancelled_there_is_handed_over_anew, handed_over),
        cmocka_unit_test_setup(one_on_its_way_is_not, handed_over),
        cmocka_unit_test_setup(a_pickup_is_planned_once, handed_over),
        cmocka_unit_test_setup(a_pickup_of_another_day_is_not_the_one, handed_over),
        cmocka_unit_test_setup(a_return_is_made_once_whatever_happens, handed_over),
        cmocka_unit_test_setup(a_return_that_is_listed_late_is_not_made_again, delivered_back),
        cmocka_unit_test_setup(a_return_of_unknown_outcome_stays_so, delivered_back),
        cmocka_unit_test_setup(a_return_that_is_refused_as_a_repeat_is_unknown, delivered_back),
        cmocka_unit_test_setup(a_return_without_an_address_is_not_asked_for, delivered_back),
        cmocka_unit_test_setup(an_answer_that_is_lost_is_not_told_twice, handed_over),
        cmocka_unit_test_setup(couriers_are_listed, handed_over),
        cmocka_unit_test_setup(who_cannot_be_asked_says_why, handed_over),
        cmocka_unit_test_setup(nothing_is_handed_over_in_a_dry_run, fresh),
    };
    start("carriers_acts");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
