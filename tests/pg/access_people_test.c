/* What trackctl does for people and providers, and what buildings they may see. */
#include "pg/pg.h"

#include "access/private.h"
#include "base/json.h"

#include <string.h>

static struct ctx *owner(void)
{
    struct ctx *c = pg_ctx("track_owner");
    c->tenant_id = NULL;
    c->actor = (struct actor){ .kind = ACTOR_SYSTEM, .name = "trackctl" };
    return c;
}

static void commit(struct ctx *c)
{
    assert_int_equal(db_commit(c->db), OK);
}

static void a_tenant_is_made_and_found(void **state)
{
    (void)state;
    struct ctx *c = owner();
    const char *id, *found;
    assert_int_equal(tenant_add(c, "acme", "Acme", "Europe/Zurich", "de", &id), OK);
    assert_int_equal(tenant_set_open_tracking(c, true), OK);
    commit(c);
    assert_int_equal(tenant_find(c, "acme", &found), OK);
    assert_string_equal(found, id);
    assert_int_equal(pg_int("select count(*) from tenants where open_tracking and id = '%s'", id),
                     1);
    assert_int_equal(pg_int("select count(*) from audit_history where tenant_id = '%s'", id), 2);
    assert_int_equal(tenant_find(c, "none", &found), ERR_NOT_FOUND);
    assert_int_equal(tenant_add(c, "acme", "Again", "Europe/Zurich", "de", &id), ERR_CONFLICT);
    db_rollback(c->db);
    assert_int_equal(tenant_add(c, "new", "New", "Mars/Base", "de", &id), ERR_INVALID);
    db_rollback(c->db);
}

static void a_user_starts_with_a_password_for_once(void **state)
{
    (void)state;
    struct ctx *c = owner();
    struct user_new n = { .email = "new@example.com", .name = "New", .role = ROLE_ADMIN };
    const char *id, *password, *other;
    bool fits, stale;
    db_begin(c->db, pg_tenant());
    assert_int_equal(user_add(c, &n, &id, &password), OK);
    commit(c);
    const char *hash =
        arena_strdup(c->arena, pg_sql("select password_hash from users where id = '%s' "
                                      "and must_change_password and all_buildings",
                                      id));
    assert_int_equal(password_fits(c, hash, password, &fits, &stale), OK);
    assert_true(fits);
    db_begin(c->db, pg_tenant());
    n.email = "NEW@example.com";
    assert_int_equal(user_add(c, &n, &id, &password), ERR_CONFLICT);
    db_rollback(c->db);
    n.email = "no address";
    assert_int_equal(user_add(c, &n, &id, &password), ERR_INVALID);
    assert_int_equal(user_reset(c, "New@Example.com", &other), OK);
    commit(c);
    assert_string_not_equal(other, password);
    assert_int_equal(user_reset(c, "nobody@example.com", &other), ERR_NOT_FOUND);
    assert_int_equal(
        pg_int("select count(*) from audit_history where after::text like '%%%s%%'", password), 0);
}

static struct ctx *seeing(const char *actor_id, bool all)
{
    struct ctx *c = pg_ctx("track_web");
    c->actor.id = actor_id;
    c->actor.all_buildings = all;
    db_begin(c->db, pg_tenant());
    return c;
}

