/* The walls in the database: row security on every tenant table, roles that own nothing, functions
   of the owner that are pinned, and an audit trail that only grows. */
#include "pg/pg.h"

#include "access/private.h"
#include "base/json.h"
#include "proof/verify.h"

#include <string.h>

#define APP_ROLES "'track_web', 'track_worker'"

static void every_tenant_table_is_walled(void **state)
{
    (void)state;
    static const char tables[] =
        "select string_agg(c.relname, ' ') from pg_class c join pg_attribute a on a.attrelid = "
        "c.oid "
        "where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace "
        "and not c.relispartition and a.attname = 'tenant_id' and not a.attisdropped and not "
        "(c.relrowsecurity and c.relforcerowsecurity and exists "
        "(select from pg_policy p where p.polrelid = c.oid))";
    assert_null(pg_sql(tables));
    assert_true(pg_int("select count(*) from pg_policy") > 20);
    assert_int_equal(pg_int("select count(*) from pg_class where relname = 'tenants' and "
                            "relrowsecurity and relforcerowsecurity"),
                     1);
}

/* Row security of a parent does not guard its partitions from those who may name them. */
static void partitions_are_out_of_reach(void **state)
{
    (void)state;
    assert_true(pg_int("select count(*) from pg_class where relispartition") > 0);
    assert_int_equal(
        pg_int("select count(*) from pg_class c, pg_roles r where c.relispartition and c.relkind = "
               "'r' and r.rolname in (" APP_ROLES ") and has_table_privilege(r.oid, c.oid, "
               "'select, insert, update, delete, truncate')"),
        0);
}

static void app_roles_own_and_make_nothing(void **state)
{
    (void)state;
    assert_int_equal(
        pg_int("select count(*) from pg_class c join pg_roles r on r.oid = c.relowner where "
               "r.rolname in (" APP_ROLES ")"),
        0);
    assert_int_equal(
        pg_int("select count(*) from pg_proc p join pg_roles r on r.oid = p.proowner where "
               "r.rolname in (" APP_ROLES ")"),
        0);
    assert_int_equal(pg_int("select count(*) from pg_roles where rolname in (" APP_ROLES
                            ") and (rolsuper or "
                            "rolbypassrls or rolcreaterole or rolcreatedb or "
                            "has_schema_privilege(oid, 'public', 'create') or "
                            "pg_has_role(oid, 'track_owner', 'member'))"),
                     0);
}

static void functions_of_the_owner_are_pinned(void **state)
{
    (void)state;
    assert_true(pg_int("select count(*) from pg_proc where prosecdef") >= 4);
    assert_null(pg_sql("select string_agg(proname, ' ') from pg_proc where prosecdef and not "
                       "coalesce(proconfig, '{}') @> '{\"search_path=public, pg_temp\"}'"));
    assert_null(pg_sql("select string_agg(proname, ' ') from pg_proc where prosecdef and "
                       "prorettype <> 'trigger'::regtype and "
                       "has_function_privilege('public', oid, 'execute')"));
    assert_int_equal(pg_int("select count(*) from pg_proc where proname in ('session_open', "
                            "'client_open', 'login_user', 'login_client') and "
                            "has_function_privilege('track_worker', oid, 'execute')"),
                     0);
}

/* A statement in the tenant's scope, by itself. */
static enum err attempt(const char *role, const char *tenant_id, const char *text)
{
    struct ctx *c = pg_ctx(role);
    const struct sql q = { .name = "t_attempt", .text = text };
    db_begin(c->db, tenant_id);
    enum err e = db_run(c->db, c->arena, &q, NULL, NULL);
    return db_end(c->db, e);
}

static const char *add_entry(void)
{
    struct ctx *c = pg_ctx("track_web");
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "name", "Größe \"1\"");
    db_begin(c->db, pg_tenant());
    assert_int_equal(audit_add(c, "thing.added", "thing", "7", NULL, after), OK);
    assert_int_equal(db_commit(c->db), OK);
    return pg_sql("select max(seq) from audit_history where tenant_id = '%s'", pg_tenant());
}

