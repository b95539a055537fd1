/* Shiprocket's wire: every sample of ../shared, two tables of statuses that differ, times of India
   in two layouts, the same scan the same in a webhook and in an answer, errors in each shape. */
#include "unit/samples.h"

#include "base/json.h"
#include "carriers/hook_token.h"
#include "carriers/shiprocket_scan.h"
#include "carriers/shiprocket_wire.h"

#include <stdlib.h>
#include <string.h>

static struct parcel_news read_body(struct str body)
{
    const char *why = NULL;
    struct parcel_news news;
    if (shiprocket_read(a, body, &news, &why) != OK)
        fail_msg("%s", why);
    return news;
}

static const struct scan *last_of(const struct parcel_news *news, const char *type)
{
    for (size_t i = news->n; i-- > 0;)
        if (strcmp(news->scans[i].type, type) == 0)
            return &news->scans[i];
    return NULL;
}

static struct json_object *json(struct str text)
{
    struct json_object *out;
    const char *why;
    assert_int_equal(json_parse(a, text, &json_request_limits, &out, &why), OK);
    return out;
}

/* ---- statuses ---- */

/* As it is published: the groups of the table, number by number. */
static void each_number_of_a_parcel_means_one_status(void **state)
{
    static const struct {
        enum parcel_status status;
        const int numbers[24];
    } groups[] = {
        { PARCEL_INFO_RECEIVED, { 1, 2, 3, 4, 5, 11, 27, 52, 59, 60, 61, 62, 63, 67 } },
        { PARCEL_IN_TRANSIT, { 6, 18, 22, 38, 39, 42, 48, 49, 50, 51, 54, 55, 56, 57, 68 } },
        { PARCEL_OUT_FOR_DELIVERY, { 17 } },
        { PARCEL_FAILED_ATTEMPT, { 21 } },
        { PARCEL_DELIVERED, { 7, 23, 26 } },
        { PARCEL_EXCEPTION, { 12, 24, 25, 44, 71, 72, 76, 77 } },
        { PARCEL_RETURNED, { 9, 10, 14, 40, 41, 46, 75, 78 } },
        { PARCEL_CANCELLED, { 8, 16, 45 } },
    };
    (void)state;
    for (int id = -1; id < 120; id++) {
        enum parcel_status wanted = PARCEL_NOTHING;
        for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
            for (const int *n = groups[g].numbers; *n; n++)
                if (*n == id)
                    wanted = groups[g].status;
        assert_int_equal(shiprocket_shipment_status(id, NULL), wanted);
    }
    const char *category;
    (void)shiprocket_shipment_status(46, &category);
    assert_string_equal(category, "returning");
    (void)shiprocket_shipment_status(10, &category);
    assert_string_equal(category, "returned");
    (void)shiprocket_shipment_status(13, &category);
    assert_string_equal(category, "pickup");
}

static void the_two_tables_differ(void **state)
{
    static const int same[] = { 6, 7 };
    static const int differ[] = { 1, 5, 15, 18, 19, 20, 36, 17, 21 };
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        assert_int_equal(shiprocket_order_status(same[i]),
                         shiprocket_shipment_status(same[i], NULL));
    assert_int_equal(shiprocket_order_status(18), PARCEL_CANCELLED);
    assert_int_equal(shiprocket_shipment_status(18, NULL), PARCEL_IN_TRANSIT);
    assert_int_equal(shiprocket_order_status(19), PARCEL_OUT_FOR_DELIVERY);
    assert_int_equal(shiprocket_shipment_status(19, NULL), PARCEL_NOTHING);
    assert_int_equal(shiprocket_order_status(20), PARCEL_IN_TRANSIT);
    assert_int_equal(shiprocket_shipment_status(20, NULL), PARCEL_NOTHING);
    assert_int_equal(shiprocket_order_status(15), PARCEL_RETURNED);
    for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++)
        assert_int_not_equal(shiprocket_order_status(differ[i]),
                             shiprocket_shipment_status(differ[i], NULL));
}

/* ---- webhooks ---- */

