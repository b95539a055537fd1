/* What Ship24's answers mean: limits told in three headers, refusals, bulk calls item by item; the
   samples of ../shared. */
#include "unit/samples.h"

#include "base/json.h"
#include "carriers/ship24_answer.h"

#define NOW_MS 1772500000000

static struct json_object *body;
static struct carrier_result said;

static enum err judge(int status, const char *text, const char *name, const char *value)
{
    const char **headers = arena_zalloc(a, 3, sizeof(*headers));
    headers[0] = name;
    headers[1] = value;
    const struct http_answer answer = { .status = status,
                                        .body = str_of(text),
                                        .headers = headers };
    said = (struct carrier_result){ .found = false };
    return ship24_judge(a, &answer, NOW_MS, &body, &said);
}

static void limits_in_three_headers(void **state)
{
    (void)state;
    static const char text[] = "Too many requests";
    assert_int_equal(judge(429, text, "ratelimit-reset", "7"), ERR_LIMITED);
    assert_int_equal(said.retry_after, 7);
    assert_false(said.unknown);
    assert_int_equal(judge(429, text, "ratelimit-reset", "0.4"), ERR_LIMITED);
    assert_int_equal(said.retry_after, 1);
    assert_int_equal(judge(429, text, "x-ratelimit-reset", "1772500009"), ERR_LIMITED);
    assert_int_equal(said.retry_after, 9);
    assert_int_equal(judge(429, text, "x-ratelimit-reset", "1772490000"), ERR_LIMITED);
    assert_int_equal(said.retry_after, 1);
    assert_int_equal(judge(429, text, "ratelimit-reset", "99999999"), ERR_LIMITED);
    assert_int_equal(said.retry_after, SHIP24_WAIT_MOST);
    assert_int_equal(judge(429, text, "ratelimit-reset", "soon"), ERR_LIMITED);
    assert_int_equal(said.retry_after, 1);
    assert_int_equal(judge(429, text, NULL, NULL), ERR_LIMITED);
    assert_int_equal(said.retry_after, 1);
}

#define ERROR(code) "{\"errors\":[{\"code\":\"" code "\",\"message\":\"So it is\"}],\"data\":null}"

static void refusals(void **state)
{
    static const struct {
        int status;
        const char *text;
        enum err e;
        bool unknown;
    } each[] = {
        { 404, ERROR("tracker_not_found"), ERR_NOT_FOUND, false },
        { 404, "<html>not here</html>", ERR_RETRY, true }, /* somebody else's 404 */
        { 409, ERROR("tracker_conflict"), ERR_CONFLICT, false },
        { 400, ERROR("validation_error"), ERR_INVALID, false },
        { 401, ERROR("unauthorized"), ERR_DENIED, false },
        { 403, ERROR("quota_limit_reached"), ERR_DENIED, false },
        { 422, ERROR("no_active_subscription"), ERR_DENIED, false },
        { 408, "", ERR_RETRY, true },
        { 500, ERROR("processing_error"), ERR_RETRY, true },
        { 502, "<html>", ERR_RETRY, true },
        { 200, "<html>", ERR_RETRY, true },
        { 201, "[]", ERR_RETRY, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        assert_int_equal(judge(each[i].status, each[i].text, NULL, NULL), each[i].e);
        assert_int_equal(said.unknown, each[i].unknown);
        assert_non_null(said.sentence);
        assert_non_null(said.code);
    }
}

static struct ship24_parcel parcel(const char *id, const char *number)
{
    struct json_object *asked = json_own(a, json_object_new_object());
    json_set_text(asked, "trackingNumber", number);
    return (struct ship24_parcel){ .client_id = id, .asked = asked };
}

static void items_in_any_order(void **state)
{
    (void)state;
    struct ship24_parcel list[] = { parcel("a", "AAAAA1"), parcel("b", "BBBBB1"),
                                    parcel("c", "CCCCC1"), parcel("d", "DDDDD1") };
    assert_int_equal(
        judge(207,
              "{\"status\":\"partial\",\"data\":[{\"itemStatus\":\"error\",\"inputData\":{"
              "\"clientTrackerId\":\"b\"},\"tracker\":null,\"errors\":[{\"code\":"
              "\"tracker_conflict\"}]},{\"itemStatus\":\"existing\",\"inputData\":{"
              "\"clientTrackerId\":\"a\"},\"tracker\":{\"trackerId\":\"t-1\"}},{\"itemStatus\":"
              "\"created\",\"inputData\":{\"clientTrackerId\":\"d\"},\"tracker\":{\"trackerId\":"
              "\"../x\"}},{\"itemStatus\":\"error\",\"inputData\":{\"clientTrackerId\":\"c\"},"
              "\"errors\":[{\"code\":\"quota_limit_reached\"}]},null,{\"inputData\":{"
              "\"clientTrackerId\":\"strange\"}}]}",
              NULL, NULL),
        OK);
    assert_true(ship24_bulk_read(body, list, 4));
    assert_int_equal(list[0].outcome, SHIP24_MADE);
    assert_string_equal(list[0].external_id, "t-1");
    assert_int_equal(list[1].outcome, SHIP24_TAKEN);
    assert_int_equal(list[2].outcome, SHIP24_LATER);
    assert_int_equal(list[3].outcome, SHIP24_UNTOLD); /* no id that can stand in an address */
    assert_int_equal(judge(201, "{\"data\":null}", NULL, NULL), OK);
    assert_false(ship24_bulk_read(body, list, 4));
}

static void numbers(void **state)
{
    (void)state;
    assert_true(ship24_takes("QX482910377IN"));
    assert_true(ship24_takes("a-_/."));
    assert_false(ship24_takes("ABCD"));
    assert_false(ship24_takes("AB CD1"));
    assert_false(ship24_takes("ABCDE1234567890123456789012345678901234567890123456"));
}

static void samples(void **state)
{
    (void)state;
    const char *id, *number, *bulk = sample_of("ship24/bulk_response_207.json").p;
    struct ship24_parcel list[] = { parcel("one", "QX482910377IN"), parcel("two", "A1") };
    assert_int_equal(judge(207, bulk, NULL, NULL), OK);
    assert_true(ship24_bulk_read(body, list, 2)); /* without our ids: by place and number */
    assert_int_equal(list[0].outcome, SHIP24_MADE);
    assert_string_equal(list[0].external_id, "3f0c6d2e-51b7-4a0e-9a1d-7c2f4be01a10");
    assert_int_equal(list[1].outcome, SHIP24_REFUSED);
    assert_string_equal(list[1].sentence, "trackingNumber too short");
    assert_int_equal(judge(201, sample_of("ship24/create_tracker_response_201.json").p, NULL, NULL),
                     OK);
    assert_true(ship24_tracker_read(json_get(json_get(body, "data"), "tracker"), &id, &number));
    assert_string_equal(number, "QX482910377IN");
    assert_int_equal(judge(404, sample_of("ship24/error_404.json").p, NULL, NULL), ERR_NOT_FOUND);
    assert_int_equal(judge(400, sample_of("ship24/create_tracker_error_400.json").p, NULL, NULL),
                     ERR_INVALID);
    assert_int_equal(judge(201, sample_of("ship24/resend_response_201.json").p, NULL, NULL), OK);
    assert_int_equal(
        judge(200, sample_of("ship24/tracker_results_response_200.json").p, NULL, NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_in_three_headers),
        cmocka_unit_test(refusals),
        cmocka_unit_test(items_in_any_order),
        cmocka_unit_test(numbers),
        cmocka_unit_test(samples),
    };
    return cmocka_run_group_tests(tests, start, end);
}