static void audit_names_who_and_what(void **state)
{
    (void)state;
    add_entry();
    const char *wanted =
        arena_printf(pg_ctx("track_web")->arena,
                     "user|%s|Olga Owner|thing.added|thing|7|Größe \"1\"|test", pg_user());
    assert_string_equal(
        pg_sql(
            "select actor_kind || '|' || actor_id || '|' || actor_name || '|' || action || '|' || "
            "entity_type || '|' || entity_id || '|' || (after ->> 'name') || '|' || work_id "
            "from audit_history order by seq desc limit 1"),
        wanted);
}

static void audit_only_grows(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "update audit_history set action = 'x' where tenant_id = current_tenant()",
        "delete from audit_history where tenant_id = current_tenant()",
        "truncate audit_history",
        "alter table audit_history disable trigger append_only",
        "drop trigger audit_link on audit_history",
        "select * from audit_heads",
        "update audit_heads set seq = 0",
        "insert into audit_heads values (current_tenant(), 0, '')",
        "delete from audit_heads",
    };
    static const char *const roles[] = { "track_web", "track_worker" };
    add_entry();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(attempt(roles[j], pg_tenant(), texts[i]), ERR_DENIED);
    assert_int_equal(attempt("track_owner", pg_tenant(), texts[0]), ERR_DENIED);
    assert_int_equal(attempt("track_owner", pg_tenant(), texts[1]), ERR_DENIED);
    assert_int_equal(attempt("track_owner", pg_tenant(), texts[2]), ERR_DENIED);
}

static long long bad_entry(void)
{
    struct ctx *c = pg_ctx("track_worker");
    struct verification v = { 0 };
    c->tenant_id = pg_tenant();
    assert_int_equal(audit_verify(c, &v), OK);
    assert_true(v.entries > 0);
    return v.n ? v.findings[0].seq : 0;
}

/* An entry that came with numbers and digests of its own gets those of the chain. */
static void audit_numbers_are_given(void **state)
{
    (void)state;
    assert_int_equal(
        attempt("track_web", pg_tenant(),
                "insert into audit_history (tenant_id, seq, at, actor_kind, action, entity_type, "
                "prev_hash, hash) values (current_tenant(), 999, '2001-01-01', 'user', 'forged', "
                "'thing', '', '')"),
        OK);
    assert_int_equal(pg_int("select count(*) from audit_history where seq = 999 or at < now() - "
                            "interval '1 day'"),
                     0);
    assert_int_equal(bad_entry(), 0);
}

static void tampering_is_found(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        add_entry();
    long long last = pg_int("select max(seq) from audit_history"), middle = last - 2;
    assert_int_equal(bad_entry(), 0);
    pg_sql("alter table audit_history disable trigger append_only");
    pg_sql("create table saved as select * from audit_history");
    pg_sql("update audit_history set entity_id = '8' where seq = %lld", middle);
    assert_int_equal(bad_entry(), middle);
    pg_sql("update audit_history set entity_id = '7' where seq = %lld", middle);
    assert_int_equal(bad_entry(), 0);
    pg_sql("delete from audit_history where seq = %lld", middle);
    assert_int_equal(bad_entry(), middle);
    pg_sql("alter table audit_history disable trigger audit_link");
    pg_sql("insert into audit_history select * from saved where seq = %lld", middle);
    assert_int_equal(bad_entry(), 0);
    pg_sql("delete from audit_history where seq = %lld", last);
    assert_int_equal(bad_entry(), last);
    pg_sql("insert into audit_history select * from saved where seq = %lld", last);
    pg_sql("alter table audit_history enable trigger append_only");
    pg_sql("alter table audit_history enable trigger audit_link");
    assert_int_equal(bad_entry(), 0);
}