static void a_webhook_is_read_whole(void **state)
{
    (void)state;
    struct parcel_news news = read_body(sample_of("shiprocket/webhook_out_for_delivery.json"));
    assert_string_equal(news.tracking_number, "29050011223344");
    assert_string_equal(news.reference, "10482_900112233");
    assert_string_equal(news.carrier, "shiprocket");
    const struct scan *s = last_of(&news, SCAN_SEEN);
    assert_int_equal(s->status, PARCEL_OUT_FOR_DELIVERY);
    assert_string_equal(s->occurred_at, "2026-03-04T03:25:00.000Z");
    assert_string_equal(s->code, "17");
    assert_string_equal(s->location, "Pune_Camp (Maharashtra)");
    assert_false(s->zone_assumed);
    assert_string_equal(last_of(&news, SCAN_ESTIMATE)->sentence, "Expected on 2026-03-05");
    assert_string_equal(news.scans[0].code, "X-UCI");
    assert_int_equal(news.scans[0].status, PARCEL_NOTHING);
}

static void each_sample_of_a_webhook_tells_its_status(void **state)
{
    static const struct {
        const char *name;
        enum parcel_status status;
    } all[] = { { "webhook_in_transit.json", PARCEL_IN_TRANSIT },
                { "webhook_out_for_delivery.json", PARCEL_OUT_FOR_DELIVERY },
                { "webhook_delivered.json", PARCEL_DELIVERED },
                { "webhook_undelivered.json", PARCEL_FAILED_ATTEMPT } };
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct parcel_news news =
            read_body(sample_of(arena_printf(a, "shiprocket/%s", all[i].name)));
        assert_int_equal(last_of(&news, SCAN_SEEN)->status, all[i].status);
    }
}

/* Scans in no order, a number for an AWB, nulls and empty texts; the return stands in no scan. */
static void one_on_its_way_back(void **state)
{
    (void)state;
    struct parcel_news news = read_body(fixture("shiprocket/webhook_rto_initiated.json"));
    assert_string_equal(news.tracking_number, "31870045566778");
    assert_int_equal(news.n, 4);
    assert_string_equal(news.scans[0].words, "Arrived at hub");
    assert_int_equal(news.scans[1].status, PARCEL_FAILED_ATTEMPT);
    assert_int_equal(news.scans[2].status, PARCEL_NOTHING);
    assert_int_equal(news.scans[3].status, PARCEL_RETURNED);
    assert_string_equal(news.scans[3].category, "returning");
    assert_int_equal(news.scans[3].grade, 'C');
    assert_string_equal(news.scans[3].occurred_at, "2026-05-05T18:40:05.000Z");
    assert_null(last_of(&news, SCAN_ESTIMATE));
    assert_null(json_get(news.scans[3].raw, "scans"));
}

static void the_order_s_status_is_a_last_resort(void **state)
{
    (void)state;
    struct parcel_news news =
        read_body(STR("{\"awb\": \"X1\", \"current_status\": \"CANCELED\", "
                      "\"current_status_id\": 5, \"shipment_status_id\": null, \"scans\": []}"));
    assert_int_equal(news.n, 1);
    assert_int_equal(news.scans[0].status, PARCEL_CANCELLED);
    assert_string_equal(news.scans[0].code, "order 5");
    news = read_body(STR("{\"awb\": \"X1\", \"current_status_id\": 20, \"shipment_status_id\": "
                         "\"13\", \"scans\": null}"));
    assert_int_equal(news.scans[0].status, PARCEL_NOTHING);
    assert_string_equal(news.scans[0].category, "pickup");
    assert_false(news.scans[0].unknown);
    news = read_body(STR("{\"awb\": \"X1\", \"shipment_status_id\": 7, \"is_return\": 1}"));
    assert_int_equal(news.scans[0].status, PARCEL_RETURNED);
    news = read_body(STR("{\"awb\": \"X1\", \"shipment_status_id\": 99}"));
    assert_int_equal(news.scans[0].status, PARCEL_NOTHING);
    assert_true(news.scans[0].unknown);
}

