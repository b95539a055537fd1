/* Notes that name colleagues: who is meant, who may not be, how it is kept and told. */
#include "pg/asking.h"

#include "base/json.h"
#include "jobs/jobs.h"
#include "track/communication.h"
#include "track/demo.h"
#include "track/track.h"

#include <string.h>

static struct call agent, viewer, ada_session;
static char at[40], agent_id[40], ada[40], max[40], building[40];

static const struct answer *get(struct call *who, const char *after)
{
    static char path[200];
    snprintf(path, sizeof(path), "/api/track/communications/%s%s", at, after);
    who->method = "GET";
    who->path = path;
    who->query = who->body = NULL;
    return call(who);
}

static const struct answer *record(struct call *who, const char *note)
{
    static char path[200], json[1000];
    snprintf(path, sizeof(path), "/api/track/communications/%s/manual-event", at);
    snprintf(json, sizeof(json), "{\"type\": \"NOTE\", \"note\": \"%s\"}", note);
    who->method = "POST";
    who->path = path;
    who->type = "application/json";
    who->body = json;
    who->query = NULL;
    return call(who);
}

static void person(char *id, const char *tenant, const char *name, const char *email,
                   const char *role)
{
    keep(id, pg_sql("insert into users (tenant_id, email, name, password_hash, role) values "
                    "('%s', '%s', '%s', 'x', '%s') returning id",
                    tenant, email, name, role));
}

/* As the note written last holds them: "Ada Lovelace 4+13, …". */
static const char *spans(void)
{
    return pg_sql("select string_agg(u.name || ' ' || m.\"at\" || '+' || m.length, ', ' order by "
                  "m.\"at\") from note_mentions m join users u on u.id = m.user_id where "
                  "m.note_id = (select id from communication_audit_notes where communication_id "
                  "= '%s' order by created_at desc, id desc limit 1)",
                  at);
}

static long long jobs(void)
{
    return pg_int("select count(*) from jobs where kind = 'track.tell_mention'");
}

static void setup(void **state)
{
    (void)state;
    char other[40], tenant[40];
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    keep(agent_id, call_session(&agent, "agent"));
    (void)call_session(&viewer, "viewer");
    keep(ada, call_session(&ada_session, "agent"));
    keep(at, pg_sql("select id from communications where delivery_status = 'DELIVERED' order by "
                    "id limit 1"));
    keep(building, pg_sql("select building_id from communications where id = '%s'", at));
    pg_sql("update users set name = 'Ada Lovelace', email = 'ada@example.com' where id = '%s'",
           ada);
    person(max, pg_tenant(), "Max Muster", "max@example.com", "agent");
    pg_sql("update users set all_buildings = false where id = '%s'", max);
    person(other, pg_tenant(), "Ada", "countess@example.com", "admin");
    person(other, pg_tenant(), "Ägidius Öz", "oz@example.com", "viewer");
    keep(tenant,
         pg_sql("insert into tenants (slug, name) values ('else', 'Elsewhere') returning id"));
    person(other, tenant, "Eve Elsewhere", "eve@example.com", "owner");
}

static void without_an_account_nobody_is_told(void **state)
{
    (void)state;
    assert_int_equal(record(&agent, "@Ada Lovelace, look")->status, 201);
    assert_string_equal(spans(), "Ada Lovelace 0+13");
    assert_int_equal(record(&ada_session, "@Ada Lovelace, for myself")->status, 201);
    assert_string_equal(spans(), "Ada Lovelace 0+13");
    assert_int_equal(jobs(), 0);
    pg_sql("insert into provider_accounts (tenant_id, provider, name, settings) values ('%s', "
           "'smtp', 'Mail', '{\"host\": \"127.0.0.1\", \"port\": 9, \"security\": \"none\", "
           "\"from\": \"house@example.com\"}')",
           pg_tenant());
}

