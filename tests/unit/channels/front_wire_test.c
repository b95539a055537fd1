/* Front's wire: the samples of its answers in ../shared, where a conversation went, how long to
   wait, and our reply found in what became of it. */
#include "unit/samples.h"

#include "base/json.h"
#include "channels/front_wire.h"

#define NOW_MS 1772594200000
#define UID "3f6d0a6f2c8f4d7f9b1e0a2c4d5e6f70"
#define MARKER "KQ7XD2M4PZV5RTNA"

static struct json_object *parsed(struct str text)
{
    struct json_object *out;
    const char *why;
    assert_int_equal(json_parse(a, text, &json_request_limits, &out, &why), OK);
    return out;
}

static struct http_answer answer(int status, struct str body)
{
    static const char *const json[] = { "content-type", "application/json; charset=utf-8", NULL };
    return (struct http_answer){ .status = status, .body = body, .headers = json };
}

static enum err judged(struct http_answer given, struct front_result *out)
{
    struct json_object *body;
    *out = (struct front_result){ 0 };
    return front_judge(a, &given, "cnv_1a2b", NOW_MS, &body, out);
}

/* ---- what is sent ---- */

static const struct front_reply reply = {
    .conversation_id = "cnv_1a2b",
    .html = "<p>Hello Asha,</p><p>your parcel <b>QX482910377IN</b> is out for delivery today.</p>",
    .text = "Hello Asha,\n\nyour parcel QX482910377IN is out for delivery today.",
    .marker = MARKER,
};

static void a_reply_is_that_of_the_sample(void **state)
{
    (void)state;
    struct json_object *wanted = parsed(sample_of("front/reply_request.json"));
    struct json_object *settings = parsed(STR("{\"channelId\":\"cha_9m2k\",\"authorId\":"
                                              "\"tea_5q4z\",\"endpoint\":\"https://x\"}"));
    struct json_object *body = parsed(front_body(a, settings, &reply));
    json_object_object_del(json_get(wanted, "options"), "tag_ids");
    assert_true(json_object_equal(body, wanted));
}

static void a_reply_never_archives(void **state)
{
    (void)state;
    struct json_object *wanted = parsed(sample_of("front/reply_request_minimal.json"));
    const struct front_reply least = { .html = json_text(wanted, "body"), .text = "" };
    struct json_object *body = parsed(front_body(a, parsed(STR("{}")), &least));
    assert_true(json_object_equal(body, wanted));
    assert_false(json_object_get_boolean(json_get(json_get(body, "options"), "archive")));
}

static void ids_are_those_of_an_address(void **state)
{
    (void)state;
    assert_true(front_id("cnv_1a2b"));
    assert_true(front_id("55-c8"));
    assert_false(front_id(NULL));
    assert_false(front_id(""));
    assert_false(front_id("cnv_1/../me"));
    assert_false(front_id("cnv_1?x"));
    assert_false(front_id("cnv_\xc3\xa9"));
    assert_false(front_id("a23456789012345678901234567890123456789012345678901234567890abcde"));
}

/* ---- what comes back ---- */

static void an_accepted_reply(void **state)
{
    (void)state;
    struct front_result out = { 0 };
    struct json_object *body;
    struct http_answer given = answer(202, sample_of("front/reply_response_202.json"));
    assert_int_equal(front_judge(a, &given, "cnv_1a2b", NOW_MS, &body, &out), OK);
    assert_int_equal(front_accepted(a, body, &out), OK);
    assert_string_equal(out.message_uid, UID);
    assert_string_equal(json_text(out.raw, "status"), "accepted");
    assert_false(out.unknown || out.pause);
    assert_null(out.sentence);
}

