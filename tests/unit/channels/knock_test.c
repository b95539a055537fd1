/* Knock's wire: the signature vectors and samples of ../shared, vectors of ours, and what each
   answer to a trigger means. */
#include "unit/samples.h"

#include "base/json.h"
#include "channels/knock.h"

#include <stdio.h>
#include <string.h>

#define SECRET "signing-key-of-ours"
#define BODY STR("{\"a\":1}")
#define SECONDS_MS 1772595118000
#define IN_MS "1772595118123"
#define MS_BASE64 "hzVoJNKHOnsoQ/eTl47RyMFrIREshsligPOy/o0/t9c="
#define MS_HEX "87356824d2873a7b2843f793978ed1c8c16b21112c86c96280f3b2fe8d3fb7d7"
#define S_BASE64 "vwSlxtmFkzJKYooNGaZwziiVFZln3V3rUIEB+8e28gA="
#define S_HEX "bf04a5c6d98593324a628a0d19a670ce2895159967dd5deb508101fbc7b6f200"

static struct json_object *parsed(struct str text)
{
    struct json_object *out;
    const char *why;
    assert_int_equal(json_parse(a, text, &json_request_limits, &out, &why), OK);
    return out;
}

/* ---- signatures ---- */

static bool by_vector(struct json_object *v, const char *member, struct str body)
{
    return knock_signed(a, json_text(v, "secret"), json_text(v, member), body, 1772595118123);
}

static struct str without_newline(struct str text)
{
    return (struct str){ text.p, text.n && text.p[text.n - 1] == '\n' ? text.n - 1 : text.n };
}

static void the_vectors_of_the_samples(void **state)
{
    (void)state;
    struct json_object *all = parsed(sample_of("signature_vectors.json"));
    struct json_object *events = json_get(all, "knock");
    struct json_object *channel = json_get(all, "knock_webhook_channel");
    struct str event = without_newline(sample_of(json_text(events, "body_compact_file")));
    struct str called = without_newline(sample_of(json_text(channel, "body_compact_file")));
    assert_true(by_vector(events, "header_value", event));
    assert_true(by_vector(channel, "header_value_base64", called));
    assert_true(by_vector(channel, "header_value_hex_if_ever_seen", called));
    assert_false(by_vector(channel, "header_value_base64", event));
    assert_false(by_vector(events, "header_value", called));
}

static bool is_good(const char *header, int64_t now_ms)
{
    return knock_signed(a, SECRET, header, BODY, now_ms);
}

static void either_encoding_and_either_unit(void **state)
{
    (void)state;
    assert_true(is_good("t=" IN_MS ",s=" MS_BASE64, SECONDS_MS));
    assert_true(is_good("t=" IN_MS ",s=" MS_HEX, SECONDS_MS));
    assert_true(is_good("t=" IN_MS ", s=" MS_HEX, SECONDS_MS));
    assert_true(is_good("t=1772595118,s=" S_BASE64, SECONDS_MS));
    assert_true(is_good("t=1772595118,s=" S_HEX, SECONDS_MS));
}

static void what_is_stale_or_of_the_future_is_none(void **state)
{
    (void)state;
    assert_true(is_good("t=1772595118,s=" S_HEX, SECONDS_MS + KNOCK_STALE_MS));
    assert_false(is_good("t=1772595118,s=" S_HEX, SECONDS_MS + KNOCK_STALE_MS + 1));
    assert_true(is_good("t=1772595118,s=" S_HEX, SECONDS_MS - KNOCK_STALE_MS));
    assert_false(is_good("t=1772595118,s=" S_HEX, SECONDS_MS - KNOCK_STALE_MS - 1));
}

static void what_is_forged_or_no_signature_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        NULL,
        "",
        ",",
        "t=,s=",
        "t=" IN_MS,
        "t=" IN_MS ",",
        "t=" IN_MS ",s=",
        "s=" MS_BASE64 ",t=" IN_MS,
        "T=" IN_MS ",S=" MS_BASE64,
        "t=" IN_MS ",v1=" MS_BASE64,
        "t=" IN_MS ",s=" S_BASE64,   /* of another time */
        "t= " IN_MS ",s=" MS_BASE64, /* not as it was signed */
        "t=-1772595118,s=" S_BASE64,
        "t=1772595118e0,s=" S_BASE64,
        "t=9999999999999999999999,s=" MS_BASE64,
        "t=" IN_MS ",s=" MS_BASE64 "A",
        "t=" IN_MS ",s=" MS_HEX "00",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (is_good(bad[i], SECONDS_MS))
            fail_msg("%s", bad[i]);
    const char *header = "t=" IN_MS ",s=" MS_BASE64;
    assert_false(knock_signed(a, "signing-key-of-ourS", header, BODY, SECONDS_MS));
    assert_false(knock_signed(a, "", header, BODY, SECONDS_MS));
    assert_false(knock_signed(a, NULL, header, BODY, SECONDS_MS));
    assert_false(knock_signed(a, SECRET, header, STR("{\"a\": 1}"), SECONDS_MS));
    assert_false(knock_signed(a, SECRET, header, STR(""), SECONDS_MS));
}

/* ---- answers ---- */

static const char *const json[] = { "content-type", "application/json; charset=utf-8", NULL };

