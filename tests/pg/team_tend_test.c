/* What teams are told stays quiet at every try, is left by nobody, and is tried again by whom it
   matters to. */
#include "pg/telling.h"

#include "notify/team.h"

/* Of the rule's only message, however old it is. */
static const char *of_rule(const char *column)
{
    return pg_sql("select %s from team_messages where rule_id = '%s'", column, rule);
}

/* ---- quiet hours ---- */

static void quiet(const char *from, const char *until)
{
    (void)pg_sql(
        "update team_rules r set quiet_from = (now() at time zone t.time_zone + interval "
        "'%s')::time, quiet_until = (now() at time zone t.time_zone + interval '%s')::time "
        "from tenants t where t.id = r.tenant_id and r.id = '%s' returning r.id",
        from, until, rule);
}

static void a_try_that_comes_in_quiet_hours_waits_for_their_end(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    faults("{\"fail\":1}");
    changed("delivered");
    go();
    size_t before = posts();
    assert_string_equal(of_rule("state"), "sending");
    quiet("-1 hour", "1 hour");
    for (int i = 0; i < 3; i++) {
        later();
        assert_int_equal(posts(), before);
        assert_int_equal(
            pg_int("select count(*) from jobs where kind = 'notify.team' and state = 'ready' and "
                   "attempt = 1 and run_at between now() + interval '57 min' and now() + interval "
                   "'61 min'"),
            1);
    }
    quiet("2 hours", "3 hours");
    later();
    assert_int_equal(posts(), before + 1);
    assert_string_equal(of_rule("state"), "sent");
}

static void a_test_is_told_in_quiet_hours(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    quiet("-1 hour", "1 hour");
    size_t before = posts();
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/team-rules/%s/test", rule);
    assert_int_equal(ask(&admin, "POST", path, "{}")->status, 202);
    go();
    assert_int_equal(posts(), before + 1);
}

/* ---- left by its job ---- */

static void tend(void)
{
    struct job j = { .ctx = *c, .attempt = 1, .max_attempts = 3 };
    assert_int_equal(team_tend(&j), OK);
}

static void hours_pass(void)
{
    (void)pg_sql("update team_messages set created_at = created_at - interval '1 hour' where "
                 "rule_id = '%s' returning id",
                 rule);
    (void)pg_sql("update team_notices set due_at = due_at - interval '1 hour' where rule_id = '%s' "
                 "returning id",
                 rule);
}

static void park(void)
{
    (void)pg_sql("update jobs set state = 'parked' where kind = 'notify.team' and state = 'ready' "
                 "returning id");
}

/* Its message is under way, and its job is parked. */
static void stuck(void)
{
    rule_new("slack", hook_account, "");
    faults("{\"fail\":1}");
    changed("delivered");
    go();
    park();
    assert_string_equal(of_rule("state"), "sending");
}

static long long alive(void)
{
    return pg_int("select count(*) from jobs where kind = 'notify.team' and state = 'ready'");
}

static void told_once_when_hours_passed(void)
{
    tend();
    assert_int_equal(alive(), 0);
    hours_pass();
    tend();
    tend();
    assert_int_equal(alive(), 1);
    size_t before = posts();
    go();
    assert_int_equal(posts(), before + 1);
    assert_string_equal(of_rule("state"), "sent");
}

static void one_whose_job_is_parked_is_tried_again(void **state)
{
    (void)state;
    stuck();
    told_once_when_hours_passed();
}

static void one_parked_twice_has_ended(void **state)
{
    (void)state;
    stuck();
    hours_pass();
    tend();
    park();
    tend();
    assert_string_equal(of_rule("state"), "failed");
    assert_non_null(strstr(of_rule("error"), "Slack"));
    tend();
    assert_int_equal(alive(), 0);
}

static void one_that_waits_for_its_next_try_is_left_alone(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    faults("{\"fail\":1}");
    changed("delivered");
    go();
    hours_pass();
    tend();
    assert_int_equal(alive(), 1);
    assert_string_equal(of_rule("state"), "sending");
}

