/* Ship24's wire: every sample of ../shared, nulls and several in one, layouts of time, keys,
 * proofs. */
#include "unit/samples.h"

#include "base/json.h"
#include "carriers/ship24_wire.h"

#include <string.h>

static struct parcel_news *read_n(struct str body, size_t wanted)
{
    size_t n;
    const char *why = NULL;
    struct parcel_news *news;
    if (ship24_read(a, body, 0, &news, &n, &why) != OK)
        fail_msg("%s", why);
    assert_int_equal(n, wanted);
    return news;
}

static const struct parcel_news *read_one(const char *name)
{
    return read_n(sample_of(arena_printf(a, "ship24/%s", name)), 1);
}

static void whole(const struct scan *s)
{
    assert_non_null(s->type);
    assert_non_null(s->key);
    assert_true(s->status >= PARCEL_NOTHING && s->status <= PARCEL_EXCEPTION);
    assert_true(s->grade == 'B' || s->grade == 'C');
    assert_true(*scan_sentence(a, s));
}

/* What is a message or a result is read; every other document says why it is not. */
static void every_sample(void **state)
{
    (void)state;
    int read = 0, other = 0;
    DIR *folder = samples_of("ship24");
    for (struct dirent *f; (f = readdir(folder));) {
        size_t n;
        const char *why = NULL;
        struct parcel_news *news;
        if (!strstr(f->d_name, ".json"))
            continue;
        enum err e =
            ship24_read(a, sample_of(arena_printf(a, "ship24/%s", f->d_name)), 0, &news, &n, &why);
        bool news_of_it = strncmp(f->d_name, "webhook_", 8) == 0 || strstr(f->d_name, "results");
        assert_int_equal(e, news_of_it ? OK : ERR_INVALID);
        assert_true(e == OK || why);
        read += e == OK;
        other += e != OK;
        for (size_t i = 0; e == OK && i < n; i++)
            for (size_t k = 0; k < news[i].n; k++)
                whole(&news[i].scans[k]);
    }
    assert_int_equal(closedir(folder), 0);
    assert_int_equal(read, 6);
    assert_int_equal(other, 6);
}

static void an_event(void **state)
{
    (void)state;
    const struct parcel_news *news = read_one("webhook_in_transit.json");
    assert_string_equal(news->tracking_number, "QX482910377IN");
    assert_string_equal(news->client_id, "acme-ord-10482-p1");
    assert_string_equal(news->reference, "ORD-10482");
    assert_null(news->carrier);
    assert_string_equal(news->origin_country, "IN");
    assert_string_equal(news->destination_country, "IN");
    assert_int_equal(news->n, 2);
    const struct scan *s = &news->scans[0];
    assert_string_equal(s->type, SCAN_SEEN);
    assert_int_equal(s->status, PARCEL_IN_TRANSIT);
    assert_int_equal(s->grade, 'B');
    assert_string_equal(s->words, "Arrived at sorting hub");
    assert_null(s->code);
    assert_string_equal(s->milestone, "in_transit");
    assert_string_equal(s->occurred_at, "2026-03-03T00:42:05.000Z");
    assert_string_equal(s->occurred_text, "2026-03-03T06:12:05+05:30");
    assert_string_equal(s->key, "ship24:c5b0a1de-0000-4000-8000-000000000003");
    assert_string_equal(scan_sentence(a, s), "Arrived at sorting hub");
    struct json_object *d = scan_detail(a, s);
    assert_string_equal(json_text(d, "rawStatus"), "Arrived at sorting hub");
    assert_string_equal(json_text(d, "location"), "Pune, MH");
    assert_string_equal(json_text(d, "courier"), "delhivery");
    assert_string_equal(json_text(json_get(d, "raw"), "eventTrackingNumber"), "QX482910377IN");
    assert_null(json_get(d, "code"));
    assert_string_equal(news->scans[1].type, SCAN_ESTIMATE);
    assert_string_equal(news->scans[1].sentence, "Expected between 2026-03-04 and 2026-03-05");
    assert_int_equal(news->scans[1].status, PARCEL_NOTHING);
}

