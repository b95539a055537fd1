/* How a team is told: one change, many, a dry run, a test; and the JSON of a webhook. */
#include "unit/samples.h"

#include "base/json.h"
#include "notify/team.h"

#include <string.h>

static struct team_words words(const char *changes)
{
    struct json_object *list;
    const char *why;
    assert_int_equal(json_parse(a, str_of(changes), &json_request_limits, &list, &why), OK);
    return (struct team_words){
        .rule = "Trouble", .tenant = "Acme", .url = "https://track.example", .changes = list
    };
}

#define ONE                                                                                        \
    "{\"shipmentId\":\"s1\",\"orderNumber\":\"10482\",\"shop\":\"Basel\",\"carrier\":\"Die "       \
    "Post\",\"trackingNumber\":\"QX48\",\"status\":\"out_for_delivery\",\"statusBefore\":\"in_"    \
    "transit\",\"occurredAt\":\"2026-05-12T08:04:00Z\",\"when\":\"12 May 10:04\",\"dryRun\":"      \
    "false}"
#define BARE                                                                                       \
    "{\"shipmentId\":\"s2\",\"orderNumber\":null,\"shop\":null,\"carrier\":\"post\","              \
    "\"trackingNumber\":null,\"status\":\"silent\",\"statusBefore\":null,\"occurredAt\":null,"     \
    "\"when\":null,\"dryRun\":true}"

static void one_change(void **state)
{
    (void)state;
    const struct team_words w = words("[" ONE "]");
    assert_string_equal(team_subject(a, &w), "Order 10482: out for delivery");
    assert_string_equal(team_text(a, &w),
                        "Order 10482 (Basel): out for delivery, was in transit. Die Post QX48, 12 "
                        "May 10:04.\nhttps://track.example/shipments/s1\n");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    const struct team_words w = words("[" BARE "]");
    assert_string_equal(team_subject(a, &w),
                        "[Dry run] A parcel without a number: no scan for longer than usual");
    assert_string_equal(team_text(a, &w),
                        "[Dry run] A parcel without a number: no scan for longer than usual. "
                        "post.\nhttps://track.example/shipments/s2\n");
}

static void many_are_cut_and_counted(void **state)
{
    (void)state;
    struct buf list = buf_in(a);
    for (int i = 0; i < 33; i++)
        buf_printf(&list, "%s%s", i ? "," : "[", ONE);
    buf_putc(&list, ']');
    const struct team_words w = words(list.p);
    assert_string_equal(team_subject(a, &w), "33 changes of parcels");
    assert_non_null(strstr(team_text(a, &w), "And 3 more: https://track.example/shipments\n"));
}

static void a_test_says_so(void **state)
{
    (void)state;
    struct team_words w = words("[]");
    w.test = true;
    assert_string_equal(team_subject(a, &w), "Test of “Trouble”");
    assert_non_null(strstr(team_text(a, &w), "This is a test of the rule “Trouble” of Acme"));
    assert_string_equal(team_payload(a, &w, "2026-05-12T08:05:00Z").p,
                        "{\"type\":\"shipment.status_changed\",\"timestamp\":\"2026-05-12T08:05:"
                        "00Z\",\"data\":{\"rule\":\"Trouble\",\"test\":true,\"changes\":[]}}");
}

static void a_webhook_of_forty_stays_below_20_kB(void **state)
{
    (void)state;
    struct buf list = buf_in(a);
    for (int i = 0; i < 40; i++)
        buf_printf(&list, "%s%s", i ? "," : "[", ONE);
    buf_putc(&list, ']');
    const struct team_words w = words(list.p);
    struct str body = team_payload(a, &w, "2026-05-12T08:05:00Z");
    assert_true(body.n < 20000);
    assert_non_null(strstr(body.p, "\"orderNumber\":\"10482\""));
    assert_null(strstr(body.p, "\"when\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_change),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(many_are_cut_and_counted),
        cmocka_unit_test(a_test_says_so),
        cmocka_unit_test(a_webhook_of_forty_stays_below_20_kB),
    };
    return cmocka_run_group_tests(tests, start, end);
}