static enum err judged(int status, struct str body, const char *const *headers,
                       struct knock_result *out)
{
    const struct http_answer answer = { .status = status, .body = body, .headers = headers };
    *out = (struct knock_result){ .run_id = NULL };
    return knock_judge(a, &answer, out);
}

static void the_answers_of_the_samples(void **state)
{
    (void)state;
    struct knock_result r;
    assert_int_equal(judged(200, sample_of("knock/trigger_response_200.json"), json, &r), OK);
    assert_string_equal(r.run_id, "6b1a2e0d-3a0f-4c55-b9b9-2f5f0a1de5aa");
    assert_int_equal(judged(403, sample_of("knock/trigger_error_403.json"), json, &r), ERR_DENIED);
    assert_string_equal(r.code, "HTTP 403, authorization");
    assert_int_equal(judged(404, sample_of("knock/trigger_error_404.json"), json, &r),
                     ERR_NOT_FOUND);
    assert_string_equal(r.code, "HTTP 404, workflow_missing");
    assert_int_equal(judged(422, sample_of("knock/trigger_error_422.json"), json, &r), ERR_INVALID);
    assert_non_null(strstr(r.sentence, "One or more parameters supplied were invalid."));
}

static void what_may_be_tried_again(void **state)
{
    (void)state;
    struct knock_result r;
    static const struct {
        int status;
        enum err e;
    } all[] = { { 301, ERR_INVALID },   { 400, ERR_INVALID }, { 401, ERR_DENIED },
                { 404, ERR_NOT_FOUND }, { 408, ERR_RETRY },   { 409, ERR_RETRY },
                { 413, ERR_INVALID },   { 425, ERR_RETRY },   { 429, ERR_LIMITED },
                { 500, ERR_RETRY },     { 503, ERR_RETRY } };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(judged(all[i].status, STR("<p>no JSON"), json, &r), all[i].e);
        assert_null(r.run_id);
        assert_non_null(r.sentence);
    }
}

static void a_success_that_names_no_run_is_none(void **state)
{
    (void)state;
    struct knock_result r;
    const struct str bodies[] = { STR("<!doctype html>"),
                                  STR(""),
                                  STR("[]"),
                                  STR("{}"),
                                  STR("{\"workflow_run_id\":null}"),
                                  STR("{\"workflow_run_id\":\"\"}"),
                                  STR("{\"workflow_run_id\":7}") };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(judged(200, bodies[i], json, &r), ERR_RETRY);
    const struct http_answer cut = {
        .status = 200, .body = STR("{\"workflow_run_id\":\"x\"}"), .cut = true, .headers = json
    };
    assert_int_equal(knock_judge(a, &cut, &r), ERR_RETRY);
}

static int waits(const char *const *headers)
{
    struct knock_result r;
    assert_int_equal(judged(429, STR("{}"), headers, &r), ERR_LIMITED);
    return r.retry_after;
}

#define WITH(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void how_long_it_asks_to_wait(void **state)
{
    (void)state;
    assert_int_equal(waits(WITH("retry-after-ms", "1")), 1);
    assert_int_equal(waits(WITH("retry-after-ms", "1000")), 1);
    assert_int_equal(waits(WITH("retry-after-ms", "1500.5")), 2);
    assert_int_equal(waits(WITH("retry-after-ms", "999999999")), 3600);
    assert_int_equal(waits(WITH("retry-after-ms", "soon")), 0);
    assert_int_equal(waits(WITH("retry-after-ms", "-5")), 0);
    assert_int_equal(waits(json), 0);
    struct knock_result r;
    const struct http_answer answer = { .status = 429, .retry_after = 7, .headers = json };
    assert_int_equal(knock_judge(a, &answer, &r), ERR_LIMITED);
    assert_int_equal(r.retry_after, 7);
}

static void it_may_say_that_another_try_is_no_use(void **state)
{
    (void)state;
    struct knock_result r;
    assert_int_equal(judged(503, STR(""), WITH("x-should-retry", "false"), &r), ERR_INVALID);
    assert_int_equal(judged(429, STR(""), WITH("x-should-retry", "false"), &r), ERR_INVALID);
    assert_int_equal(judged(400, STR(""), WITH("x-should-retry", "true"), &r), ERR_RETRY);
    assert_int_equal(judged(429, STR(""), WITH("x-should-retry", "true"), &r), ERR_LIMITED);
    assert_int_equal(judged(403, STR(""), WITH("x-should-retry", "true"), &r), ERR_DENIED);
    assert_int_equal(judged(503, STR(""), WITH("x-should-retry", "maybe"), &r), ERR_RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_samples),
        cmocka_unit_test(either_encoding_and_either_unit),
        cmocka_unit_test(what_is_stale_or_of_the_future_is_none),
        cmocka_unit_test(what_is_forged_or_no_signature_is_none),
        cmocka_unit_test(the_answers_of_the_samples),
        cmocka_unit_test(what_may_be_tried_again),
        cmocka_unit_test(a_success_that_names_no_run_is_none),
        cmocka_unit_test(how_long_it_asks_to_wait),
        cmocka_unit_test(it_may_say_that_another_try_is_no_use),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, start, end);
}