/* It is kept with its words, and staff are asked what it means. */
static void an_order_s_status_of_no_table_is_collected(void **state)
{
    (void)state;
    struct parcel_news news =
        read_body(STR("{\"awb\": \"X1\", \"current_status\": \"RETURN PENDING\", "
                      "\"current_status_id\": 21, \"scans\": []}"));
    assert_int_equal(news.n, 1);
    assert_int_equal(news.scans[0].status, PARCEL_NOTHING);
    assert_true(news.scans[0].unknown);
    assert_string_equal(news.scans[0].code, "order 21");
    assert_string_equal(news.scans[0].words, "RETURN PENDING");
    news = read_body(STR("{\"awb\": \"X1\", \"current_status_id\": 5}"));
    assert_false(news.scans[0].unknown);
    news = read_body(STR("{\"awb\": \"X1\", \"current_status\": \"On hold\", "
                         "\"current_timestamp\": \"05 03 2026 10:00:00\"}"));
    assert_int_equal(news.n, 1);
    assert_true(news.scans[0].unknown);
    assert_string_equal(news.scans[0].code, "order On hold");
    assert_string_equal(news.scans[0].words, "On hold");
    news = read_body(STR("{\"awb\": \"X1\", \"shipment_status\": \"HELD\", "
                         "\"current_status_id\": 33, \"current_status\": null}"));
    assert_string_equal(news.scans[0].words, "HELD");
    news = read_body(STR("{\"awb\": \"X1\", \"current_status\": \"NA\"}"));
    assert_int_equal(news.n, 0);
}

static void what_is_no_webhook_says_why(void **state)
{
    static const char *const bodies[] = {
        "", "[]", "{}", "{\"awb\": null}", "{\"awb\": \"\"}", "{\"awb\": {}}", "<p>"
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const char *why = NULL;
        struct parcel_news news;
        assert_int_equal(shiprocket_read(a, str_of(bodies[i]), &news, &why), ERR_INVALID);
        assert_non_null(why);
    }
}

/* ---- answers ---- */

/* What the webhook has told is not told again by who asks. */
static void a_scan_is_the_same_in_both(void **state)
{
    size_t n;
    struct parcel_news *told;
    (void)state;
    struct parcel_news hook = read_body(sample_of("shiprocket/webhook_delivered.json"));
    struct json_object *answer = json_own(a, json_object_new_object());
    json_set(answer, "29050011223344",
             json_object_get(json(sample_of("shiprocket/track_awb_response_200.json"))));
    json_set(answer, "29050011223345",
             json_object_get(json(sample_of("shiprocket/track_awb_no_data_200.json"))));
    json_set(answer, "29050011223346", NULL);
    shiprocket_tracked(a, answer, &told, &n);
    assert_int_equal(n, 1);
    assert_string_equal(told[0].tracking_number, "29050011223344");
    assert_int_equal(told[0].n, hook.n);
    for (size_t i = 0; i < hook.n; i++)
        assert_string_equal(told[0].scans[i].key, hook.scans[i].key);
}

static struct http_answer answer_of(int status, const char *body)
{
    return (struct http_answer){ .status = status, .body = str_of(body) };
}

static void errors_are_read_in_each_shape(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum err e;
        bool unknown;
        const char *words, *field;
    } all[] = {
        { 400, "{\"message\": \"Bad.\"}", ERR_INVALID, false, "refused it: Bad.", NULL },
        { 400, "{\"message\": \"Bad.\", \"status_code\": 400}", ERR_INVALID, false, "Bad.", NULL },
        { 422,
          "{\"message\": \"Oops!\", \"errors\": {\"x\": [\"One.\", \"Two.\"], \"billing_pincode\": "
          "[\"Three.\"]}, \"status_code\": 422}",
          ERR_INVALID, false, "Oops!; One; Two; Three.", "shipTo.postalCode" },
        { 200, "{\"status\": 404, \"message\": \"No courier.\"}", ERR_NOT_FOUND, false,
          "No courier.", NULL },
        { 202, "{\"status_code\": 422, \"message\": \"Late.\"}", ERR_INVALID, false, "Late.",
          NULL },
        { 200, "{\"status_code\": 500, \"message\": \"Later.\"}", ERR_RETRY, true, "fault", NULL },
        { 200, "<p>hello", ERR_RETRY, true, "cannot be read", NULL },
        { 200, "[]", ERR_RETRY, true, "cannot be read", NULL },
        { 302, "", ERR_RETRY, true, "cannot be read", NULL },
        { 404, "<p>not here", ERR_RETRY, false, "not Shiprocket", NULL },
        { 400, "<p>no", ERR_RETRY, false, "not Shiprocket", NULL },
        { 404, "{\"message\": \"404 Not Found\"}", ERR_NOT_FOUND, false, "404 Not Found", NULL },
        { 429, "", ERR_LIMITED, false, "more slowly", NULL },
        { 408, "", ERR_RETRY, true, "too long", NULL },
        { 500, "{\"message\": \"x\"}", ERR_RETRY, true, "fault", NULL },
        { 403, "", ERR_DENIED, false, "account", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct json_object *body;
        struct carrier_result out = { .found = false };
        const struct http_answer answer = answer_of(all[i].status, all[i].body);
        assert_int_equal(shiprocket_judge(a, &answer, &body, &out), all[i].e);
        assert_int_equal(out.unknown, all[i].unknown);
        assert_non_null(strstr(out.sentence, all[i].words));
        assert_int_equal(out.field != NULL, all[i].field != NULL);
        if (all[i].field)
            assert_string_equal(out.field, all[i].field);
    }
}