static void the_longest_name_is_meant(void **state)
{
    (void)state;
    static const char *const notes[][2] = {
        { "Für @Ada Lovelace: bitte", "Ada Lovelace 5+13" },
        { "@ada lovelace's and @ADA, both.", "Ada Lovelace 0+13, Ada 20+4" },
        { "@ägidius öz!", "Ägidius Öz 0+13" },
        { "(@ada@example.com.)", "Ada Lovelace 1+16" },
        { "@Ada Lovelace @Ada Lovelace", "Ada Lovelace 0+13, Ada Lovelace 14+13" },
    };
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        print_message("%s\n", notes[i][0]);
        assert_int_equal(record(&agent, notes[i][0])->status, 201);
        assert_string_equal(spans(), notes[i][1]);
    }
    assert_int_equal(jobs(), 6);
}

static void what_names_nobody_is_plain(void **state)
{
    (void)state;
    static const char *const notes[] = {
        "Write to keller@example.org or info@ada",  "@Adam Lovelace, @Ada_2, @Ada-Lea and @",
        "@Eve Elsewhere, @eve@example.com",         "ada@example.com wrote, x@@Ada",
        "@ada@example.com.au and @Ada@example.org",
    };
    long long before = jobs();
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        print_message("%s\n", notes[i]);
        assert_int_equal(record(&agent, notes[i])->status, 201);
        assert_null(spans());
    }
    assert_int_equal(jobs(), before);
}

static void refused(const char *note, const char *sentence)
{
    const struct answer *a = record(&agent, note);
    assert_int_equal(a->status, 422);
    struct json_object *fault = json_object_array_get_idx(json_get(a->json, "errors"), 0);
    assert_string_equal(json_text(fault, "field"), "note");
    assert_string_equal(json_text(fault, "message"), sentence);
}

static void who_may_not_see_it_is_refused(void **state)
{
    (void)state;
    char twin[40];
    long long notes = pg_int("select count(*) from communication_audit_notes"), before = jobs();
    refused("@Ada Lovelace and @Max Muster", "Max Muster may not see this message.");
    refused("@max@example.com", "Max Muster may not see this message.");
    person(twin, pg_tenant(), "Max Muster", "max2@example.com", "agent");
    assert_int_equal(record(&agent, "@Max Muster")->status, 201); /* the one who may */
    pg_sql("insert into building_grants (tenant_id, actor_id, building_id) values ('%s', '%s', "
           "'%s')",
           pg_tenant(), max, building);
    refused("@Max Muster", "There is more than one Max Muster: write @ and the e-mail address.");
    assert_int_equal(record(&agent, "@max2@example.com")->status, 201);
    pg_sql("update users set disabled_at = now() where id = '%s'", twin);
    refused("@max2@example.com", "Max Muster may not see this message.");
    assert_int_equal(record(&agent, "@Max Muster")->status, 201);
    assert_int_equal(pg_int("select count(*) from communication_audit_notes"), notes + 3);
    assert_int_equal(jobs(), before + 3);
}

static void whom_a_note_can_name(void **state)
{
    (void)state;
    assert_int_equal(get(&viewer, "/mentionable")->status, 403);
    struct json_object *people = json_get(get(&agent, "/mentionable")->json, "people");
    struct json_object *first = json_object_array_get_idx(people, 0);
    assert_string_equal(json_text(first, "mention"), "@Ada");
    for (size_t i = 0; i < json_object_array_length(people); i++) {
        struct json_object *one = json_object_array_get_idx(people, i);
        assert_string_not_equal(json_text(one, "userId"), agent_id);
        assert_string_not_equal(json_text(one, "name"), "Eve Elsewhere");
        if (strcmp(json_text(one, "name"), "Caller") == 0) /* the asker and the viewer have it */
            assert_int_equal(strncmp(json_text(one, "mention"), "@call", 5), 0);
    }
    pg_sql("update users set all_buildings = false where id = '%s'", agent_id);
    assert_int_equal(get(&agent, "/mentionable")->status, 404);
    assert_int_equal(record(&agent, "@Max Muster")->status, 404);
    pg_sql("update users set all_buildings = true where id = '%s'", agent_id);
}

