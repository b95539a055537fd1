/* Evidence of many messages: planned, confirmed, written by the worker as one ZIP, and checked. */
#include "pg/needle.h"
#include "pg/packs.h"

#include "evidence/evidence.h"
#include "evidence/verify.h"
#include "proof/roots.h"

#include <stdio.h>

static struct call admin, agent;
static char agent_id[40], first[40], second[40], third[40];

/* Plans the evidence of some and confirms it: the export's id. */
static const char *asked(const struct call *who, const char *ids)
{
    static char export_id[40];
    char path[120];
    struct arena *a = looking()->arena;
    const struct answer *plan = ask(who, "POST", "/api/track/bulk",
                                    arena_printf(a, "{\"action\":\"evidence\",\"ids\":[%s]}", ids));
    assert_int_equal(plan->status, 201);
    assert_int_equal(json_object_get_int64(json_get(plan->json, "excluded")), 0);
    snprintf(path, sizeof(path), "/api/track/bulk/%s/confirm", json_text(plan->json, "bulkId"));
    plan = ask(who, "POST", path,
               arena_printf(a, "{\"planToken\":\"%s\"}", json_text(plan->json, "planToken")));
    assert_int_equal(plan->status, 202);
    assert_string_equal(json_text(plan->json, "state"), "RUNNING");
    assert_string_equal(json_text(plan->json, "format"), "evidence");
    keep(export_id, json_text(plan->json, "exportId"));
    return export_id;
}

static const char *ids_of_all(void)
{
    return arena_printf(looking()->arena, "\"%s\",\"%s\",\"%s\"", first, second, third);
}

/* Has the worker write it and takes it apart. */
static struct json_object *written(const struct call *who, const char *export_id)
{
    struct str bytes;
    char path[120];
    work();
    snprintf(path, sizeof(path), "/api/track/export/%s", export_id);
    const struct answer *a = ask(who, "GET", path, NULL);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "state"), "READY");
    assert_int_equal(
        store_get(pg_app()->store, looking()->arena, json_text(a->json, "sha256"), &bytes), OK);
    unpack(bytes);
    return a->json;
}

static struct evidence_verdict verdict(void)
{
    struct evidence_verdict v;
    assert_int_equal(evidence_verify(looking(), repack(), &v), OK);
    return v;
}

static void setup(void **state)
{
    int made;
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)call_session(&admin, "admin");
    keep(agent_id, call_session(&agent, "agent"));
    (void)pg_sql("update users set all_buildings = false where id = '%s'", agent_id);
    const char *one_of = "select c.id from communications c join buildings b on b.id = "
                         "c.building_id where c.delivery_status = 'DRAFT' order by b.name, c.id";
    keep(first, pg_sql("%s limit 1", one_of));
    keep(second, pg_sql("%s offset 1 limit 1", one_of));
    keep(third, pg_sql("select id from communications where building_id <> (select building_id "
                       "from communications where id = '%s') order by id limit 1",
                       first));
    came_long_ago(first);
    came_long_ago(second);
    fill(second, "second@example.org");
    assert_int_equal(roots_make(as("track_worker"), NULL, &made), OK);
}

static void a_set_holds_a_pack_of_each(void **state)
{
    (void)state;
    char digest[65];
    const char *id = asked(&admin, ids_of_all());
    struct json_object *export = written(&admin, id);
    assert_int_equal(json_object_get_int64(json_get(export, "rows")), 3);
    const char *name = json_text(json_get(export, "download"), "fileName");
    assert_memory_equal(name, "evidence-", 9);
    assert_string_equal(name + strlen(name) - 4, ".zip");
    keep(digest, json_text(export, "sha256"));
    struct evidence_verdict v = verdict();
    assert_null(v.sentence);
    assert_int_equal(v.packs, 3);
    assert_int_equal(v.root_count, 1);
    assert_int_equal(json_object_array_length(json_get(document("manifest.json"), "packs")), 3);
    assert_string_equal(pg_sql("select actor_kind || ' ' || (after ->> 'rows') from audit_history "
                               "where action = 'evidence.made' and entity_id = '%s'",
                               id),
                        "user 3");
    export = written(&admin, asked(&admin, ids_of_all()));
    assert_string_equal(json_text(export, "sha256"), digest);
}

/* What the manifest says of the pack of a message. */
static struct json_object *told_of(const char *id)
{
    struct json_object *packs = json_get(document("manifest.json"), "packs");
    for (size_t i = 0; i < json_object_array_length(packs); i++) {
        struct json_object *one = json_object_array_get_idx(packs, i);
        if (strcmp(json_text(one, "communicationId"), id) == 0)
            return one;
    }
    fail();
    return NULL;
}

