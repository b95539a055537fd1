/* Slack: what is escaped, and what its texts and its 200s mean. */
#include "unit/samples.h"

#include "base/json.h"
#include "channels/slack.h"

#include <string.h>

static void markup_is_escaped_and_nothing_else(void **state)
{
    (void)state;
    assert_string_equal(slack_body(a, "C1", "a & b <c> \"d\" *e* é").p,
                        "{\"channel\":\"C1\",\"text\":\"a &amp; b &lt;c&gt; \\\"d\\\" *e* "
                        "é\",\"unfurl_links\":false,\"unfurl_media\":false}");
    assert_string_equal(slack_body(a, NULL, "").p,
                        "{\"text\":\"\",\"unfurl_links\":false,\"unfurl_media\":false}");
}

static void a_webhooks_texts(void **state)
{
    (void)state;
    static const struct {
        int status, retry_after;
        const char *body;
        enum err e;
        int wait;
    } cases[] = {
        { 200, 0, "ok", OK, 0 },
        { 200, 0, "ok\n", OK, 0 },
        { 200, 0, "<html>sign in</html>", ERR_RETRY, 0 },
        { 200, 0, "", ERR_RETRY, 0 },
        { 200, 0, "okay", ERR_RETRY, 0 },
        { 400, 0, "invalid_payload", ERR_INVALID, 0 },
        { 400, 0, "user_not_found", ERR_INVALID, 0 },
        { 403, 0, "action_prohibited", ERR_DENIED, 0 },
        { 404, 0, "channel_not_found", ERR_DENIED, 0 },
        { 410, 0, "channel_is_archived", ERR_DENIED, 0 },
        { 429, 7, "rate_limited", ERR_LIMITED, 7 },
        { 429, 0, "", ERR_LIMITED, 30 },
        { 302, 0, "", ERR_INVALID, 0 },
        { 500, 0, "rollup_error", ERR_RETRY, 0 },
        { 503, 4, "", ERR_RETRY, 4 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slack_result out;
        const struct http_answer answer = { .status = cases[i].status,
                                            .retry_after = cases[i].retry_after,
                                            .body = str_of(cases[i].body) };
        assert_int_equal(slack_judge_webhook(a, &answer, &out), cases[i].e);
        assert_int_equal(out.retry_after, cases[i].wait);
        assert_true((cases[i].e == OK) == (out.sentence == NULL));
        if (out.sentence)
            assert_null(strchr(out.sentence, '<'));
    }
}

static enum err judged(const char *body, struct slack_result *out)
{
    const struct http_answer answer = { .status = 200, .body = str_of(body) };
    return slack_judge_api(a, &answer, out);
}

static void two_hundred_may_say_no(void **state)
{
    (void)state;
    struct slack_result out;
    assert_int_equal(judged("{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.2\"}", &out), OK);
    assert_int_equal(judged("{\"ok\":false,\"error\":\"ratelimited\"}", &out), ERR_LIMITED);
    assert_int_equal(out.retry_after, 30);
    assert_int_equal(judged("{\"ok\":false,\"error\":\"is_archived\"}", &out), ERR_DENIED);
    assert_string_equal(out.code, "is_archived");
    assert_int_equal(judged("{\"ok\":false,\"error\":\"msg_too_long\"}", &out), ERR_INVALID);
    assert_int_equal(judged("{\"ok\":false,\"error\":\"internal_error\"}", &out), ERR_RETRY);
    assert_int_equal(judged("{\"ok\":false}", &out), ERR_RETRY);
    assert_int_equal(judged("{\"ok\":\"", &out), ERR_RETRY);
    assert_int_equal(judged("[]", &out), ERR_RETRY);
    assert_int_equal(judged("<html>", &out), ERR_RETRY);
}

static void the_samples(void **state)
{
    (void)state;
    struct slack_result out;
    struct http_answer answer = { .status = 200,
                                  .body = sample_of("slack/chat_post_message_response_200.json") };
    assert_int_equal(slack_judge_api(a, &answer, &out), OK);
    answer.body = sample_of("slack/chat_post_message_error_200.json");
    assert_int_equal(slack_judge_api(a, &answer, &out), ERR_DENIED);
    assert_string_equal(out.code, "channel_not_found");
    answer.body = sample_of("slack/chat_post_message_error_scope_200.json");
    assert_int_equal(slack_judge_api(a, &answer, &out), ERR_DENIED);
    assert_non_null(strstr(out.sentence, "chat:write"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_is_escaped_and_nothing_else),
        cmocka_unit_test(a_webhooks_texts),
        cmocka_unit_test(two_hundred_may_say_no),
        cmocka_unit_test(the_samples),
    };
    return cmocka_run_group_tests(tests, start, end);
}