/* Every table of tenants with a row in it shows another tenant nothing. */
static void other_tenants_see_nothing(void **state)
{
    (void)state;
    static const char *const tables[] = { "tenants",         "users",           "sessions",
                                          "api_clients",     "audit_history",   "provider_accounts",
                                          "buildings",       "building_grants", "blobs",
                                          "idempotency_keys" };
    const char *other = pg_sql("insert into tenants (slug, name) values ('other', 'Other') "
                               "returning id");
    struct ctx *c = pg_ctx("track_web");
    other = arena_strdup(c->arena, other);
    pg_sql("insert into sessions (tenant_id, token_hash, user_id, csrf, expires_at) values ('%s', "
           "'\\x01', '%s', 'c', now() + interval '1 hour')",
           pg_tenant(), pg_user());
    pg_sql(
        "insert into api_clients (tenant_id, name, secret_hash, role) values ('%s', 'c', '\\x01', "
        "'viewer')",
        pg_tenant());
    pg_sql("insert into provider_accounts (tenant_id, provider, name) values ('%s', 'smtp', 's')",
           pg_tenant());
    pg_sql("insert into buildings (tenant_id, code, name) values ('%s', 'B', 'B')", pg_tenant());
    pg_sql("insert into building_grants select tenant_id, '%s', id from buildings", pg_user());
    pg_sql("insert into blobs (tenant_id, sha256, size, content_type) values ('%s', repeat('a', "
           "64), 1, 'text/plain')",
           pg_tenant());
    pg_sql("insert into idempotency_keys (tenant_id, key, route, request_hash) values ('%s', 'k', "
           "'r', '\\x01')",
           pg_tenant());
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const struct sql q = { .name = arena_printf(c->arena, "t_seen_%zu", i),
                               .text = arena_printf(c->arena, "select count(*)::int as n from %s",
                                                    tables[i]) };
        PGresult *mine, *theirs;
        db_begin(c->db, pg_tenant());
        assert_int_equal(db_run(c->db, c->arena, &q, NULL, &mine), OK);
        assert_int_equal(db_commit(c->db), OK);
        db_begin(c->db, other);
        assert_int_equal(db_run(c->db, c->arena, &q, NULL, &theirs), OK);
        assert_int_equal(db_commit(c->db), OK);
        assert_true(row_int(mine, 0, "n") > 0);
        assert_int_equal(row_int(theirs, 0, "n"), strcmp(tables[i], "tenants") == 0 ? 1 : 0);
    }
}

/* Intake keeps requests for any tenant by a function of the owner; nothing else may. */
static void the_inbox_is_walled_too(void **state)
{
    (void)state;
    static const char text[] =
        "insert into inbox (tenant_id, account_id, provider, dedupe_key, method, path, headers, "
        "body, body_sha256, verdict, mapper) values ('00000000-0000-7000-8000-000000000000', "
        "'00000000-0000-7000-8000-000000000000', 'p', 'k', 'POST', '/', '{}', '', '', 'v', 'm')";
    assert_int_equal(attempt("track_web", pg_tenant(), text), ERR_DENIED);
}

static void the_worker_makes_nobody(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "update users set role = 'owner' where tenant_id = current_tenant()",
        "update api_clients set role = 'admin' where tenant_id = current_tenant()",
        "select secret_hash from api_clients",
        "select password_hash from users",
        "update provider_accounts set settings = '{}' where tenant_id = current_tenant()",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(attempt("track_worker", pg_tenant(), texts[i]), ERR_DENIED);
}

int main(void)
{
    pg_start("access_scope");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tenant_table_is_walled),
        cmocka_unit_test(partitions_are_out_of_reach),
        cmocka_unit_test(app_roles_own_and_make_nothing),
        cmocka_unit_test(functions_of_the_owner_are_pinned),
        cmocka_unit_test(audit_names_who_and_what),
        cmocka_unit_test(audit_only_grows),
        cmocka_unit_test(audit_numbers_are_given),
        cmocka_unit_test(tampering_is_found),
        cmocka_unit_test(other_tenants_see_nothing),
        cmocka_unit_test(the_inbox_is_walled_too),
        cmocka_unit_test(the_worker_makes_nobody),
    };
    return pg_end(cmocka_run_group_tests_name("access_scope", tests, NULL, NULL));
}