static const char *in_pack(const char *id, const char *name)
{
    return arena_printf(looking()->arena, "%s%s", json_text(told_of(id), "folder"), name);
}

static void assert_said(const char *name, const char *how)
{
    const char *sentence = verdict().sentence;
    assert_non_null(sentence);
    assert_string_equal(sentence, arena_printf(looking()->arena, "%s %s", name, how));
}

static void what_was_changed_in_a_set_is_named(void **state)
{
    (void)state;
    char id[40];
    keep(id, asked(&admin, ids_of_all()));
    written(&admin, id);
    const char *name = in_pack(second, "message.json");
    change(name, "second@example.org", "third@example.org");
    assert_said(name, "was changed.");
    written(&admin, id);
    name = in_pack(third, "manifest.json");
    change(name, "\"removed\": [", "\"removed\":  [");
    assert_said(name, "was changed.");
    written(&admin, id);
    name = in_pack(first, "manifest.json");
    *entry_of(name) = entries[--entry_count];
    assert_said(name, "is missing.");
    written(&admin, id);
    change("manifest.json", json_text(told_of(first), "sha256"), "00");
    assert_said(in_pack(first, "manifest.json"), "was changed.");
    written(&admin, id);
    change(in_pack(second, "timeline.jsonl"), "\"grade\":\"B\"", "\"grade\":\"A\"");
    assert_non_null(strstr(verdict().sentence, "Event 2 of message "));
}

static void grants_of_then_and_now_count(void **state)
{
    (void)state;
    (void)pg_sql("insert into building_grants select distinct c.tenant_id, '%s'::uuid, "
                 "c.building_id from communications c where c.id in ('%s', '%s'); select ''",
                 agent_id, first, third);
    char id[40];
    keep(id, asked(&agent, ids_of_all()));
    (void)pg_sql("delete from building_grants where building_id = (select building_id from "
                 "communications where id = '%s'); select ''",
                 third);
    struct json_object *export = written(&agent, id);
    assert_int_equal(json_object_get_int64(json_get(export, "rows")), 2);
    assert_null(verdict().sentence);
    for (int i = 0; i < entry_count; i++)
        assert_null(memmem(entries[i].bytes.p, entries[i].bytes.n, third, strlen(third)));
    const struct answer *none =
        ask(&agent, "POST", "/api/track/bulk",
            arena_printf(looking()->arena, "{\"action\":\"evidence\",\"ids\":[\"%s\"]}", third));
    assert_int_equal(json_object_get_int64(json_get(none->json, "total")), 0);
}

static void only_a_plan_leads_to_it(void **state)
{
    (void)state;
    const struct answer *a =
        ask(&admin, "POST", "/api/track/export", "{\"format\":\"evidence\",\"year\":2025}");
    assert_int_equal(a->status, 422);
}

static void too_many_are_refused(void **state)
{
    (void)state;
    (void)pg_sql(
        "select set_config('track.tenant', '%s', false); with b as (insert into buildings "
        "(tenant_id, code, name) values (current_tenant(), 'MANY', 'Many') returning id), p as "
        "(insert into communication_batches (tenant_id, building_id, year) select "
        "current_tenant(), id, 2025 from b returning id), u as (insert into units (tenant_id, "
        "building_id, number) select current_tenant(), b.id, n::text from b, generate_series(1, "
        "%d) n returning id, building_id) insert into communications (tenant_id, batch_id, "
        "building_id, unit_id, year, channel, recipient_name, email, subject) select "
        "current_tenant(), p.id, u.building_id, u.id, 2025, 'EMAIL', 'Many', 'many@example.com', "
        "'Bill' from p, u; select ''",
        pg_tenant(), EVIDENCE_SET_MOST + 1);
    (void)pg_sql("analyze; select ''");
    const struct answer *a =
        ask(&admin, "POST", "/api/track/bulk", "{\"action\":\"evidence\",\"q\":\"building:MANY\"}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "These are more than 10000: say more closely which."));
    a = ask(&admin, "POST", "/api/track/bulk", "{\"action\":\"export\",\"q\":\"building:MANY\"}");
    assert_int_equal(a->status, 201);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(a_set_holds_a_pack_of_each),
        cmocka_unit_test(what_was_changed_in_a_set_is_named),
        cmocka_unit_test(grants_of_then_and_now_count),
        cmocka_unit_test(only_a_plan_leads_to_it),
        cmocka_unit_test(too_many_are_refused),
    };
    pg_start("evidence_set");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