static void every_note_can_name(void **state)
{
    (void)state;
    static char path[200];
    long long before = jobs();
    snprintf(path, sizeof(path), "/api/track/communications/%s/resend", at);
    agent.method = "POST";
    agent.path = path;
    agent.body = "{\"note\": \"As @Ada Lovelace asked\"}";
    assert_int_equal(call(&agent)->status, 202);
    assert_string_equal(spans(), "Ada Lovelace 3+13");
    assert_int_equal(jobs(), before + 1);
}

static struct json_object *last_note(struct call *who)
{
    return json_object_array_get_idx(json_get(get(who, "")->json, "notes"), 0);
}

static void a_mention_outlives_a_name(void **state)
{
    (void)state;
    static char path[200];
    assert_int_equal(record(&agent, "Ask @Ada Lovelace <b>now</b>")->status, 201);
    pg_sql("update users set name = 'Ada King' where id = '%s'", ada);
    struct json_object *note = last_note(&viewer), *mentions = json_get(note, "mentions");
    assert_string_equal(json_text(note, "note"), "Ask @Ada Lovelace <b>now</b>");
    assert_int_equal(json_object_array_length(mentions), 1);
    struct json_object *one = json_object_array_get_idx(mentions, 0);
    assert_string_equal(json_text(one, "name"), "Ada King");
    assert_string_equal(json_text(one, "userId"), ada);
    assert_null(json_get(note, "parts"));
    const char *shown = "Ask <strong class=\"mention\" title=\"Ada King\">@Ada Lovelace</strong> "
                        "&lt;b&gt;now&lt;/b&gt;</span>";
    snprintf(path, sizeof(path), "/messages/%s", at);
    viewer.path = path;
    assert_non_null(strstr(call(&viewer)->body, shown));
    viewer.path = "/track";
    viewer.query = pg_sql("select format('building=%%s&year=%%s&unit=%%s', building_id, year, "
                          "unit_id) from communications where id = '%s'",
                          at);
    assert_non_null(strstr(call(&viewer)->body, shown));
}

/* A job by itself, as the worker would run it. */
static enum err run(const char *user)
{
    struct job j = {
        .ctx = *pg_ctx("track_worker"), .id = 1, .token = 1, .attempt = 1, .max_attempts = 6
    };
    j.args = json_own(j.ctx.arena, json_object_new_object());
    json_set_text(j.args, "noteId",
                  pg_sql("select note_id from note_mentions where user_id = '%s' order by note_id "
                         "desc limit 1",
                         user));
    json_set_text(j.args, "userId", user);
    json_set_text(j.args, "email", "ada@example.com");
    return job_kind_of("track.tell_mention")->run(&j);
}

static void who_may_not_see_it_any_more_is_not_told(void **state)
{
    (void)state;
    pg_settings()->egress_allow = "127.0.0.1:9";
    assert_int_equal(run(ada), ERR_RETRY); /* nobody listens at the account */
    pg_sql("update users set disabled_at = now() where id = '%s'", ada);
    assert_int_equal(run(ada), OK);
    pg_sql("update users set disabled_at = null, all_buildings = false where id = '%s'", ada);
    assert_int_equal(run(ada), OK);
    pg_sql("update users set all_buildings = true where id = '%s'", ada);
    pg_sql("update provider_accounts set enabled = false");
    assert_int_equal(run(ada), ERR_RETRY);
    pg_sql("update provider_accounts set enabled = true");
}

static void other_tenants_see_nothing(void **state)
{
    (void)state;
    static const char seen[] = "select set_config('track.tenant', id::text, true) from tenants "
                               "where slug = '%s'; set local role track_web; select count(*) from "
                               "note_mentions";
    assert_true(pg_int(seen, "test") > 5);
    assert_int_equal(pg_int(seen, "else"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(without_an_account_nobody_is_told),
        cmocka_unit_test(the_longest_name_is_meant),
        cmocka_unit_test(what_names_nobody_is_plain),
        cmocka_unit_test(who_may_not_see_it_is_refused),
        cmocka_unit_test(whom_a_note_can_name),
        cmocka_unit_test(every_note_can_name),
        cmocka_unit_test(a_mention_outlives_a_name),
        cmocka_unit_test(who_may_not_see_it_any_more_is_not_told),
        cmocka_unit_test(other_tenants_see_nothing),
    };
    pg_start("track_mention");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
