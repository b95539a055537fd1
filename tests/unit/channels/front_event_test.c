/* Front's application webhooks: the signature of ../shared's vectors, the samples there, and what a
   conversation, its message and a merge say. */
#include "unit/samples.h"

#include "base/json.h"
#include "channels/front_event.h"

#include <stdio.h>
#include <string.h>

static struct front_news news_of(struct str body)
{
    const char *why = "";
    struct front_news news = { 0 };
    assert_int_equal(front_news_read(a, body, &news, &why), OK);
    return news;
}

/* ---- the signature ---- */

static struct json_object *vector(const char *name)
{
    const char *why;
    struct json_object *all;
    assert_int_equal(
        json_parse(a, sample_of("signature_vectors.json"), &json_request_limits, &all, &why), OK);
    return json_get(all, name);
}

static void the_vector_is_good_and_nothing_beside_it(void **state)
{
    (void)state;
    struct json_object *v = vector("front_application");
    const char *secret = json_text(v, "secret"), *body = json_text(v, "body");
    const char *at = json_text(v, "x-front-request-timestamp");
    const char *signature = json_text(v, "x-front-signature");
    assert_true(front_signed(a, secret, at, str_of(body), signature));
    assert_false(front_signed(a, "another", at, str_of(body), signature));
    assert_false(front_signed(a, secret, "1772594000251", str_of(body), signature));
    assert_false(front_signed(a, secret, at, STR("{}"), signature));
    assert_false(front_signed(a, secret, at, str_of(body), ""));
    assert_false(front_signed(a, "", at, str_of(body), signature));
    assert_false(front_signed(a, NULL, at, str_of(body), signature));
    assert_false(front_signed(a, secret, NULL, str_of(body), signature));
    assert_false(front_signed(a, secret, at, str_of(body), NULL));
}

/* Of a rule: SHA-1 over the body alone. */
static void a_rules_signature_is_none(void **state)
{
    (void)state;
    struct json_object *v = vector("front_rule");
    const char *secret = json_text(v, "secret"), *body = json_text(v, "body");
    const char *signature = json_text(v, "x-front-signature");
    assert_non_null(signature);
    assert_false(front_signed(a, secret, NULL, str_of(body), signature));
    assert_false(front_signed(a, secret, "", str_of(body), signature));
    assert_false(front_signed(a, secret, "1772594000250", str_of(body), signature));
}

static void a_time_is_fresh_for_five_minutes(void **state)
{
    (void)state;
    const int64_t now = 1772594000250;
    static const struct {
        const char *text;
        bool fresh;
    } cases[] = { { "1772594000250", true },
                  { "1772593700250", true },
                  { "1772593700249", false },
                  { "1772594300250", true },
                  { "1772594300251", false },
                  { "1772594000", false },
                  { "", false },
                  { "now", false },
                  { "-1772594000250", false },
                  { " 1772594000250", false },
                  { "0", false },
                  { "99999999999999999999", false },
                  { "1772594000250.5", false } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(front_fresh(cases[i].text, now), cases[i].fresh);
    assert_false(front_fresh(NULL, now));
}

/* ---- the samples ---- */

static void the_sample_of_an_event(void **state)
{
    (void)state;
    struct front_news n = news_of(sample_of("front/app_webhook_event.json"));
    assert_string_equal(n.type, "inbound");
    assert_string_equal(n.event_id, "evt_7z1");
    assert_string_equal(n.conversation_id, "cnv_1a2b");
    assert_string_equal(n.subject, "Where is my order?");
    assert_true(n.with_customer);
    assert_int_equal(n.text_count, 3);
    assert_string_equal(n.texts[1], "Re: Where is my order?");
    assert_string_equal(n.texts[2], "Hello Asha, ...");
    assert_int_equal(n.email_count, 2);
    assert_string_equal(n.emails[0], "asha.verma@example.com");
    assert_string_equal(n.emails[1], "support@shop.example");
    assert_int_equal(n.merged_count, 0);
}

static void the_sample_of_a_check(void **state)
{
    (void)state;
    struct front_news n = news_of(sample_of("front/app_webhook_sync.json"));
    assert_string_equal(n.type, "sync");
    assert_null(n.event_id);
    assert_null(n.conversation_id);
    assert_int_equal(n.text_count + n.email_count, 0);
}

/* ---- what may stand in it ---- */

#define EVENT(type, conversation, target)                                                          \
    STR("{\"type\":\"outer\",\"payload\":{\"id\":\"evt_1\",\"type\":\"" type                       \
        "\",\"conversation\":{" conversation "},\"target\":{" target "}}}")
#define MESSAGE "\"_meta\":{\"type\":\"message\"},\"data\":"

static void who_writes_or_is_written_to(void **state)
{
    (void)state;
    static const char people[] =
        "\"recipients\":[{\"handle\":\"a@x.example\",\"role\":\"from\"},{\"handle\":\"b@x."
        "example\","
        "\"role\":\"to\"},{\"handle\":\"c@x.example\",\"role\":\"cc\"},{\"handle\":\"d@x.example\","
        "\"role\":\"reply-to\"},{\"handle\":\"A@X.example\",\"role\":\"from\"},{\"handle\":\"+"
        "4179\","
        "\"role\":\"from\"},{\"handle\":null,\"role\":\"from\"},{\"role\":\"from\"},7,null]";
    static const char *const ways[][3] = { { "true", "a@x.example", "d@x.example" },
                                           { "false", "b@x.example", NULL } };
    for (size_t i = 0; i < 2; i++) {
        struct front_news n = news_of(str_of(arena_printf(
            a,
            "{\"type\":\"x\",\"payload\":{\"conversation\":{\"id\":\"cnv_1\"},\"target\":{" MESSAGE
            "{\"is_inbound\":%s,%s}}}}",
            ways[i][0], people)));
        assert_int_equal(n.email_count, 2 - i);
        for (size_t k = 0; k < 2 - i; k++)
            assert_string_equal(n.emails[k], ways[i][k + 1]);
    }
}

static void html_without_its_tags(void **state)
{
    (void)state;
    struct front_news n = news_of(EVENT(
        "inbound", "\"id\":\"cnv_1\"",
        MESSAGE "{\"text\":\"\",\"body\":\"<p>Order<b title='7'>A-1</b>A-2</p><a href='A-9'\"}"));
    assert_int_equal(n.text_count, 1);
    assert_non_null(strstr(n.texts[0], " A-1 "));
    assert_null(strstr(n.texts[0], "A-9"));
    assert_null(strstr(n.texts[0], "7"));
    n = news_of(EVENT("comment", "\"id\":\"cnv_1\"",
                      "\"_meta\":{\"type\":\"comment\"},\"data\":{\"body\":\"is A-77\"}"));
    assert_string_equal(n.texts[0], "is A-77");
}

static void conversations_that_are_no_customers(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        bool customer;
    } cases[] = { { "\"id\":\"cnv_1\"", true },
                  { "\"id\":\"cnv_1\",\"type\":\"conversation\",\"status\":\"archived\"", true },
                  { "\"id\":\"cnv_1\",\"type\":\"discussion\"", false },
                  { "\"id\":\"cnv_1\",\"type\":\"task\"", false },
                  { "\"id\":\"cnv_1\",\"status\":\"spam\"", false },
                  { "\"id\":\"cnv_1\",\"status\":\"deleted\"", false } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct front_news n = news_of(str_of(arena_printf(
            a, "{\"type\":\"x\",\"payload\":{\"conversation\":{%s}}}", cases[i].members)));
        assert_int_equal(n.with_customer, cases[i].customer);
    }
}