static void buildings_are_granted_one_by_one(void **state)
{
    (void)state;
    struct ctx *c = owner();
    static const char *const codes[] = { "B1", NULL }, *const unknown[] = { "B9", NULL };
    struct user_new n = {
        .email = "one@example.com", .name = "One", .role = ROLE_VIEWER, .buildings = codes
    };
    const char *id, *text;
    struct client_new made;
    pg_sql("insert into buildings (tenant_id, code, name) values ('%s', 'B1', 'One'), ('%s', 'B2', "
           "'Two')",
           pg_tenant(), pg_tenant());
    const char *b1 = arena_strdup(c->arena, pg_sql("select id from buildings where code = 'B1'"));
    const char *b2 = arena_strdup(c->arena, pg_sql("select id from buildings where code = 'B2'"));
    db_begin(c->db, pg_tenant());
    assert_int_equal(user_add(c, &n, &id, &text), OK);
    assert_int_equal(client_add(c, "Two only", ROLE_VIEWER, (const char *const[]){ "B2", NULL },
                                CLIENT_DAYS_MAX, &made),
                     OK);
    commit(c);
    assert_int_equal(may_see_building(seeing(id, false), b1), OK);
    assert_int_equal(may_see_building(seeing(id, false), b2), ERR_NOT_FOUND);
    assert_int_equal(may_see_building(seeing(made.id, false), b2), OK);
    assert_int_equal(may_see_building(seeing(made.id, false), b1), ERR_NOT_FOUND);
    assert_int_equal(may_see_building(seeing(pg_user(), true), b2), OK);
    assert_int_equal(may_see_building(seeing(pg_user(), true), pg_user()), ERR_NOT_FOUND);
    assert_int_equal(may_see_building(seeing(pg_user(), true), "x"), ERR_NOT_FOUND);
    assert_int_equal(may_see_building(seeing(NULL, false), b1), ERR_NOT_FOUND);
    db_begin(c->db, pg_tenant());
    n.email = "two@example.com";
    n.buildings = unknown;
    assert_int_equal(user_add(c, &n, &id, &text), ERR_INVALID);
    db_rollback(c->db);
    assert_int_equal(pg_int("select count(*) from users where email = 'two@example.com'"), 0);
}

static struct json_object *one(struct ctx *c, const char *key, const char *value)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, key, value);
    return o;
}

static void provider_secrets_are_sealed_to_their_row(void **state)
{
    (void)state;
    struct ctx *c = owner();
    struct provider_account found;
    const char *id, *second;
    struct json_object *mail = one(c, "host", "mx.example.com");
    json_set_text(mail, "from", "billing@example.com");
    assert_int_equal(scope_enter(c, pg_tenant()), OK);
    assert_int_equal(provider_find(c, "email", &found), ERR_NOT_FOUND);
    assert_int_equal(provider_add(c, "smtp", "Mail", mail, one(c, "password", "hush hush"), &id),
                     OK);
    assert_int_equal(provider_add(c, "msgraph", "Graph", one(c, "mailbox", "a@b.ch"),
                                  one(c, "clientSecret", "silence"), &second),
                     OK);
    commit(c);
    assert_int_equal(pg_int("select count(*) from provider_accounts where secrets like 'v1.%%' and "
                            "provider_accounts::text not like '%%hush%%'"),
                     2);
    assert_int_equal(pg_int("select count(*) from audit_history where after::text like '%%hush%%'"),
                     0);
    assert_int_equal(scope_enter(c, pg_tenant()), OK);
    assert_int_equal(provider_find(c, "email", &found), OK);
    assert_string_equal(found.id, id);
    assert_string_equal(found.provider, "smtp");
    assert_string_equal(json_text(found.settings, "host"), "mx.example.com");
    assert_string_equal(json_text(found.secrets, "password"), "hush hush");
    assert_int_equal(provider_find(c, "msgraph", &found), OK);
    assert_int_equal(provider_get(c, second, &found), OK);
    assert_string_equal(json_text(found.secrets, "clientSecret"), "silence");
    commit(c);
    pg_sql(
        "update provider_accounts set secrets = (select secrets from provider_accounts where id = "
        "'%s') where id = '%s'",
        second, id);
    assert_int_equal(scope_enter(c, pg_tenant()), OK);
    assert_int_equal(provider_get(c, id, &found), ERR_INTERNAL);
    commit(c);
    pg_sql("update provider_accounts set enabled = false, secrets = null where id = '%s'", id);
    assert_int_equal(scope_enter(c, pg_tenant()), OK);
    assert_int_equal(provider_get(c, id, &found), ERR_NOT_FOUND);
    assert_int_equal(provider_find(c, "email", &found), OK);
    assert_string_equal(found.id, second);
    commit(c);
}