/* It was accepted, as far as the status goes: not known, and to be looked up. */
static void an_acceptance_that_cannot_be_read(void **state)
{
    (void)state;
    static const char *const html[] = { "content-type", "text/html", NULL };
    struct http_answer wrong[] = {
        answer(202, STR("{\"status\":\"acc")),
        answer(202, STR("")),
        answer(202, STR("[1]")),
        answer(202, sample_of("front/reply_response_202.json")),
        answer(202, sample_of("front/reply_response_202.json")),
        answer(200, STR("accepted")),
        answer(202, sample_of("front/reply_response_202.json")),
    };
    struct front_result out;
    wrong[3].headers = html;
    wrong[4].headers = NULL;
    wrong[6].cut = true;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(judged(wrong[i], &out), ERR_RETRY);
        assert_true(out.unknown);
        assert_non_null(out.sentence);
    }
    out = (struct front_result){ 0 };
    assert_int_equal(front_accepted(a, parsed(STR("{\"status\":\"accepted\"}")), &out), ERR_RETRY);
    assert_true(out.unknown);
}

static void errors_say_what_to_do(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *sample;
        enum err e;
        bool unknown;
        const char *sentence;
    } cases[] = {
        { 400, "reply_error_400.json", ERR_INVALID, false,
          "Front refused the request: Request body did not pass validation: body.body: missing." },
        { 401, "reply_error_401.json", ERR_DENIED, false,
          "Front refused the account's token: Invalid token." },
        { 403, NULL, ERR_DENIED, false, "Front does not let the account's token do this." },
        { 404, "reply_error_404.json", ERR_NOT_FOUND, false, "Front knows no such conversation." },
        { 404, NULL, ERR_RETRY, false, "What answers at the account's endpoint is not Front." },
        { 408, NULL, ERR_RETRY, true, "Front took too long." },
        { 409, NULL, ERR_RETRY, false, "Front has a conflicting change just now." },
        { 413, NULL, ERR_INVALID, false, "The reply is too large for Front." },
        { 422, NULL, ERR_INVALID, false, "Front refused the request." },
        { 429, "reply_error_429.json", ERR_LIMITED, false, "Front asks to send more slowly." },
        { 302, NULL, ERR_RETRY, true, "Front gave an answer that cannot be read." },
        { 500, NULL, ERR_RETRY, true, "Front has a fault just now." },
        { 503, "reply_error_404.json", ERR_RETRY, true, "Front has a fault just now." },
        { 599, NULL, ERR_RETRY, true, "Front has a fault just now." },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct front_result out;
        struct str body = cases[i].sample ? sample_of(arena_printf(a, "front/%s", cases[i].sample))
                                          : STR("<html>no</html>");
        assert_int_equal(judged(answer(cases[i].status, body), &out), cases[i].e);
        assert_int_equal(out.unknown, cases[i].unknown);
        assert_string_equal(out.sentence, cases[i].sentence);
        assert_int_equal(out.pause, cases[i].status == 429);
        assert_null(out.raw);
    }
}

static void long_errors_are_cut(void **state)
{
    (void)state;
    struct front_result out;
    struct buf body = buf_in(a);
    buf_puts(&body, "{\"_error\":{\"message\":\"");
    for (int i = 0; i < 1000; i++)
        buf_puts(&body, "\xc3\xa4");
    buf_puts(&body, "\",\"details\":null}}");
    assert_int_equal(judged(answer(400, buf_str(&body)), &out), ERR_INVALID);
    assert_true(strlen(out.sentence) < 700);
}

