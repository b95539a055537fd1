/* Rules of who is told: who may set them, what is refused, what is kept; and when a change is told,
 * by the clock of the place. */
#include "pg/asking.h"

#include "access/private.h"
#include "base/json.h"

#include <string.h>

#define RULES "/api/ship/team-rules"

static struct ctx *owner;
static struct call admin, agent;
static char slack[40], webhook[40], building[40];

/* ---- arranging ---- */

static void account(char *to, const char *provider, const char *settings, const char *secrets)
{
    const char *id, *why;
    struct json_object *s, *t;
    assert_int_equal(json_parse(owner->arena, str_of(settings), &json_request_limits, &s, &why),
                     OK);
    assert_int_equal(json_parse(owner->arena, str_of(secrets), &json_request_limits, &t, &why), OK);
    db_begin(owner->db, pg_tenant());
    assert_int_equal(provider_add(owner, provider, provider, s, t, &id), OK);
    assert_int_equal(db_commit(owner->db), OK);
    keep(to, id);
}

static const char *field_of(const struct answer *a, size_t i)
{
    struct json_object *list = json_get(a->json, "errors");
    return json_text(json_object_array_get_idx(list, i), "field");
}

static const char *id_of(const char *body)
{
    static char id[40];
    const struct answer *a = ask(&admin, "POST", RULES, body);
    assert_int_equal(a->status, 201);
    keep(id, json_text(a->json, "ruleId"));
    return id;
}

static const char *path_of(const char *id, const char *rest)
{
    return arena_printf(owner->arena, RULES "/%s%s", id, rest);
}

/* ---- rules ---- */

static void only_admins_set_them(void **state)
{
    (void)state;
    assert_int_equal(ask(&agent, "GET", RULES, NULL)->status, 403);
    assert_int_equal(ask(&agent, "POST", RULES, "{\"name\":\"A\",\"way\":\"email\"}")->status, 403);
    assert_int_equal(ask(&admin, "GET", RULES, NULL)->status, 200);
}

static void a_rule_is_kept_changed_and_removed_and_all_of_it_audited(void **state)
{
    (void)state;
    char id[40], body[600];
    snprintf(body, sizeof(body),
             "{\"name\":\"Trouble\",\"way\":\"slack\",\"accountId\":\"%s\",\"channel\":\"C1\","
             "\"shop\":\"Basel\",\"buildingId\":\"%s\",\"statuses\":[\"exception\",\"silent\"],"
             "\"quietFrom\":\"22:00\",\"quietUntil\":\"07:00\",\"digest\":\"hourly\"}",
             slack, building);
    const struct answer *a = ask(&admin, "POST", RULES, body);
    assert_int_equal(a->status, 201);
    keep(id, json_text(a->json, "ruleId"));
    assert_string_equal(json_text(a->json, "quietFrom"), "22:00");
    assert_string_equal(json_text(a->json, "buildingName"), "Seestrasse");
    assert_int_equal(json_object_array_length(json_get(a->json, "statuses")), 2);
    assert_true(json_object_get_boolean(json_get(a->json, "enabled")));

    a = ask(&admin, "PUT", path_of(id, ""),
            "{\"name\":\"Trouble\",\"way\":\"email\",\"role\":"
            "\"agent\",\"enabled\":true}");
    assert_int_equal(a->status, 200);
    assert_null(json_text(a->json, "accountId"));
    assert_null(json_text(a->json, "quietFrom"));
    assert_string_equal(json_text(a->json, "role"), "agent");

    assert_int_equal(ask(&admin, "DELETE", path_of(id, ""), NULL)->status, 200);
    assert_int_equal(ask(&admin, "GET", path_of(id, ""), NULL)->status, 404);
    assert_int_equal(ask(&admin, "DELETE", path_of(id, ""), NULL)->status, 404);
    assert_string_equal(pg_sql("select string_agg(action, ' ' order by seq) from audit_history "
                               "where entity_type = 'team_rule' and entity_id = '%s'",
                               id),
                        "team_rule.added team_rule.changed team_rule.removed");
    assert_string_equal(pg_sql("select concat_ws(' ', before->>'way', after->>'way') from "
                               "audit_history where action = 'team_rule.changed' and entity_id = "
                               "'%s'",
                               id),
                        "slack email");
}

