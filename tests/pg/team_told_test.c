/* Who is told of what and when: by e-mail too, by a rule's choice, after quiet hours; and never at
   the customer's cost. */
#include "pg/telling.h"

/* ---- e-mail ---- */

static void person(const char *address, const char *role, bool whole)
{
    (void)pg_sql("insert into users (tenant_id, email, name, password_hash, role, all_buildings) "
                 "values ('%s', '%s@staff.example', 'P %s', 'x', '%s', %s) on conflict do nothing "
                 "returning id",
                 pg_tenant(), address, address, role, whole ? "true" : "false");
}

static void people_of_a_role_are_told_once_each(void **state)
{
    (void)state;
    person("eva", "viewer", true);
    person("full", "viewer", true);
    person("few", "viewer", false);
    person("ann", "owner", true);
    rule_new("email", NULL, ",\"role\":\"viewer\"");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "sending");
    later();
    assert_string_equal(state_of(), "sending");
    assert_int_equal(mails("eva@staff.example"), 1);
    assert_int_equal(mails("few@staff.example"), 0);
    assert_int_equal(mails("ann@staff.example"), 0);
    (void)pg_sql("update users set disabled_at = now() where email = 'full@staff.example' "
                 "returning id");
    later();
    assert_string_equal(state_of(), "sent");
    assert_int_equal(mails("eva@staff.example"), 1);
}

static void one_wrong_address_holds_up_nobody(void **state)
{
    (void)state;
    person("unknown", "owner", true);
    person("zoe", "owner", true);
    rule_new("email", NULL, ",\"role\":\"owner\"");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "sent");
    assert_int_equal(mails("zoe@staff.example"), 1);
    assert_non_null(strstr(pg_sql("select error from team_messages where id = " LAST),
                           "P unknown did not get it"));
}

static void what_reached_nobody_is_no_success(void **state)
{
    (void)state;
    (void)pg_sql("update users set disabled_at = now() where role = 'owner' returning id");
    person("refused", "owner", true);
    (void)pg_sql("update users set disabled_at = null where email in ('refused@staff.example', "
                 "'unknown@staff.example') returning id");
    rule_new("email", NULL, ",\"role\":\"owner\"");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "failed");
    const char *why = pg_sql("select error from team_messages where id = " LAST);
    assert_non_null(strstr(why, "P unknown did not get it"));
    assert_non_null(strstr(why, "P refused did not get it"));
    assert_int_equal(jobs(), 0);
}

static void nobody_of_a_role(void **state)
{
    (void)state;
    (void)pg_sql("update users set disabled_at = now() where role = 'viewer' returning id");
    rule_new("email", NULL, ",\"role\":\"viewer\"");
    changed("delivered");
    go();
    assert_string_equal(state_of(), "failed");
    assert_int_equal(jobs(), 0);
}

/* ---- what is told ---- */

static long long waiting(void)
{
    return pg_int("select count(*) from team_notices where rule_id = '%s'", rule);
}

static void rules_choose(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        int matched;
    } cases[] = {
        { "", 1 },
        { ",\"statuses\":[\"delivered\"]", 1 },
        { ",\"statuses\":[\"exception\",\"silent\"]", 0 },
        { ",\"shop\":\"basel\"", 1 },
        { ",\"shop\":\"Bern\"", 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fresh(NULL);
        rule_new("slack", hook_account, cases[i].more);
        changed("delivered");
        assert_int_equal(waiting(), cases[i].matched);
    }
    char building[40], more[100];
    fresh(NULL);
    keep(building, pg_sql("insert into buildings (tenant_id, code, name) values ('%s', 'BASEL', "
                          "'In Basel') returning id",
                          pg_tenant()));
    snprintf(more, sizeof(more), ",\"buildingId\":\"%s\"", building);
    rule_new("slack", hook_account, more);
    changed("delivered");
    assert_int_equal(waiting(), 1);
    (void)pg_sql("update orders set shop = 'Bern' where id = '%s' returning id", order);
    changed("exception");
    assert_int_equal(waiting(), 1);
}

static void what_is_muted_is_not_told_and_a_dry_run_says_so(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    emit("in_transit", "delivered", true, false);
    dispatch();
    assert_int_equal(waiting(), 0);
    emit("in_transit", "delivered", false, true);
    dispatch();
    go();
    assert_non_null(strstr(json_text(last_of("posted"), "text"), "[Dry run] Order"));
}