static void where_a_conversation_went(void **state)
{
    (void)state;
    static const struct {
        const char *location, *id;
    } cases[] = {
        { "https://acme.api.frontapp.com/conversations/cnv_2c3d", "cnv_2c3d" },
        { "https://api2.frontapp.com/conversations/cnv_2c3d/messages", "cnv_2c3d" },
        { "https://elsewhere.example/x/conversations/cnv_2c3d?a=b#c", "cnv_2c3d" },
        { "/conversations/cnv_2c3d", "cnv_2c3d" },
        { "conversations/cnv_2c3d/", "cnv_2c3d" },
        { "https://acme.api.frontapp.com/conversations/cnv_1a2b", NULL },
        { "https://acme.api.frontapp.com/conversations/", NULL },
        { "https://acme.api.frontapp.com/conversations/cnv_2%2fme", NULL },
        { "https://acme.api.frontapp.com/messages/msg_1", NULL },
        { "", NULL },
        { NULL, NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct front_result out;
        const char *headers[] = { "location", cases[i].location, NULL };
        struct http_answer given = { .status = 301, .body = STR(""), .headers = headers };
        if (!cases[i].location)
            headers[0] = NULL;
        assert_int_equal(judged(given, &out), cases[i].id ? ERR_CONFLICT : ERR_INVALID);
        assert_false(out.unknown);
        assert_non_null(out.sentence);
        if (cases[i].id)
            assert_string_equal(out.merged_into, cases[i].id);
        else
            assert_null(out.merged_into);
    }
}

static void how_long_to_wait(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *after, *left, *reset;
        int seconds;
        bool pause;
    } cases[] = {
        { 429, NULL, NULL, NULL, 30, true },
        { 429, "7", NULL, NULL, 7, true },
        { 429, "0", NULL, NULL, 1, true },
        { 429, "1.2", NULL, NULL, 2, true },
        { 429, "2500", NULL, NULL, 3, true }, /* milliseconds */
        { 429, "900000", NULL, NULL, 300, true },
        { 429, "soon", NULL, "1772594212.25", 13, true },
        { 429, NULL, "0", "1772594212", 12, true },
        { 429, "5", "0", "1772594212", 5, true },
        { 429, NULL, NULL, "1772594100", 1, true },   /* of a clock behind ours */
        { 429, NULL, NULL, "1772599999", 300, true }, /* of one that is ahead */
        { 429, NULL, NULL, "nan", 30, true },
        { 202, NULL, "49", "1772594212", 0, false },
        { 202, NULL, "0", "1772594212", 12, true }, /* the last one of its minute */
        { 202, NULL, "0", NULL, 30, true },
        { 202, NULL, "-1", NULL, 0, false },
        { 503, "20", "10", "1772594212", 20, false },
        { 503, NULL, "10", "1772594212", 0, false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct front_result out;
        const char *headers[] = { "x-ratelimit-limit",
                                  "50",
                                  cases[i].after ? "retry-after" : "x-a",
                                  cases[i].after ? cases[i].after : "",
                                  cases[i].left ? "x-ratelimit-remaining" : "x-b",
                                  cases[i].left ? cases[i].left : "",
                                  cases[i].reset ? "x-ratelimit-reset" : "x-c",
                                  cases[i].reset ? cases[i].reset : "",
                                  "content-type",
                                  "application/json",
                                  NULL };
        struct http_answer given = { .status = cases[i].status,
                                     .body = STR("{}"),
                                     .headers = headers };
        enum err e = judged(given, &out);
        assert_int_equal(e, cases[i].status == 202   ? OK
                            : cases[i].status == 429 ? ERR_LIMITED
                                                     : ERR_RETRY);
        assert_int_equal(out.retry_after, cases[i].seconds);
        assert_int_equal(out.pause, cases[i].pause);
    }
    /* A date, which http has read. */
    struct http_answer dated = answer(429, STR("{}"));
    struct front_result out;
    dated.retry_after = 40;
    assert_int_equal(judged(dated, &out), ERR_LIMITED);
    assert_int_equal(out.retry_after, 40);
}

/* ---- found again ---- */

static enum err searched(struct json_object *page, const char *marker, int64_t since_ms,
                         struct front_result *out, const char **next)
{
    const struct front_reply wanted = { .marker = marker };
    *out = (struct front_result){ 0 };
    *next = NULL;
    return front_page(a, page, &wanted, since_ms, out, next);
}

static void the_sample_of_a_list(void **state)
{
    (void)state;
    const char *next;
    struct front_result out;
    struct json_object *page = parsed(sample_of("front/list_messages_response_200.json"));
    assert_int_equal(searched(page, "QX482910377IN", 1772594101000, &out, &next), OK);
    assert_string_equal(out.message_id, "msg_55a");
    assert_string_equal(out.message_uid, UID);
    assert_string_equal(json_text(out.raw, "type"), "email");
    assert_null(json_get(out.raw, "body"));
    assert_int_equal(searched(page, MARKER, 1772594101000, &out, &next), ERR_NOT_FOUND);
    assert_string_equal(next, "bGFzdA");
    /* All further ones are older still. */
    assert_int_equal(searched(page, MARKER, 1772594300000, &out, &next), ERR_NOT_FOUND);
    assert_null(next);
}

static struct json_object *page_of(const char *messages, const char *next)
{
    return parsed(str_of(
        arena_printf(a, "{\"_pagination\":{\"next\":%s},\"_results\":[%s]}", next, messages)));
}

static void one_message_is_as_in_a_list(void **state)
{
    (void)state;
    const char *next;
    struct front_result out;
    struct str message = sample_of("front/message_get_response_200.json");
    struct json_object *page = page_of(arena_strndup(a, message.p, message.n), "null");
    assert_int_equal(searched(page, "QX482910377IN", NOW_MS - 100000, &out, &next), OK);
    assert_string_equal(out.message_id, "msg_55a");
}

static bool found_in(const char *key, const char *text)
{
    const char *next;
    struct front_result out;
    struct json_object *page = page_of("{\"id\":\"msg_1\",\"created_at\":1772594200.5}", "null");
    json_set_text(json_object_array_get_idx(json_get(page, "_results"), 0), key, text);
    return searched(page, MARKER, NOW_MS, &out, &next) == OK;
}

/* Whatever Front makes of the link. */
static void the_marker_in_rewritten_text(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "<p><a href=\"https://track.example/t/abc?n=KQ7XD2M4PZV5RTNA\">Track</a></p>",
        "<div><a target=_blank rel=noopener href='https://track.example/t/abc?n&#61;"
        "KQ7XD2M4PZV5RTNA&amp;utm=1'>Track</a></div>",
        "<a href=\"https://click.example/?u=https%3A%2F%2Ftrack.example%2Ft%2Fabc%3Fn%3D"
        "KQ7XD2M4PZV5RTNA\">",
        "https://track.example/t/abc?n=kq7xd2m4pzv5rtna",
        "https://track.example/t/abc?n=KQ7XD2M4\n PZV5RTNA",
        "<p>https://track.example/t/abc?n=KQ7XD2<wbr>M4PZV5RTNA</p>",
        "<p>KQ7X\xc2\xad"
        "D2M4PZV5RTNA</p>",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_true(found_in("body", bodies[i]));
    assert_true(found_in("text", "Track it: https://track.example/t/abc?n=KQ7XD2M4PZV5RTNA"));
    assert_true(found_in("blurb", "KQ7XD2M4PZV5RTNA"));
    assert_false(found_in("body", "<p>https://track.example/t/abc?n=KQ7XD2M4PZV5RTNB</p>"));
    assert_false(found_in("subject", MARKER));
    assert_false(found_in("body", ""));
}

static void only_ours_count(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        enum err e;
    } cases[] = {
        { "{\"id\":\"msg_1\",\"is_inbound\":false,\"created_at\":1772594201.25,\"text\":\"" MARKER
          "\",\"author\":null,\"draft_mode\":null,\"error_type\":null}",
          OK },
        { "{\"id\":\"msg_1\",\"text\":\"" MARKER "\"}", OK },
        { "{\"id\":\"msg_1\",\"created_at\":\"1772594201.25\",\"text\":\"" MARKER "\"}", OK },
        /* The customer quotes it. */
        { "{\"id\":\"msg_1\",\"is_inbound\":true,\"created_at\":1772594201,\"text\":\"" MARKER
          "\"}",
          ERR_NOT_FOUND },
        /* A colleague writes something about it. */
        { "{\"id\":\"msg_1\",\"draft_mode\":\"shared\",\"created_at\":1772594201,\"text\":\"" MARKER
          "\"}",
          ERR_NOT_FOUND },
        { "{\"id\":\"msg_1\",\"created_at\":1772590000,\"text\":\"" MARKER "\"}", ERR_NOT_FOUND },
        { "{\"id\":null,\"text\":\"" MARKER "\"}", ERR_NOT_FOUND },
        { "null", ERR_NOT_FOUND },
        { "\"" MARKER "\"", ERR_NOT_FOUND },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *next;
        struct front_result out;
        struct json_object *page = page_of(cases[i].message, "null");
        assert_int_equal(searched(page, MARKER, NOW_MS, &out, &next), cases[i].e);
    }
}