static void what_one_conversation_took_over(void **state)
{
    (void)state;
    static const char *const datas[] = {
        "[\"cnv_2\",\"cnv_3\",\"cnv_1\",\"../me\",7,null]",
        "[{\"id\":\"cnv_2\"},{\"id\":\"cnv_3\"},{}]",
    };
    for (size_t i = 0; i < 2; i++) {
        struct front_news n = news_of(str_of(arena_printf(
            a,
            "{\"type\":\"conversations_merged\",\"payload\":{\"id\":\"evt_9\",\"conversation\":{"
            "\"id\":\"cnv_1\"},\"target\":{\"_meta\":{\"type\":\"deleted_conversation_ids\"},"
            "\"data\":%s}}}",
            datas[i])));
        assert_string_equal(n.conversation_id, "cnv_1");
        assert_int_equal(n.merged_count, 2);
        assert_string_equal(n.merged[0], "cnv_2");
        assert_string_equal(n.merged[1], "cnv_3");
    }
    struct front_news n =
        news_of(EVENT("conversations_merged", "\"id\":\"cnv_1\"",
                      "\"_meta\":{\"type\":\"deleted_conversation_ids\"},\"data\":\"cnv_2\""));
    assert_int_equal(n.merged_count, 1);
    n = news_of(EVENT("inbound", "\"id\":\"cnv_1\"",
                      "\"_meta\":{\"type\":\"deleted_conversation_ids\"},\"data\":[\"cnv_2\"]"));
    assert_int_equal(n.merged_count, 0);
}

/* Nothing is needed, and nothing has the type it should. */
static void anything_may_be_missing(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"type\":\"x\"}",
        "{\"type\":\"x\",\"payload\":null}",
        "{\"type\":\"x\",\"payload\":[1]}",
        "{\"type\":\"x\",\"payload\":{\"type\":7,\"id\":8,\"conversation\":[],\"target\":3}}",
        "{\"type\":\"x\",\"payload\":{\"conversation\":{\"id\":\"a/../"
        "b\",\"subject\":7,\"recipient\":"
        "\"me\"},\"target\":{\"data\":[]}}}",
        "{\"type\":\"conversations_merged\",\"payload\":{\"conversation\":null,\"target\":{\"_"
        "meta\":"
        "{\"type\":\"deleted_conversation_ids\"},\"data\":[\"cnv_1\"]}}}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct front_news n = news_of(str_of(bodies[i]));
        assert_non_null(n.type);
        assert_null(n.conversation_id);
        assert_int_equal(n.text_count + n.email_count + n.merged_count, 0);
    }
    static const char *const wrong[] = { "", "[]", "7", "{}", "{\"type\":7}", "{\"type\":" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *why = NULL;
        struct front_news n;
        assert_int_equal(front_news_read(a, str_of(wrong[i]), &n, &why), ERR_INVALID);
        assert_non_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_is_good_and_nothing_beside_it),
        cmocka_unit_test(a_rules_signature_is_none),
        cmocka_unit_test(a_time_is_fresh_for_five_minutes),
        cmocka_unit_test(the_sample_of_an_event),
        cmocka_unit_test(the_sample_of_a_check),
        cmocka_unit_test(who_writes_or_is_written_to),
        cmocka_unit_test(html_without_its_tags),
        cmocka_unit_test(conversations_that_are_no_customers),
        cmocka_unit_test(what_one_conversation_took_over),
        cmocka_unit_test(anything_may_be_missing),
    };
    return cmocka_run_group_tests(tests, start, end);
}
