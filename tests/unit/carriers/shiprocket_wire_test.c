/* What Shiprocket is told of a parcel, and what its answers tell: refusals inside of a 200, numbers
   as texts, empty texts that are none, and what is no answer of theirs. */
#include "carriers/shiprocket_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/json.h"

#include <string.h>

static struct arena *a;

static struct json_object *json(const char *text)
{
    struct json_object *out;
    const char *why;
    assert_int_equal(json_parse(a, str_of(text), &json_request_limits, &out, &why), OK);
    return out;
}

static struct parcel parcel(void)
{
    return (struct parcel){
        "10482-1-06ex4z0q9fk3",
        json(
            "{\"orderNumber\": \"10482\", \"placedAt\": \"2026-03-02T09:58:11Z\", "
            "\"totalMinor\": 149900, \"paymentMethod\": \"cod\", \"pickupOn\": \"2026-03-03\", "
            "\"courierId\": \"10\", \"weightGrams\": 1250, \"lengthMm\": 255, \"breadthMm\": 180, "
            "\"heightMm\": 6, \"recipient\": {\"name\": \"Asha Verma\", \"street\": \"12 Lake "
            "View\", \"postalCode\": \"411001\", \"city\": \"Ünderwood-upon-the-very-long-River\", "
            "\"country\": \"IN\", \"email\": null}, \"items\": [{\"name\": \"Kettle\", \"sku\": "
            "\"\", \"quantity\": 2, \"unitMinor\": 74950}]}")
    };
}

static void the_body_is_in_their_units(void **state)
{
    (void)state;
    const struct parcel p = parcel();
    struct json_object *body = shiprocket_create_body(a, &p);
    assert_string_equal(json_text(body, "order_id"), p.our_ref);
    assert_string_equal(json_text(body, "order_date"), "2026-03-02 09:58");
    assert_string_equal(json_text(body, "billing_city"), "Ünderwood-upon-the-very-long-R");
    assert_string_equal(json_text(body, "billing_email"), "");
    assert_string_equal(json_text(body, "payment_method"), "COD");
    assert_true(json_object_get_double(json_get(body, "weight")) == 1.25);
    assert_true(json_object_get_double(json_get(body, "length")) == 25.5);
    assert_true(json_object_get_double(json_get(body, "height")) == 0.6);
    assert_true(json_object_get_double(json_get(body, "sub_total")) == 1499);
    struct json_object *item = json_object_array_get_idx(json_get(body, "order_items"), 0);
    assert_string_equal(json_text(item, "sku"), "Kettle");
    assert_int_equal(json_object_get_int(json_get(item, "units")), 2);
    assert_true(json_object_get_double(json_get(item, "selling_price")) == 749.5);
}

static void later_calls_name_their_numbers(void **state)
{
    struct buf b = buf_in(a);
    const struct parcel p = parcel();
    const struct parcel_known known = { .order_id = "501234567", .shipment_id = "500111222" };
    (void)state;
    json_write(&b, shiprocket_awb_body(a, &p, &known));
    json_write(&b, shiprocket_pickup_body(a, &p, &known));
    json_write(&b, shiprocket_cancel_body(a, &known));
    assert_string_equal(b.p, "{\"shipment_id\":\"500111222\",\"courier_id\":\"10\"}"
                             "{\"shipment_id\":[500111222],\"pickup_date\":[\"2026-03-03\"]}"
                             "{\"ids\":[501234567]}");
}

static void answers_tell_what_is_known(void **state)
{
    (void)state;
    struct carrier_result r = { .found = false };
    assert_int_equal(shiprocket_created(json("{\"order_id\": 501234567, \"shipment_id\": "
                                             "\"500111222\", \"awb_code\": null}"),
                                        &r),
                     OK);
    assert_string_equal(r.known.order_id, "501234567");
    assert_string_equal(r.known.shipment_id, "500111222");
    assert_null(r.known.tracking_number);
    assert_int_equal(
        shiprocket_assigned(json("{\"awb_assign_status\": 1, \"response\": {\"data\": "
                                 "{\"awb_code\": 29050011223344, \"courier_name\": \"\"}}}"),
                            &r),
        OK);
    assert_string_equal(r.known.tracking_number, "29050011223344");
    assert_null(r.known.courier_name);
    assert_int_equal(
        shiprocket_picked_up(json("{\"pickup_status\": 1, \"response\": "
                                  "{\"pickup_scheduled_date\": \"2026-03-03 09:00:00\"}}"),
                             &r),
        OK);
    assert_string_equal(r.known.pickup_on, "2026-03-03 09:00:00");
}

static void refusals_stand_inside_of_a_200(void **state)
{
    (void)state;
    struct carrier_result r = { .found = false };
    assert_int_equal(shiprocket_assigned(json("{\"awb_assign_status\": 0, \"response\": {\"data\": "
                                              "{\"awb_assign_error\": \"No courier.\"}}}"),
                                         &r),
                     ERR_INVALID);
    assert_string_equal(r.sentence, "No courier.");
    assert_false(r.unknown);
    assert_int_equal(shiprocket_picked_up(json("{\"pickup_status\": 0}"), &r), ERR_INVALID);
    assert_non_null(r.sentence);
}

static void what_is_no_answer_may_have_been_done(void **state)
{
    (void)state;
    static const char *const texts[] = { "{}", "[]", "{\"order_id\": null}",
                                         "{\"message\": \"\"}" };
    enum err (*const readers[])(struct json_object *, struct carrier_result *) = {
        shiprocket_created, shiprocket_assigned, shiprocket_picked_up
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (size_t k = 0; k < 3; k++) {
            struct carrier_result r = { .found = false };
            assert_int_equal(readers[k](json(texts[i]), &r), ERR_RETRY);
            assert_true(r.unknown);
        }
}

static int set_up(void **state)
{
    (void)state;
    a = arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_is_in_their_units),
        cmocka_unit_test(later_calls_name_their_numbers),
        cmocka_unit_test(answers_tell_what_is_known),
        cmocka_unit_test(refusals_stand_inside_of_a_200),
        cmocka_unit_test(what_is_no_answer_may_have_been_done),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