static void the_first_one_made_counts(void **state)
{
    (void)state;
    const char *next;
    struct front_result out;
    struct json_object *page = page_of(
        "{\"id\":\"msg_3\",\"created_at\":1772594203.5,\"text\":\"> " MARKER "\"},"
        "{\"id\":\"msg_2\",\"created_at\":1772594202.5,\"is_inbound\":true,\"text\":\"" MARKER
        "\"},{\"id\":\"msg_1\",\"created_at\":1772594201.5,\"text\":\"" MARKER "\"}",
        "null");
    assert_int_equal(searched(page, MARKER, NOW_MS, &out, &next), OK);
    assert_string_equal(out.message_id, "msg_1");
    assert_null(out.message_uid);
}

static void pages_follow_by_their_token_alone(void **state)
{
    (void)state;
    static const struct {
        const char *next, *token;
        enum err e;
    } cases[] = {
        { "null", NULL, ERR_NOT_FOUND },
        { "\"https://elsewhere.example/x?limit=1&page_token=ab%3Dc-_~.+/\"", "ab%3Dc-_~.+/",
          ERR_NOT_FOUND },
        { "\"/x?page_token=ab#c\"", "ab", ERR_NOT_FOUND },
        { "\"/x?page_token=\"", NULL, ERR_RETRY },
        { "\"/x?page_token=a b\"", NULL, ERR_RETRY },
        { "\"/x?page_token=a\\r\\nHost:b\"", NULL, ERR_RETRY },
        { "\"/x?last_page_token=a\"", NULL, ERR_RETRY },
        { "\"/x\"", NULL, ERR_RETRY },
        { "\"\"", NULL, ERR_RETRY },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *next;
        struct front_result out;
        struct json_object *page = page_of("", cases[i].next);
        assert_int_equal(searched(page, MARKER, NOW_MS, &out, &next), cases[i].e);
        if (cases[i].token)
            assert_string_equal(next, cases[i].token);
        else if (cases[i].e == ERR_NOT_FOUND)
            assert_null(next);
    }
}