static void levels_are_kept(void **state)
{
    (void)state;
    const struct parcel_news *back = read_one("webhook_exception.json");
    assert_int_equal(back->n, 1);
    assert_int_equal(back->scans[0].status, PARCEL_EXCEPTION);
    assert_string_equal(back->scans[0].category, "exception");
    assert_string_equal(back->scans[0].code, "exception_return");
    const struct parcel_news *done = read_one("webhook_delivered.json");
    assert_int_equal(done->n, 1);
    assert_int_equal(done->scans[0].status, PARCEL_DELIVERED);
    assert_string_equal(done->scans[0].signed_by, "A VERMA");
    assert_string_equal(json_text(scan_detail(a, &done->scans[0]), "signedBy"), "A VERMA");
}

static void a_history_is_turned_round(void **state)
{
    (void)state;
    const struct parcel_news *news = read_one("tracker_results_response_200.json");
    assert_int_equal(news->n, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(news->scans[i].order, (int)i + 1);
    assert_int_equal(news->scans[0].status, PARCEL_INFO_RECEIVED);
    assert_int_equal(news->scans[4].status, PARCEL_DELIVERED);
}

/* Two events of which one names a status nobody knows and one has next to nothing, a tracking
   without a number, and a shipment that sums up what no event says. */
static void two_events_and_nulls(void **state)
{
    (void)state;
    const struct parcel_news *news = read_n(fixture("ship24/webhook_two_events_nulls.json"), 2);
    assert_string_equal(news->tracking_number, "QX482910378IN");
    assert_null(news->client_id);
    assert_int_equal(news->n, 3);
    const struct scan *bare = &news->scans[0], *odd = &news->scans[1], *sum = &news->scans[2];
    assert_true(bare->no_time && bare->zone_assumed);
    assert_string_equal(bare->occurred_at, "2026-03-04T12:00:00.000Z");
    assert_int_equal(bare->order, 2);
    assert_int_equal(bare->status, PARCEL_NOTHING);
    assert_string_equal(scan_sentence(a, bare),
                        "The carrier's code customs_received, without words");
    assert_memory_equal(bare->key, "ship24#", 7);
    assert_int_equal(odd->status, PARCEL_NOTHING);
    assert_string_equal(odd->milestone, "held_on_the_moon");
    assert_string_equal(odd->code, "delivery_exception");
    assert_string_equal(odd->words, "Held at the counter");
    assert_true(odd->zone_assumed && !odd->no_time);
    assert_int_equal(sum->status, PARCEL_AVAILABLE_FOR_PICKUP);
    assert_int_equal(sum->grade, 'C');
    assert_string_equal(sum->occurred_at, "2026-03-05T09:31:00.500Z");
    assert_null(sum->raw);
    assert_string_equal(scan_sentence(a, sum), "Ship24 sums it up as available for pickup");
    assert_null(json_get(scan_detail(a, sum), "rawStatus"));
    assert_null(news[1].tracking_number);
    assert_int_equal(news[1].n, 0);
}

#define BODY(event)                                                                                \
    "{\"trackings\":[{\"metadata\":{\"generatedAt\":\"2026-03-09T00:00:00Z\"},\"tracker\":{"       \
    "\"trackingNumber\":1234567},\"events\":[{\"statusMilestone\":\"in_transit\"," event "}]}]}"

static struct scan scan_at(const char *body, int zone)
{
    size_t n;
    const char *why;
    struct parcel_news *news;
    assert_int_equal(ship24_read(a, str_of(body), zone, &news, &n, &why), OK);
    assert_string_equal(news->tracking_number, "1234567");
    assert_int_equal(news->n, 1);
    return news->scans[0];
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int zone;
        const char *at;
        bool assumed, no_time;
    } cases[] = {
        { BODY("\"occurrenceDatetime\":\"2026-03-04T17:12:57\""), 0, "2026-03-04T17:12:57.000Z",
          true, false },
        { BODY("\"occurrenceDatetime\":\"2026-03-04T17:12:57\""), 60, "2026-03-04T16:12:57.000Z",
          true, false },
        { BODY("\"occurrenceDatetime\":\"2026-03-04T17:12:57\",\"utcOffset\":\"+05:30\""), 60,
          "2026-03-04T11:42:57.000Z", false, false },
        { BODY("\"occurrenceDatetime\":\"2026-03-04T17:12:57.000Z\""), 60,
          "2026-03-04T17:12:57.000Z", false, false },
        { BODY("\"occurrenceDatetime\":\"2026-03-04T17:12:57+02:00\""), 60,
          "2026-03-04T15:12:57.000Z", false, false },
        { BODY("\"occurrenceDatetime\":\"2026-03-04\""), 0, "2026-03-04T12:00:00.000Z", true,
          true },
        { BODY("\"occurrenceDatetime\":\"at noon\""), 0, "2026-03-09T00:00:00.000Z", false, false },
        { BODY("\"occurrenceDatetime\":null"), 0, "2026-03-09T00:00:00.000Z", false, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scan s = scan_at(cases[i].body, cases[i].zone);
        assert_string_equal(s.occurred_at, cases[i].at);
        assert_int_equal(s.zone_assumed, cases[i].assumed);
        assert_int_equal(s.no_time, cases[i].no_time);
    }
}

/* A day's noon is after its morning: the carrier's own order knows better. */
static void order_beats_a_guess(void **state)
{
    (void)state;
    const struct parcel_news *news =
        read_n(STR("{\"trackings\":[{\"tracker\":{\"trackingNumber\":\"A1234\"},\"events\":["
                   "{\"eventId\":\"b\",\"statusMilestone\":\"delivered\",\"order\":5,"
                   "\"occurrenceDatetime\":\"2026-03-04T09:00:00Z\"},"
                   "{\"eventId\":\"a\",\"statusMilestone\":\"in_transit\",\"order\":4,"
                   "\"occurrenceDatetime\":\"2026-03-04\"}]}]}"),
               1);
    assert_string_equal(news->scans[0].key, "ship24:a");
    assert_string_equal(news->scans[1].key, "ship24:b");
}

static void proofs(void **state)
{
    (void)state;
    const struct parcel_news *news = read_one("webhook_pod.json");
    assert_string_equal(news->tracking_number, "QX482910377IN");
    assert_int_equal(news->n, 1);
    assert_string_equal(news->scans[0].type, SCAN_PROOF);
    assert_int_equal(news->scans[0].status, PARCEL_NOTHING);
    assert_string_equal(news->scans[0].sentence, "There is a proof of delivery");
    assert_string_equal(
        json_text(json_get(json_get(scan_detail(a, &news->scans[0]), "raw"), "content"),
                  "downloadUrl"),
        "https://files.example.com/pod/abc123.pdf");
}

static void keys_of_messages(void **state)
{
    (void)state;
    assert_string_equal(ship24_message_key(a, sample_of("ship24/webhook_delivered.json")),
                        "b1d55a0a-7a3e-4f44-9d7d-000000000103");
    assert_string_equal(ship24_message_key(a, sample_of("ship24/webhook_pod.json")),
                        "b1d55a0a-7a3e-4f44-9d7d-000000000106");
    const char *two = ship24_message_key(a, fixture("ship24/webhook_two_events_nulls.json"));
    assert_memory_equal(two, "ship24.messages:", 16);
    assert_string_equal(two,
                        ship24_message_key(a, fixture("ship24/webhook_two_events_nulls.json")));
    assert_null(ship24_message_key(a, STR("{\"trackings\":[{},{}]}")));
    assert_null(ship24_message_key(a, STR("{}")));
    assert_null(ship24_message_key(a, STR("no json")));
}

static void no_news(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "[]",
                                       "null",
                                       "{\"trackings\":{}}",
                                       "{\"data\":[]}",
                                       "{\"metadata\":{\"topic\":\"tracking/other\"}}",
                                       "{\"trackings\":[" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t n;
        const char *why = NULL;
        struct parcel_news *news;
        assert_int_equal(ship24_read(a, str_of(bad[i]), 0, &news, &n, &why), ERR_INVALID);
        assert_non_null(why);
    }
    (void)read_n(STR("{\"trackings\":[]}"), 0);
    (void)read_n(STR("{\"trackings\":[null,7,\"x\"]}"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample),         cmocka_unit_test(an_event),
        cmocka_unit_test(levels_are_kept),      cmocka_unit_test(a_history_is_turned_round),
        cmocka_unit_test(two_events_and_nulls), cmocka_unit_test(times),
        cmocka_unit_test(order_beats_a_guess),  cmocka_unit_test(proofs),
        cmocka_unit_test(keys_of_messages),     cmocka_unit_test(no_news),
    };
    return cmocka_run_group_tests(tests, start, end);
}