static void a_name_is_taken_once_until_it_is_removed(void **state)
{
    (void)state;
    char first[40];
    keep(first, id_of("{\"name\":\"Twice\",\"way\":\"email\"}"));
    const struct answer *a = ask(&admin, "POST", RULES, "{\"name\":\"TWICE\",\"way\":\"email\"}");
    assert_int_equal(a->status, 422);
    assert_string_equal(field_of(a, 0), "name");
    const char *other = id_of("{\"name\":\"Other\",\"way\":\"email\"}");
    a = ask(&admin, "PUT", path_of(other, ""), "{\"name\":\"twice\",\"way\":\"email\"}");
    assert_int_equal(a->status, 422);
    assert_int_equal(ask(&admin, "DELETE", path_of(first, ""), NULL)->status, 200);
    a = ask(&admin, "PUT", path_of(other, ""), "{\"name\":\"twice\",\"way\":\"email\"}");
    assert_int_equal(a->status, 200);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    const struct {
        const char *body, *field;
    } cases[] = {
        { "{\"way\":\"email\"}", "name" },
        { "{\"name\":\"A\",\"way\":\"pigeon\"}", "way" },
        { "{\"name\":\"A\",\"way\":\"slack\"}", "accountId" },
        { "{\"name\":\"A\",\"way\":\"slack\",\"accountId\":\"%s\"}", "accountId" },
        { "{\"name\":\"A\",\"way\":\"email\",\"accountId\":\"%s\"}", "accountId" },
        { "{\"name\":\"A\",\"way\":\"webhook\",\"accountId\":\"%s\",\"role\":\"agent\"}", "role" },
        { "{\"name\":\"A\",\"way\":\"webhook\",\"accountId\":\"%s\",\"channel\":\"C\"}",
          "channel" },
        { "{\"name\":\"A\",\"way\":\"email\",\"statuses\":[\"lost\"]}", "statuses" },
        { "{\"name\":\"A\",\"way\":\"email\",\"quietFrom\":\"22:00\"}", "quietUntil" },
        { "{\"name\":\"A\",\"way\":\"email\",\"quietUntil\":\"22:00\"}", "quietFrom" },
        { "{\"name\":\"A\",\"way\":\"email\",\"quietFrom\":\"24:00\",\"quietUntil\":\"07:00\"}",
          "quietFrom" },
        { "{\"name\":\"A\",\"way\":\"email\",\"quietFrom\":\"22:00\",\"quietUntil\":\"7:00\"}",
          "quietUntil" },
        { "{\"name\":\"A\",\"way\":\"email\",\"quietFrom\":\"22:00\",\"quietUntil\":\"22:00\"}",
          "quietUntil" },
        { "{\"name\":\"A\",\"way\":\"email\",\"digest\":\"yearly\"}", "digest" },
        { "{\"name\":\"A\",\"way\":\"email\",\"buildingId\":\"0197a000-0000-7000-8000-"
          "000000000000\"}",
          "buildingId" },
    };
    long long before = pg_int("select count(*) from team_rules");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[400];
        /* of a webhook: for slack it is the wrong one */
        const char *at = strstr(cases[i].body, "%s");
        if (at)
            snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - cases[i].body), cases[i].body,
                     webhook, at + 2);
        const struct answer *a = ask(&admin, "POST", RULES, at ? body : cases[i].body);
        assert_int_equal(a->status, 422);
        assert_string_equal(field_of(a, 0), cases[i].field);
    }
    assert_int_equal(pg_int("select count(*) from team_rules"), before);
}

static void an_account_that_is_switched_off_is_none(void **state)
{
    (void)state;
    char body[200];
    snprintf(body, sizeof(body), "{\"name\":\"Off\",\"way\":\"slack\",\"accountId\":\"%s\"}",
             slack);
    (void)pg_sql("update provider_accounts set enabled = false where id = '%s' returning id",
                 slack);
    assert_int_equal(ask(&admin, "POST", RULES, body)->status, 422);
    (void)pg_sql("update provider_accounts set enabled = true where id = '%s' returning id", slack);
    assert_int_equal(ask(&admin, "POST", RULES, body)->status, 201);
}