static void other_tenants_accounts_are_not_found(void **state)
{
    (void)state;
    struct ctx *c = owner(), *web = pg_ctx("track_web");
    struct provider_account found;
    const char *id, *other;
    assert_int_equal(tenant_add(c, "else", "Else", "UTC", "en", &other), OK);
    assert_int_equal(provider_add(c, "pigeon", "Pigeon", one(c, "a", "b"), NULL, &id), OK);
    commit(c);
    db_begin(web->db, other);
    web->tenant_id = other;
    assert_int_equal(provider_get(web, id, &found), OK);
    assert_int_equal(json_object_object_length(found.secrets), 0);
    commit(web);
    db_begin(web->db, pg_tenant());
    assert_int_equal(provider_get(web, id, &found), ERR_NOT_FOUND);
    assert_int_equal(provider_find(web, "pigeon", &found), ERR_NOT_FOUND);
    commit(web);
}

static void what_replies_in_conversations_needs_a_token(void **state)
{
    (void)state;
    struct ctx *c = owner();
    struct provider_account found;
    struct json_object *channel = one(c, "channelId", "cha_9m2k");
    const char *id;
    assert_int_equal(scope_enter(c, pg_tenant()), OK);
    assert_int_equal(provider_add(c, "front", "Shop", channel, one(c, "apiTocken", "hush"), &id),
                     ERR_INVALID);
    assert_string_equal(c->problem.faults[0].field, "apiToken");
    assert_string_equal(c->problem.faults[0].message, "is missing");
    c->problem = (struct problem){ 0 };
    assert_int_equal(provider_add(c, "front", "Shop", one(c, "endpoint", "http://10.0.0.1"),
                                  one(c, "apiToken", "hush"), &id),
                     ERR_INVALID);
    assert_int_equal(c->problem.n, 1);
    assert_string_equal(c->problem.faults[0].field, "endpoint");
    assert_int_equal(provider_add(c, "front", "Shop", channel, one(c, "apiToken", "hush"), &id),
                     OK);
    assert_int_equal(provider_find(c, "conversation", &found), OK);
    assert_string_equal(found.id, id);
    assert_string_equal(found.provider, "front");
    const struct provider_change without = { .settings = one(c, "channelId", ""),
                                             .secrets = one(c, "apiToken", "") };
    assert_int_equal(provider_change(c, id, &without), ERR_INVALID);
    commit(c);
}

static void who_tells_of_parcels_proves_it(void **state)
{
    (void)state;
    struct ctx *c = owner();
    const char *id;
    struct json_object *secret = one(c, "webhookSecret", "hush"), *token = one(c, "token", "hush");
    assert_int_equal(scope_enter(c, pg_tenant()), OK);
    assert_int_equal(provider_add(c, "ship24", "Ship24", one(c, "utcOffset", "IST"), NULL, &id),
                     ERR_INVALID);
    assert_int_equal(c->problem.n, 2);
    assert_string_equal(c->problem.faults[0].message, "is not an offset like +01:00");
    assert_string_equal(c->problem.faults[1].field, "webhookSecret");
    assert_int_equal(
        provider_add(c, "ship24", "Ship24", one(c, "utcOffset", "+05:30"), secret, &id), OK);
    c->problem = (struct problem){ 0 };
    assert_int_equal(provider_add(c, "generic", "Alpine", one(c, "utcOffset", "Z"), token, &id),
                     ERR_INVALID);
    assert_int_equal(
        provider_add(c, "generic", "Alpine", one(c, "carrier", "Alpine/Post"), token, &id),
        ERR_INVALID);
    assert_string_equal(c->problem.faults[0].message, "is missing");
    assert_string_equal(c->problem.faults[1].message,
                        "may only hold small letters, digits and - _ .");
    assert_int_equal(
        provider_add(c, "generic", "Alpine", one(c, "carrier", "alpine-post"), token, &id), OK);
    commit(c);
}

int main(void)
{
    pg_start("access_people");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tenant_is_made_and_found),
        cmocka_unit_test(a_user_starts_with_a_password_for_once),
        cmocka_unit_test(buildings_are_granted_one_by_one),
        cmocka_unit_test(provider_secrets_are_sealed_to_their_row),
        cmocka_unit_test(other_tenants_accounts_are_not_found),
        cmocka_unit_test(what_replies_in_conversations_needs_a_token),
        cmocka_unit_test(who_tells_of_parcels_proves_it),
    };
    return pg_end(cmocka_run_group_tests_name("access_people", tests, NULL, NULL));
}