/* Its job was parked before it had taken anything. */
static void what_waits_and_is_due_gets_a_job(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    changed("delivered");
    park();
    told_once_when_hours_passed();
}

/* ---- tried again by a person ---- */

static const char *messages(void)
{
    return arena_printf(c->arena, "/api/ship/team-rules/%s/messages", rule);
}

static struct json_object *last_message(void)
{
    const struct answer *a = ask(&admin, "GET", messages(), NULL);
    assert_int_equal(a->status, 200);
    return json_object_array_get_idx(json_get(a->json, "messages"), 0);
}

static bool is_stuck(void)
{
    return json_object_get_boolean(json_get(last_message(), "stuck"));
}

static long long stuck_of_rule(void)
{
    const struct answer *a =
        ask(&admin, "GET", arena_printf(c->arena, "/api/ship/team-rules/%s", rule), NULL);
    assert_int_equal(a->status, 200);
    return json_object_get_int64(json_get(a->json, "stuck"));
}

static int try_again(void)
{
    const char *id = arena_strdup(c->arena, json_text(last_message(), "messageId"));
    return ask(&admin, "POST", arena_printf(c->arena, "%s/%s/retry", messages(), id), "{}")->status;
}

static void one_that_is_stuck_shows_and_is_tried_again(void **state)
{
    (void)state;
    stuck();
    assert_true(is_stuck());
    assert_int_equal(stuck_of_rule(), 1);
    size_t before = posts();
    assert_int_equal(try_again(), 202);
    assert_false(is_stuck());
    assert_int_equal(stuck_of_rule(), 0);
    assert_int_equal(try_again(), 409);
    go();
    assert_int_equal(posts(), before + 1);
    assert_string_equal(of_rule("state"), "sent");
    assert_int_equal(try_again(), 409);
    assert_int_equal(pg_int("select count(*) from audit_history where action = "
                            "'team_message.retried' and entity_id = '%s'",
                            rule),
                     1);
}

static void one_that_failed_is_tried_again(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    faults("{\"refuse\":\"invalid_payload\"}");
    changed("delivered");
    go();
    assert_string_equal(of_rule("state"), "failed");
    assert_false(is_stuck());
    faults("{\"refuse\":\"\"}");
    assert_int_equal(try_again(), 202);
    go();
    assert_string_equal(of_rule("state"), "sent");
    assert_null(json_text(last_message(), "error"));
}

static void what_is_not_there_is_not_tried(void **state)
{
    (void)state;
    stuck();
    static const char *const each[] = { "0197a000-0000-7000-8000-000000000000", "x" };
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            ask(&admin, "POST", arena_printf(c->arena, "%s/%s/retry", messages(), each[i]), "{}")
                ->status,
            404);
    (void)pg_sql("update team_rules set enabled = false where id = '%s' returning id", rule);
    assert_int_equal(try_again(), 409);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_try_that_comes_in_quiet_hours_waits_for_their_end, fresh),
        cmocka_unit_test_setup(a_test_is_told_in_quiet_hours, fresh),
        cmocka_unit_test_setup(one_whose_job_is_parked_is_tried_again, fresh),
        cmocka_unit_test_setup(one_parked_twice_has_ended, fresh),
        cmocka_unit_test_setup(one_that_waits_for_its_next_try_is_left_alone, fresh),
        cmocka_unit_test_setup(what_waits_and_is_due_gets_a_job, fresh),
        cmocka_unit_test_setup(one_that_is_stuck_shows_and_is_tried_again, fresh),
        cmocka_unit_test_setup(one_that_failed_is_tried_again, fresh),
        cmocka_unit_test_setup(what_is_not_there_is_not_tried, fresh),
    };
    return run_telling("team_tend", tests, sizeof(tests) / sizeof(tests[0]));
}
