/* Calls of Knock's webhook channel: who may make them, and what becomes of those that nobody can
 * read. */
#include "pg/knocking.h"

static void only_who_knows_the_secret_and_not_too_late(void **state)
{
    (void)state;
    ship();
    go();
    const char *body = call_of(of_row("id"), pg_tenant(), "run");
    int64_t at = web->app->now_ms(web->app);
    long long before = pg_int("select count(*) from inbox");
    assert_int_equal(posted_by("another", body), 401);
    assert_int_equal(posted_by("", body), 401);
    assert_int_equal(deliver(NULL, body)->answer.status, 401);
    assert_int_equal(deliver("t=1,s=1", body)->answer.status, 401);
    assert_int_equal(deliver(signature(SECRET, body, at - 301000), body)->answer.status, 401);
    assert_int_equal(deliver(signature(SECRET, body, at + 302000), body)->answer.status, 401);
    assert_int_equal(deliver(signature(SECRET, "{}", at), body)->answer.status, 401);
    pg_settings()->knock_webhook_secret = "";
    assert_int_equal(posted_by("", body), 401);
    assert_int_equal(pg_int("select count(*) from inbox"), before);
    now();
    assert_asked();
}

/* An error would only bring it again. */
static void what_cannot_be_read_is_kept_and_answered(void **state)
{
    (void)state;
    ship();
    go();
    static const char *const bodies[] = {
        "<p>Hello</p>", "", "[]", "{}", "{\"data\":{}}", "{\"data\":{\"notificationId\":\"7\"}}"
    };
    long long before = pg_int("select count(*) from inbox where state = 'failed'");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(posted_by(SECRET, bodies[i]), 200);
    now();
    assert_int_equal(pg_int("select count(*) from inbox where state = 'failed'"), before + 6);
    assert_int_equal(
        posted_by(SECRET, call_of("01970000-0000-7000-8000-000000000001", pg_tenant(), "run")),
        200);
    now();
    assert_int_equal(pg_int("select count(*) from inbox where state = 'ignored' and error = 'There "
                            "is no such notification.'"),
                     1);
    assert_asked();
}

/* Its secret is that of all tenants. */
static void of_the_servers_calls_each_is_of_one_tenant(void **state)
{
    (void)state;
    static const char other[] = "01970000-0000-7000-8000-0000000000aa";
    ship();
    go();
    (void)pg_sql("insert into tenants (id, slug, name) values ('%s', 'other-knock', 'Other') on "
                 "conflict do nothing returning id",
                 other);
    (void)pg_sql("insert into provider_accounts (tenant_id, provider, name) values ('%s', '" KNOCK
                 "', 'Other') returning id",
                 other);
    long long before = pg_int("select count(*) from inbox");
    intake = intake_new(web->app, web->arena, web->db, domains);
    assert_int_equal(
        posted_by(SECRET, call_of(of_row("id"), "01970000-0000-7000-8000-0000000000bb", "run")),
        401);
    assert_int_equal(posted_by(SECRET, "{}"), 200); /* nobody's */
    assert_int_equal(pg_int("select count(*) from inbox"), before);
    assert_int_equal(posted_by(SECRET, call_of(of_row("id"), other, "run")), 200);
    now();
    assert_asked();
    call_back();
    now();
    assert_told_once();
    (void)pg_sql("delete from provider_accounts where tenant_id = '%s' returning id", other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_who_knows_the_secret_and_not_too_late, begin),
        cmocka_unit_test_setup(what_cannot_be_read_is_kept_and_answered, begin),
        cmocka_unit_test_setup(of_the_servers_calls_each_is_of_one_tenant, begin),
    };
    return run_knocking("notify_knock_hook", tests, sizeof(tests) / sizeof(tests[0]));
}