static void a_silence_is_told_to_who_asked_for_it(void **state)
{
    (void)state;
    char first[40];
    rule_new("slack", hook_account, ",\"statuses\":[\"delivered\"]");
    keep(first, rule);
    rule_new("slack", hook_account, ",\"statuses\":[\"silent\"]");
    (void)pg_sql("update shipments set dry_run = true where id = '%s' returning id", shipment);
    size_t before = posts();
    db_begin(c->db, pg_tenant());
    assert_int_equal(event_emit(c, SHIPMENT_SILENT, "shipment", shipment, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
    dispatch();
    go();
    assert_int_equal(posts(), before + 1);
    const char *text = json_text(last_of("posted"), "text");
    assert_non_null(strstr(text, "no scan for longer than usual"));
    assert_non_null(strstr(text, "[Dry run]"));
    assert_int_equal(pg_int("select count(*) from team_notices where rule_id = '%s'", first), 0);
}

static void quiet_hours_gather_and_their_end_tells(void **state)
{
    (void)state;
    const char *hours =
        pg_sql("select format(',\"quietFrom\":\"%%s\",\"quietUntil\":\"%%s\"', to_char((now() at "
               "time zone time_zone) - interval '1 hour', 'HH24:MI'), to_char((now() at time zone "
               "time_zone) + interval '1 hour', 'HH24:MI')) from tenants where id = '%s'",
               pg_tenant());
    rule_new("slack", hook_account, arena_strdup(c->arena, hours));
    size_t before = posts();
    changed("delivered");
    changed("exception");
    go();
    assert_int_equal(posts(), before);
    assert_int_equal(jobs(), 1);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'notify.team' and run_at "
                            "between now() + interval '57 min' and now() + interval '61 min'"),
                     1);
    (void)pg_sql("update team_notices set due_at = now() where rule_id = '%s' returning id", rule);
    (void)pg_sql("update team_rules set quiet_from = null, quiet_until = null where id = '%s' "
                 "returning id",
                 rule);
    later();
    assert_int_equal(posts(), before + 1);
    assert_non_null(strstr(json_text(last_of("posted"), "text"), "2 changes of parcels"));
}

static void switching_off_drops_what_waits(void **state)
{
    (void)state;
    rule_new("slack", hook_account, ",\"digest\":\"daily\"");
    changed("delivered");
    char path[120], body[200];
    snprintf(path, sizeof(path), "/api/ship/team-rules/%s", rule);
    snprintf(body, sizeof(body), "{\"name\":\"Off %s\",\"way\":\"slack\",\"accountId\":\"%s\"}",
             rule, hook_account);
    size_t before = posts();
    assert_int_equal(ask(&admin, "PUT", path, body)->status, 200);
    assert_string_equal(pg_sql("select state from team_notices where rule_id = '%s'", rule),
                        "dropped");
    (void)pg_sql("update team_notices set due_at = now() where rule_id = '%s' returning id", rule);
    later();
    assert_int_equal(posts(), before);
    assert_int_equal(jobs(), 0);
}

/* Who adds while a job takes is not lost: the job that took is not relied on. */
static void who_comes_while_it_is_taken_is_told_too(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    size_t before = posts();
    changed("out_for_delivery");
    (void)pg_sql("update jobs set state = 'running', lease_until = now() + interval '1 hour', "
                 "token = token + 1 where kind = 'notify.team' returning id");
    (void)pg_sql("update team_rules set turn = turn + 1 where id = '%s' returning id", rule);
    changed("delivered");
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'notify.team' and state = "
                            "'ready'"),
                     1);
    go();
    assert_int_equal(posts(), before + 1);
}

static void a_test_is_told_at_once(void **state)
{
    (void)state;
    rule_new("slack", hook_account, ",\"digest\":\"daily\"");
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/team-rules/%s/test", rule);
    assert_int_equal(ask(&admin, "POST", path, "{}")->status, 202);
    go();
    assert_non_null(strstr(json_text(last_of("posted"), "text"), "This is a test of the rule"));
    assert_string_equal(state_of(), "sent");
}

/* ---- the customer's ---- */

/* A team that cannot be told holds up no customer: his reaction has run before, by itself. */
static void the_customers_reaction_is_not_hurt(void **state)
{
    (void)state;
    rule_new("slack", hook_account, "");
    (void)pg_sql("alter table team_notices add constraint broken check (status <> 'delivered') not "
                 "valid");
    changed("delivered");
    (void)pg_sql("alter table team_notices drop constraint broken");
    assert_int_equal(
        pg_int("select count(*) from customer_notifications where shipment_id = '%s'", shipment),
        1);
    assert_int_equal(waiting(), 0);
    (void)pg_sql("update domain_events set next_at = now() where entity_id = '%s' returning id",
                 shipment);
    dispatch();
    assert_int_equal(waiting(), 1);
    assert_int_equal(
        pg_int("select count(*) from customer_notifications where shipment_id = '%s'", shipment),
        1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(people_of_a_role_are_told_once_each, fresh),
        cmocka_unit_test_setup(one_wrong_address_holds_up_nobody, fresh),
        cmocka_unit_test_setup(what_reached_nobody_is_no_success, fresh),
        cmocka_unit_test_setup(nobody_of_a_role, fresh),
        cmocka_unit_test(rules_choose),
        cmocka_unit_test_setup(what_is_muted_is_not_told_and_a_dry_run_says_so, fresh),
        cmocka_unit_test_setup(a_silence_is_told_to_who_asked_for_it, fresh),
        cmocka_unit_test_setup(quiet_hours_gather_and_their_end_tells, fresh),
        cmocka_unit_test_setup(switching_off_drops_what_waits, fresh),
        cmocka_unit_test_setup(who_comes_while_it_is_taken_is_told_too, fresh),
        cmocka_unit_test_setup(a_test_is_told_at_once, fresh),
        cmocka_unit_test_setup(the_customers_reaction_is_not_hurt, fresh),
    };
    return run_telling("team_told", tests, sizeof(tests) / sizeof(tests[0]));
}
