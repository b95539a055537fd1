/* Teams are told in Slack and by webhooks, whatever these do. */
#include "pg/telling.h"

/* ---- Slack ---- */

static void a_channel_is_told_and_what_it_takes_for_markup_is_escaped(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    size_t before = posts();
    changed("delivered");
    go();
    assert_int_equal(posts(), before + 1);
    assert_string_equal(state_of(), "sent");
    const char *text = json_text(last_of("posted"), "text");
    assert_non_null(strstr(text, "Order N&lt;&amp;&gt;"));
    assert_non_null(strstr(text, "delivered, was in transit"));
    assert_non_null(strstr(text, "12 May 10:04"));
    assert_int_equal(jobs(), 0);
}

static void the_same_event_twice_is_told_once(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    size_t before = posts();
    changed("delivered");
    (void)pg_sql("update domain_events set dispatched_at = null where entity_id = '%s' returning "
                 "id",
                 shipment);
    (void)pg_sql("delete from event_reactions where reaction = 'notify.team' returning reaction");
    dispatch();
    go();
    assert_int_equal(posts(), before + 1);
    assert_int_equal(pg_int("select count(*) from team_notices where rule_id = '%s'", rule), 1);
}

static void what_comes_before_it_is_told_comes_together(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    size_t before = posts();
    changed("out_for_delivery");
    changed("delivered");
    changed("exception");
    assert_int_equal(jobs(), 1);
    go();
    assert_int_equal(posts(), before + 1);
    assert_non_null(strstr(json_text(last_of("posted"), "text"), "3 changes of parcels"));
    changed("returned");
    go();
    assert_int_equal(posts(), before + 2);
}

static void the_address_is_kept_nowhere(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    changed("delivered");
    go();
    assert_int_not_equal(pg_int("select count(*) from http_calls where provider = 'slack' and url "
                                "like 'http://127.0.0.1:%%/[redacted]'"),
                         0);
    assert_int_equal(pg_int("select count(*) from http_calls h where h.provider <> 'control' and "
                            "(h::text like '%%TEAMSECRET%%' or h::text like '%%xoxb-%%')"),
                     0);
    assert_int_equal(pg_int("select count(*) from audit_history h where h::text like "
                            "'%%TEAMSECRET%%'"),
                     0);
}

static void who_asks_to_wait_is_waited_for(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    size_t before = posts();
    faults("{\"throttle\":1,\"retryAfter\":41}");
    changed("delivered");
    go();
    assert_int_equal(posts(), before);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'notify.team' and attempt = 0 "
                            "and run_at between now() + interval '35 s' and now() + interval '42 "
                            "s'"),
                     1);
    faults("{\"throttleBare\":1}");
    later();
    assert_int_equal(posts(), before);
    later();
    assert_int_equal(posts(), before + 1);
    assert_string_equal(state_of(), "sent");
}

static void faults_of_slack_are_tried_again(void **state)
{
    (void)state;
    static const char *const each[] = { "{\"fail\":1}", "{\"drop\":1}", "{\"html\":1}",
                                        "{\"garbage\":1}", "{\"late\":1}" };
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        fresh(NULL);
        rule_new("slack", hook_account, "");
        faults(each[i]);
        changed("delivered");
        go();
        assert_string_equal(state_of(), "sending");
        assert_int_equal(jobs(), 1);
        later();
        assert_string_equal(state_of(), "sent");
        assert_int_equal(jobs(), 0);
    }
}

static void a_channel_that_is_gone_switches_the_rule_off(void **state)
{
    (void)state;
    static const char *const each[] = { "action_prohibited", "channel_not_found",
                                        "channel_is_archived" };
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        fresh(NULL);
        rule_new("slack", hook_account, "");
        faults(arena_printf(c->arena, "{\"refuse\":\"%s\"}", each[i]));
        changed("delivered");
        go();
        assert_switched_off(each[i]);
        changed("exception");
        assert_int_equal(jobs(), 0);
    }
}

static void a_message_that_is_refused_leaves_the_rule_on(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    faults("{\"refuse\":\"invalid_payload\"}");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "failed");
    assert_string_equal(pg_sql("select enabled::text from team_rules where id = '%s'", rule),
                        "true");
}

static void a_token_posts_in_the_rules_channel(void **state)
{
    (void)state;
    rule_new("slack", bot_account, ",\"channel\":\"C77\"");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "sent");
    assert_string_equal(json_text(last_of("posted"), "channel"), "C77");
    rule_new("slack", bot_account, "");
    changed("exception");
    go();
    assert_string_equal(json_text(last_of("posted"), "channel"), "C-of-the-account");
}

static void two_hundred_and_not_ok(void **state)
{
    (void)state;
    rule_new("slack", bot_account, "");
    faults("{\"refuse\":\"ratelimited\"}");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "sending");
    faults("{\"refuse\":\"missing_scope\"}");
    later();
    assert_switched_off("chat:write");
}

/* ---- webhooks ---- */

