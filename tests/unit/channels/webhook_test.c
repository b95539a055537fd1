/* Webhooks that go out: the vectors of Standard Webhooks, what is a secret, what answers mean. */
#include "unit/samples.h"

#include "base/json.h"
#include "channels/webhook.h"

#include <stdlib.h>
#include <string.h>

static struct json_object *vector(void)
{
    const char *why;
    struct json_object *out;
    assert_int_equal(
        json_parse(a, sample_of("standard-webhooks/vector.json"), &json_request_limits, &out, &why),
        OK);
    return out;
}

static const char *signature(const char *secret, struct json_object *v, const char *body)
{
    struct str key;
    assert_true(webhook_key(a, secret, &key));
    return webhook_signature(a, key, json_text(v, "webhook-id"),
                             strtoll(json_text(v, "webhook-timestamp"), NULL, 10), str_of(body));
}

static void signs_as_the_vectors_do(void **state)
{
    (void)state;
    struct json_object *v = vector(), *rotated = json_get(v, "rotated");
    const char *secret = json_text(v, "secret");
    assert_string_equal(signature(secret, v, json_text(v, "body")),
                        json_text(v, "webhook-signature"));
    assert_string_equal(signature(secret, v, ""),
                        json_text(json_get(v, "empty_body"), "webhook-signature"));
    assert_string_equal(signature(secret, v, json_text(json_get(v, "non_ascii"), "body")),
                        json_text(json_get(v, "non_ascii"), "webhook-signature"));
    const char *other = signature(json_text(rotated, "second_secret"), v, json_text(v, "body"));
    assert_string_equal(arena_printf(a, "%s %s", other, json_text(v, "webhook-signature")),
                        json_text(rotated, "webhook-signature"));
}

static void what_is_a_secret(void **state)
{
    (void)state;
    struct str key;
    assert_true(webhook_key(a, "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", &key));
    assert_int_equal(key.n, 32);
    assert_false(webhook_key(a, NULL, &key));
    assert_false(webhook_key(a, "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", &key));
    assert_false(webhook_key(a, "whsec_", &key));
    assert_false(webhook_key(a, "whsec_AQID", &key));
    assert_false(webhook_key(a, "whsec_not base64 at all, whatever one may think of", &key));
}

static void what_answers_mean(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum err e;
    } cases[] = { { 200, OK },        { 202, OK },        { 204, OK },        { 301, ERR_RETRY },
                  { 302, ERR_RETRY }, { 400, ERR_RETRY }, { 404, ERR_RETRY }, { 410, ERR_DENIED },
                  { 429, ERR_RETRY }, { 502, ERR_RETRY } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct webhook_result out;
        const struct http_answer answer = { .status = cases[i].status, .retry_after = 9 };
        assert_int_equal(webhook_judge(a, &answer, &out), cases[i].e);
        assert_int_equal(out.retry_after, 9);
        assert_true((cases[i].e == OK) == (out.sentence == NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_the_vectors_do),
        cmocka_unit_test(what_is_a_secret),
        cmocka_unit_test(what_answers_mean),
    };
    return cmocka_run_group_tests(tests, start, end);
}
