/* The callback of any carrier: what is read, and what is wrong with which field. */
#include "unit/samples.h"

#include "base/json.h"
#include "carriers/generic.h"

#include <string.h>

static struct parcel_news read_it(const char *body)
{
    struct parcel_news news = { 0 };
    struct callback_fault fault = { 0 };
    if (callback_read(a, str_of(body), 60, "alpine-post", &news, &fault) != OK)
        fail_msg("%s %s", fault.field, fault.message);
    return news;
}

static void a_whole_one(void **state)
{
    (void)state;
    const struct parcel_news news = read_it(
        "{\"trackingNumber\":\"ap 99 1234\",\"reference\":\"10482\",\"signedBy\":\"M. Meier\","
        "\"estimatedDelivery\":\"2026-03-06\",\"new\":{\"unknown\":1},\"events\":["
        "{\"id\":\"2\",\"status\":\"delivered\",\"occurredAt\":\"2026-03-05T10:00:00+01:00\","
        "\"location\":\"Chur\"},"
        "{\"id\":\"1\",\"status\":\"in_transit\",\"text\":\"On the "
        "train\",\"occurredAt\":\"2026-03-05T07:00\"},"
        "{\"code\":\"X7\",\"occurredAt\":\"2026-03-04\"}]}");
    assert_string_equal(news.tracking_number, "AP991234");
    assert_string_equal(news.reference, "10482");
    assert_string_equal(news.carrier, "alpine-post");
    assert_int_equal(news.n, 4);
    assert_int_equal(news.scans[0].status, PARCEL_NOTHING);
    assert_string_equal(news.scans[0].code, "X7");
    assert_true(news.scans[0].no_time);
    assert_int_equal(news.scans[1].status, PARCEL_IN_TRANSIT);
    assert_string_equal(news.scans[1].occurred_at, "2026-03-05T06:00:00.000Z");
    assert_true(news.scans[1].zone_assumed);
    assert_string_equal(news.scans[1].key, "generic:1");
    assert_int_equal(news.scans[2].status, PARCEL_DELIVERED);
    assert_string_equal(news.scans[2].signed_by, "M. Meier");
    assert_string_equal(scan_sentence(a, &news.scans[2]), "delivered");
    assert_string_equal(news.scans[3].type, SCAN_ESTIMATE);
    assert_string_equal(news.scans[3].sentence, "Expected on 2026-03-06");
}

/* A word that is none of ours moves nothing, and is not lost. */
static void an_unknown_status(void **state)
{
    (void)state;
    const struct parcel_news news = read_it("{\"trackingNumber\":\"1\",\"events\":[{\"status\":"
                                            "\"beamed\",\"occurredAt\":\"2026-03-05T10:00Z\"}]}");
    assert_int_equal(news.scans[0].status, PARCEL_NOTHING);
    assert_string_equal(news.scans[0].code, "beamed");
    const struct parcel_news again = read_it("{\"trackingNumber\":\"1\",\"events\":[{\"status\":"
                                             "\"beamed\",\"occurredAt\":\"2026-03-05T10:00Z\"}]}");
    assert_string_equal(news.scans[0].key, again.scans[0].key);
}

#define EVENT(rest) "{\"trackingNumber\":\"1\",\"events\":[{\"status\":\"delivered\"," rest "}]}"

static void faults(void **state)
{
    (void)state;
    static const struct {
        const char *body, *field, *message;
    } cases[] = {
        { "", "body", NULL },
        { "[]", "body", "is not an object" },
        { "{}", "trackingNumber", "is missing" },
        { "{\"trackingNumber\":\"  \",\"events\":[]}", "trackingNumber", "is missing" },
        { "{\"trackingNumber\":7}", "trackingNumber", "is not a text" },
        { "{\"trackingNumber\":\"1\"}", "events", "are missing, and so is estimatedDelivery" },
        { "{\"trackingNumber\":\"1\",\"events\":{}}", "events", "is not a list" },
        { "{\"trackingNumber\":\"1\",\"events\":[7]}", "events[0]", "is not an object" },
        { "{\"trackingNumber\":\"1\",\"events\":[{\"occurredAt\":\"2026-03-04\"}]}",
          "events[0].status", "is missing, and so are code and text" },
        { EVENT("\"id\":1"), "events[0].id", "is not a text" },
        { EVENT("\"id\":\"1\""), "events[0].occurredAt", "is missing" },
        { EVENT("\"occurredAt\":\"04.03.2026\""), "events[0].occurredAt",
          "is neither a day nor a time like 2026-03-04T17:12:57+01:00" },
        { "{\"trackingNumber\":\"1\",\"estimatedDelivery\":\"soon\"}", "estimatedDelivery",
          "is neither a day nor a time" },
        { "{\"trackingNumber\":\"1\",\"estimatedDelivery\":\"2026-03-04\",\"signedBy\":[]}",
          "signedBy", "is not a text" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parcel_news news = { 0 };
        struct callback_fault fault = { 0 };
        assert_int_equal(callback_read(a, str_of(cases[i].body), 0, "x", &news, &fault),
                         ERR_INVALID);
        assert_string_equal(fault.field, cases[i].field);
        if (cases[i].message)
            assert_string_equal(fault.message, cases[i].message);
        assert_null(news.tracking_number);
    }
}

static void bounds(void **state)
{
    (void)state;
    struct parcel_news news;
    struct callback_fault fault;
    char words[2002];
    struct buf many = buf_in(a);
    memset(words, 'w', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    const char *body =
        arena_printf(a, EVENT("\"text\":\"%s\",\"occurredAt\":\"2026-03-04\""), words);
    assert_int_equal(callback_read(a, str_of(body), 0, "x", &news, &fault), ERR_INVALID);
    assert_string_equal(fault.field, "events[0].text");
    assert_string_equal(fault.message, "has more than 2000 characters");
    buf_puts(&many, "{\"trackingNumber\":\"1\",\"events\":[{}");
    for (int i = 0; i < 500; i++)
        buf_puts(&many, ",{}");
    buf_puts(&many, "]}");
    assert_int_equal(callback_read(a, buf_str(&many), 0, "x", &news, &fault), ERR_INVALID);
    assert_string_equal(fault.message, "are more than 500");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_one),
        cmocka_unit_test(an_unknown_status),
        cmocka_unit_test(faults),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, start, end);
}