static void a_webhook_is_signed_and_the_same_at_every_try(void **state)
{
    (void)state;
    rule_new("webhook", webhook_account, "");
    size_t before = hooks();
    faults("{\"late\":1}");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "sending");
    later();
    assert_string_equal(state_of(), "sent");
    assert_int_equal(hooks(), before + 2);
    struct json_object *list = list_of("hooks");
    struct json_object *one = json_object_array_get_idx(list, before);
    struct json_object *two = json_object_array_get_idx(list, before + 1);
    assert_true(json_object_get_boolean(json_get(one, "valid")));
    assert_true(json_object_get_boolean(json_get(two, "valid")));
    assert_true(json_object_get_boolean(json_get(two, "validOld")));
    assert_string_equal(json_text(one, "id"), json_text(two, "id"));
    assert_string_equal(json_text(one, "id"),
                        pg_sql("select id from team_messages where id = " LAST));
    assert_true(json_object_equal(json_get(one, "body"), json_get(two, "body")));
    struct json_object *change =
        json_object_array_get_idx(json_get(json_get(json_get(one, "body"), "data"), "changes"), 0);
    assert_string_equal(json_text(change, "status"), "delivered");
    assert_string_equal(json_text(change, "shipmentId"), shipment);
    assert_string_equal(json_text(change, "occurredAt"), "2026-05-12T08:04:00.000Z");
}

static void gone_switches_a_webhook_off(void **state)
{
    (void)state;
    rule_new("webhook", webhook_account, "");
    faults("{\"status\":410}");
    changed("delivered");
    go();
    assert_switched_off("410");
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    rule_new("webhook", webhook_account, "");
    faults("{\"redirect\":1}");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "sending");
    assert_int_equal(json_object_get_int(json_get(sim_control(c, sim, "state", NULL), "stolen")),
                     0);
    later();
    assert_string_equal(state_of(), "sent");
}

static void it_is_tried_by_the_schedule_and_given_up_at_its_end(void **state)
{
    (void)state;
    static const int waits[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 };
    rule_new("webhook", webhook_account, "");
    faults("{\"status\":500}");
    changed("delivered");
    go();
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        assert_string_equal(state_of(), "sending");
        long long wait = pg_int("select round(extract(epoch from run_at - now())) from jobs where "
                                "kind = 'notify.team'");
        assert_true(wait >= waits[i] - 3 && wait <= waits[i] + waits[i] / 10 + 3);
        later();
    }
    assert_string_equal(state_of(), "failed");
    assert_int_equal(jobs(), 0);
    assert_string_equal(pg_sql("select error from team_messages where id = " LAST),
                        "The receiver did not take it: HTTP 500.");
}

/* Whatever its name said when the account was made: it is looked at on each try. */
static void an_address_that_became_private_is_not_called(void **state)
{
    (void)state;
    rule_new("webhook", webhook_account, "");
    const char *allowed = pg_settings()->egress_allow;
    size_t before = hooks();
    pg_settings()->egress_allow = "127.0.0.1:1";
    changed("delivered");
    go();
    pg_settings()->egress_allow = allowed;
    assert_string_equal(state_of(), "failed");
    assert_int_equal(hooks(), before);
}

static void many_go_in_several_bodies(void **state)
{
    (void)state;
    rule_new("webhook", webhook_account, "");
    size_t before = hooks();
    for (int i = 0; i < 45; i++)
        emit("in_transit", "exception", false, false);
    dispatch();
    go();
    assert_int_equal(hooks(), before + 2);
    assert_int_equal(pg_int("select count(*) from team_notices where rule_id = '%s' and state = "
                            "'taken'",
                            rule),
                     45);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_channel_is_told_and_what_it_takes_for_markup_is_escaped, fresh),
        cmocka_unit_test_setup(the_same_event_twice_is_told_once, fresh),
        cmocka_unit_test_setup(what_comes_before_it_is_told_comes_together, fresh),
        cmocka_unit_test_setup(the_address_is_kept_nowhere, fresh),
        cmocka_unit_test_setup(who_asks_to_wait_is_waited_for, fresh),
        cmocka_unit_test(faults_of_slack_are_tried_again),
        cmocka_unit_test(a_channel_that_is_gone_switches_the_rule_off),
        cmocka_unit_test_setup(a_message_that_is_refused_leaves_the_rule_on, fresh),
        cmocka_unit_test_setup(a_token_posts_in_the_rules_channel, fresh),
        cmocka_unit_test_setup(two_hundred_and_not_ok, fresh),
        cmocka_unit_test_setup(a_webhook_is_signed_and_the_same_at_every_try, fresh),
        cmocka_unit_test_setup(gone_switches_a_webhook_off, fresh),
        cmocka_unit_test_setup(a_redirect_is_not_followed, fresh),
        cmocka_unit_test_setup(it_is_tried_by_the_schedule_and_given_up_at_its_end, fresh),
        cmocka_unit_test_setup(an_address_that_became_private_is_not_called, fresh),
        cmocka_unit_test_setup(many_go_in_several_bodies, fresh),
    };
    return run_telling("team_send", tests, sizeof(tests) / sizeof(tests[0]));
}