/* ---- accounts ---- */

static enum err adding(const char *provider, const char *settings, const char *secrets)
{
    const char *id, *why;
    struct json_object *s, *t;
    assert_int_equal(json_parse(owner->arena, str_of(settings), &json_request_limits, &s, &why),
                     OK);
    assert_int_equal(json_parse(owner->arena, str_of(secrets), &json_request_limits, &t, &why), OK);
    db_begin(owner->db, pg_tenant());
    enum err e = provider_add(owner, provider, "A", s, t, &id);
    db_rollback(owner->db);
    owner->problem = (struct problem){ 0 };
    return e;
}

static void accounts_are_checked(void **state)
{
    (void)state;
    assert_int_equal(adding("webhook", "{\"url\":\"https://93.184.216.34/in\"}", "{}"),
                     ERR_INVALID);
    assert_int_equal(
        adding("webhook", "{\"url\":\"https://93.184.216.34/in\"}", "{\"secret\":\"whsec_short\"}"),
        ERR_INVALID);
    assert_int_equal(adding("webhook", "{\"url\":\"http://10.0.0.8/in\"}",
                            "{\"secret\":\"whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"}"),
                     ERR_INVALID);
    assert_int_equal(adding("slack", "{}", "{\"webhookUrl\":\"http://hooks.slack.com/x\"}"),
                     ERR_INVALID);
    assert_int_equal(adding("slack", "{}", "{\"webhookUrl\":\"https://127.0.0.1/x\"}"),
                     ERR_INVALID);
}

/* ---- when ---- */

static const char *due(const char *at, const char *zone, const char *digest, const char *from,
                       const char *until)
{
    return pg_sql("select to_char(team_due('%s', '%s', '%s', nullif('%s', '')::time, nullif('%s', "
                  "'')::time) at time zone 'UTC', 'MM-DD\"T\"HH24:MI')",
                  at, zone, digest, from, until);
}

#define ZURICH "Europe/Zurich"

static void at_once_each_hour_each_day(void **state)
{
    (void)state;
    assert_string_equal(due("2026-05-12T10:20Z", ZURICH, "none", "", ""), "05-12T10:20");
    assert_string_equal(due("2026-05-12T10:20Z", ZURICH, "hourly", "", ""), "05-12T11:00");
    assert_string_equal(due("2026-05-12T10:00Z", ZURICH, "hourly", "", ""), "05-12T11:00");
    assert_string_equal(due("2026-05-12T10:20Z", "Asia/Kolkata", "hourly", "", ""), "05-12T10:30");
    assert_string_equal(due("2026-05-12T05:59Z", ZURICH, "daily", "", ""), "05-12T06:00");
    assert_string_equal(due("2026-05-12T06:00Z", ZURICH, "daily", "", ""), "05-13T06:00");
    assert_string_equal(due("2026-05-12T22:30Z", ZURICH, "daily", "", ""), "05-13T06:00");
}

static void quiet_hours_over_midnight_and_within_a_day(void **state)
{
    (void)state;
    assert_string_equal(due("2026-05-12T19:59Z", ZURICH, "none", "22:00", "07:00"), "05-12T19:59");
    assert_string_equal(due("2026-05-12T20:00Z", ZURICH, "none", "22:00", "07:00"), "05-13T05:00");
    assert_string_equal(due("2026-05-12T23:30Z", ZURICH, "none", "22:00", "07:00"), "05-13T05:00");
    assert_string_equal(due("2026-05-13T04:59Z", ZURICH, "none", "22:00", "07:00"), "05-13T05:00");
    assert_string_equal(due("2026-05-13T05:00Z", ZURICH, "none", "22:00", "07:00"), "05-13T05:00");
    assert_string_equal(due("2026-05-12T10:30Z", ZURICH, "none", "12:00", "13:30"), "05-12T11:30");
    assert_string_equal(due("2026-05-12T11:30Z", ZURICH, "none", "12:00", "13:30"), "05-12T11:30");
}