/* Each of theirs is read as what its name says. */
static void every_sample_of_an_answer_is_judged(void **state)
{
    (void)state;
    DIR *folder = samples_of("shiprocket");
    int n = 0;
    for (struct dirent *d; (d = readdir(folder));) {
        struct json_object *body;
        struct carrier_result out = { .found = false };
        bool response = strstr(d->d_name, "_response_200") || strstr(d->d_name, "_data_200");
        const char *error = strstr(d->d_name, "error_");
        if (!response && !error)
            continue;
        int status = error ? (int)strtol(error + strlen("error_"), NULL, 10) : 200;
        const struct http_answer answer = {
            .status = status, .body = sample_of(arena_printf(a, "shiprocket/%s", d->d_name))
        };
        enum err e = shiprocket_judge(a, &answer, &body, &out);
        assert_int_equal(e, response        ? OK
                            : status == 401 ? ERR_DENIED
                            : status == 404 ? ERR_NOT_FOUND
                                            : ERR_INVALID);
        n++;
    }
    closedir(folder);
    assert_true(n > 10);
}

/* A 204, or "{}": nothing is known of any of them. */
static void nothing_told_is_no_news(void **state)
{
    size_t n = 1;
    struct parcel_news *told;
    (void)state;
    shiprocket_tracked(a, NULL, &told, &n);
    assert_int_equal(n, 0);
}

/* ---- the address ---- */

static void no_token_has_a_forbidden_word(void **state)
{
    struct app app = { .random_bytes = app_random_bytes };
    bool seen[128] = { false };
    (void)state;
    for (int i = 0; i < 10000; i++) {
        const char *token = hook_token_new(&app, a);
        assert_true(hook_token_valid(token));
        assert_true(hook_address_allowed(token));
        for (const char *p = token; *p; p++)
            seen[(unsigned char)*p] = true;
    }
    for (const char *p = "abcdefghijlmnopqtuvwxyz0123456789"; *p; p++)
        assert_true(seen[(unsigned char)*p]);
    assert_false(seen['s'] || seen['r'] || seen['k']);
    assert_false(hook_address_allowed("https://uSr.example/api"));
    assert_false(hook_address_allowed("https://shop.example/KR"));
    assert_true(hook_address_allowed("https://shop.example/api/hooks/c/"));
    assert_false(hook_token_valid("short"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_of_a_parcel_means_one_status),
        cmocka_unit_test(the_two_tables_differ),
        cmocka_unit_test(a_webhook_is_read_whole),
        cmocka_unit_test(each_sample_of_a_webhook_tells_its_status),
        cmocka_unit_test(one_on_its_way_back),
        cmocka_unit_test(the_order_s_status_is_a_last_resort),
        cmocka_unit_test(an_order_s_status_of_no_table_is_collected),
        cmocka_unit_test(what_is_no_webhook_says_why),
        cmocka_unit_test(a_scan_is_the_same_in_both),
        cmocka_unit_test(errors_are_read_in_each_shape),
        cmocka_unit_test(every_sample_of_an_answer_is_judged),
        cmocka_unit_test(nothing_told_is_no_news),
        cmocka_unit_test(no_token_has_a_forbidden_word),
    };
    return cmocka_run_group_tests(tests, start, end);
}