static void what_is_no_list_tells_nothing(void **state)
{
    (void)state;
    const char *next;
    struct front_result out;
    assert_int_equal(searched(parsed(STR("{}")), MARKER, NOW_MS, &out, &next), ERR_RETRY);
    assert_int_equal(searched(parsed(STR("{\"_results\":null}")), MARKER, NOW_MS, &out, &next),
                     ERR_RETRY);
    assert_non_null(out.sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_that_of_the_sample),
        cmocka_unit_test(a_reply_never_archives),
        cmocka_unit_test(ids_are_those_of_an_address),
        cmocka_unit_test(an_accepted_reply),
        cmocka_unit_test(an_acceptance_that_cannot_be_read),
        cmocka_unit_test(errors_say_what_to_do),
        cmocka_unit_test(long_errors_are_cut),
        cmocka_unit_test(where_a_conversation_went),
        cmocka_unit_test(how_long_to_wait),
        cmocka_unit_test(the_sample_of_a_list),
        cmocka_unit_test(one_message_is_as_in_a_list),
        cmocka_unit_test(the_marker_in_rewritten_text),
        cmocka_unit_test(only_ours_count),
        cmocka_unit_test(the_first_one_made_counts),
        cmocka_unit_test(pages_follow_by_their_token_alone),
        cmocka_unit_test(what_is_no_list_tells_nothing),
    };
    return cmocka_run_group_tests_name("front_wire", tests, start, end);
}