static void a_digest_that_falls_into_them_comes_at_their_end(void **state)
{
    (void)state;
    assert_string_equal(due("2026-05-12T19:30Z", ZURICH, "hourly", "22:00", "07:00"),
                        "05-13T05:00");
    assert_string_equal(due("2026-05-12T10:00Z", ZURICH, "daily", "22:00", "09:15"), "05-13T07:15");
}

/* On 29 March 2026 2:00 becomes 3:00, on 25 October 3:00 becomes 2:00. */
static void the_clocks_change(void **state)
{
    (void)state;
    assert_string_equal(due("2026-03-28T22:00Z", ZURICH, "none", "22:00", "07:00"), "03-29T05:00");
    assert_string_equal(due("2026-10-24T21:00Z", ZURICH, "none", "22:00", "07:00"), "10-25T06:00");
    assert_string_equal(due("2026-03-29T00:30Z", ZURICH, "none", "22:00", "02:30"), "03-29T01:30");
    assert_string_equal(due("2026-03-29T00:30Z", ZURICH, "hourly", "", ""), "03-29T01:00");
    assert_string_equal(due("2026-10-25T00:30Z", ZURICH, "hourly", "", ""), "10-25T01:00");
    assert_string_equal(due("2026-10-25T01:30Z", ZURICH, "hourly", "", ""), "10-25T02:00");
    assert_string_equal(due("2026-03-28T10:00Z", ZURICH, "daily", "", ""), "03-29T06:00");
    assert_string_equal(due("2026-10-24T10:00Z", ZURICH, "daily", "", ""), "10-25T07:00");
}

/* Whatever the time and the rule: never earlier, never within the quiet hours, never over two days.
 */
static void it_is_never_earlier_and_never_in_quiet_hours(void **state)
{
    (void)state;
    assert_int_equal(
        pg_int("with x as (select at, digest, f, u, team_due(at, zone, digest, f, u) as due, zone "
               "from (select generate_series(day, day + interval '4 days', '17 min') as at from "
               "unnest('{2026-03-27Z, 2026-10-23Z, 2026-10-30Z}'::timestamptz[]) day) days, "
               "unnest(array['none', 'hourly', 'daily']) digest, unnest(array['Europe/Zurich', "
               "'America/New_York', 'UTC', 'Asia/Kolkata', 'Europe/Dublin']) zone, (values (time "
               "'22:00', time '07:00'), ('12:00', '13:00'), ('00:00', '06:30'), ('18:00', "
               "'00:00'), ('01:15', '01:45'), ('02:15', '02:45'), ('22:00', '02:30'), (null, "
               "null)) q(f, u)) select count(*) from x, lateral (select (due at time zone "
               "zone)::time as t) l where due < at or due > at + interval '2 days' or (f < u and t "
               ">= f and t < u) or (f > u and (t >= f or t < u))"),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_admins_set_them),
        cmocka_unit_test(a_rule_is_kept_changed_and_removed_and_all_of_it_audited),
        cmocka_unit_test(a_name_is_taken_once_until_it_is_removed),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(an_account_that_is_switched_off_is_none),
        cmocka_unit_test(accounts_are_checked),
        cmocka_unit_test(at_once_each_hour_each_day),
        cmocka_unit_test(quiet_hours_over_midnight_and_within_a_day),
        cmocka_unit_test(a_digest_that_falls_into_them_comes_at_their_end),
        cmocka_unit_test(the_clocks_change),
        cmocka_unit_test(it_is_never_earlier_and_never_in_quiet_hours),
    };
    pg_start("team_rules");
    owner = pg_ctx("track_owner");
    account(slack, "slack", "{}", "{\"webhookUrl\":\"https://93.184.216.34/services/T/B/X\"}");
    account(webhook, "webhook", "{\"url\":\"https://93.184.216.34/in\"}",
            "{\"secret\":\"whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"}");
    keep(building, pg_sql("insert into buildings (tenant_id, code, name) values ('%s', 'SEE', "
                          "'Seestrasse') returning id",
                          pg_tenant()));
    call_start(domains);
    call_session(&admin, "admin");
    call_session(&agent, "agent");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
