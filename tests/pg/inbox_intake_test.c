/* Intake of webhooks: verified, kept once, together; faults of ours are never the sender's. */
#include "inbox/inbox.h"
#include "jobs/jobs.h"
#include "pg.h"

#include "base/crypto.h"
#include "base/domain.h"
#include "base/json.h"
#include "inbox/intake.h"

#include <string.h>

static const char *header(const struct hook_request *r, const char *name)
{
    for (const char *const *h = r->headers; h[0]; h += 2)
        if (strcmp(h[0], name) == 0)
            return h[1];
    return NULL;
}

static enum hook_verdict verify(const struct hook_request *r, const struct hook_account *account,
                                const char **key, struct hook_answer *answer)
{
    const char *given = header(r, "x-secret");
    if (!account) {
        if (strncmp(r->query_string, "hello=", 6) != 0)
            return HOOK_REFUSE;
        *answer = (struct hook_answer){ .status = 200,
                                        .content_type = "text/plain",
                                        .body = str_of(r->query_string + 6) };
        return HOOK_ANSWER;
    }
    if (!given || strcmp(given, json_text(account->secrets, "secret")) != 0)
        return HOOK_REFUSE;
    *key = header(r, "x-key");
    *answer = (struct hook_answer){ .status = 202 };
    return HOOK_KEEP;
}

static const struct hook hooks[] = {
    { "sample.mail", "/api/hooks/sample", verify, "sample.mail/1", NULL, false },
    /* Without a mapper the database takes no row of it: a neighbour that is at fault. */
    { "sample.broken", "/api/hooks/broken", verify, NULL, NULL, false },
    { .provider = NULL },
};
static const struct domain sample = { .name = "sample", .hooks = hooks };
static const struct domain *const list[] = { &sample, NULL };

static struct ctx *ctx;
static struct intake *intake;

static void add_account(const char *provider, const char *secret)
{
    const char *id = pg_sql("select uuid7()");
    id = arena_strdup(ctx->arena, id);
    const char *where =
        arena_printf(ctx->arena, "provider_accounts|secrets|%s|%s", pg_tenant(), id);
    const char *plain = arena_printf(ctx->arena, "{\"secret\":\"%s\"}", secret);
    pg_sql("insert into provider_accounts (tenant_id, id, provider, name, secrets) "
           "values ('%s', '%s', '%s', 'Sample', '%s')",
           pg_tenant(), id, provider, secret_seal(ctx->app, ctx->arena, str_of(plain), where));
}

static struct delivery *delivery(const char *path, const char *secret, const char *key,
                                 const char *body)
{
    struct delivery *d = arena_new_of(ctx->arena, struct delivery);
    const char **headers = arena_zalloc(ctx->arena, 9, sizeof(*headers));
    const char *const all[] = { "x-secret", secret, "x-odd", "\xff", "x-key", key };
    for (size_t i = 0, n = 0; i < 6; i += 2) {
        if (all[i + 1]) {
            headers[n++] = all[i];
            headers[n++] = all[i + 1];
        }
    }
    d->request = (struct hook_request){ .app = ctx->app,
                                        .arena = ctx->arena,
                                        .path = path,
                                        .query_string = "",
                                        .method = "POST",
                                        .body = str_of(body),
                                        .headers = headers };
    return d;
}

static void keeps_each_once(void **state)
{
    (void)state;
    struct delivery *d[] = {
        delivery("/api/hooks/sample", "s1", "k1", "{\"a\":1}"),
        delivery("/api/hooks/sample", "wrong", "k2", "{}"),
        delivery("/api/hooks/sample", "s2", "k1", "{\"b\":2}"),
        delivery("/api/hooks/sample", "s1", "k1", "{\"a\":1}"),
        delivery("/api/hooks/nothing", "s1", "k3", "{}"),
        delivery("/api/hooks/sample", NULL, NULL, ""),
    };
    d[5]->request.query_string = "hello=there";
    intake_take(intake, ctx->arena, d, 6);
    assert_int_equal(d[0]->answer.status, 202);
    assert_int_equal(d[1]->answer.status, 401);
    assert_int_equal(d[2]->answer.status, 202);
    assert_int_equal(d[3]->answer.status, 202);
    assert_null(d[4]->hook);
    assert_int_equal(d[5]->answer.status, 200);
    assert_memory_equal(d[5]->answer.body.p, "there", 5);
    assert_int_equal(pg_int("select count(*) from inbox"), 2);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'inbox.process' and "
                            "args ->> 'inboxId' in (select id::text from inbox)"),
                     2);
    assert_string_equal(
        pg_sql("select convert_from(body, 'UTF8') from inbox where body like '%%a%%'"),
        "{\"a\":1}");
    assert_string_equal(pg_sql("select distinct headers ->> 'x-secret' from inbox"), "[redacted]");
    assert_string_equal(pg_sql("select distinct headers ->> 'x-odd' from inbox"), "[not text]");
    assert_int_equal(pg_int("select count(*) from inbox where body_sha256 = sha256(body)"), 2);
    d[0] = delivery("/api/hooks/sample", "s1", "k1", "{\"a\":1}");
    intake_take(intake, ctx->arena, d, 1);
    assert_int_equal(d[0]->answer.status, 202);
    assert_int_equal(pg_int("select count(*) from inbox"), 2);
}

static void a_neighbour_spoils_nothing(void **state)
{
    (void)state;
    struct delivery *d[] = {
        delivery("/api/hooks/sample", "s1", "n1", "1"),
        delivery("/api/hooks/broken", "s1", "n2", "2"),
        delivery("/api/hooks/sample", "s1", "n3", "3"),
    };
    intake_take(intake, ctx->arena, d, 3);
    assert_false(d[0]->failed);
    assert_true(d[1]->failed);
    assert_false(d[2]->failed);
    assert_int_equal(pg_int("select count(*) from inbox where dedupe_key in ('n1', 'n3')"), 2);
    assert_int_equal(pg_int("select count(*) from inbox where dedupe_key = 'n2'"), 0);
}

static void keys_of_any_kind(void **state)
{
    (void)state;
    char longest[2000];
    memset(longest, 'k', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    struct delivery *d[] = {
        delivery("/api/hooks/sample", "s1", longest, "1"),
        delivery("/api/hooks/sample", "s1", "\xff", "2"),
        delivery("/api/hooks/sample", "s1", NULL, "3"),
        delivery("/api/hooks/sample", "s1", NULL, "3"),
    };
    intake_take(intake, ctx->arena, d, 4);
    for (int i = 0; i < 4; i++)
        assert_false(d[i]->failed);
    assert_int_equal(pg_int("select count(*) from inbox where dedupe_key like 'sha256:%%'"), 3);
}

static void a_new_account_is_seen(void **state)
{
    (void)state;
    struct delivery *d[] = { delivery("/api/hooks/sample", "late", "l1", "1") };
    intake_take(intake, ctx->arena, d, 1);
    assert_int_equal(d[0]->answer.status, 401);
    add_account("sample.mail", "late");
    pg_clock_shift(1500);
    d[0] = delivery("/api/hooks/sample", "late", "l1", "1");
    intake_take(intake, ctx->arena, d, 1);
    assert_int_equal(d[0]->answer.status, 202);
}

static bool full_disk(const struct app *app, unsigned long long *left, unsigned long long *size)
{
    (void)app;
    *left = 1;
    *size = 100;
    return true;
}

/* What is not ours stays refused for good; the rest is to come again. */
static void a_full_house_puts_off(void **state)
{
    (void)state;
    struct delivery *d[] = {
        delivery("/api/hooks/sample", "s1", "full", "1"),
        delivery("/api/hooks/sample", "wrong", "full", "1"),
        delivery("/api/hooks/sample", NULL, NULL, ""),
    };
    d[2]->request.query_string = "hello=there";
    pg_app()->disk = full_disk;
    pg_clock_shift(60000);
    intake_take(intake, ctx->arena, d, 3);
    assert_true(d[0]->failed);
    assert_int_equal(d[0]->retry_after, 60);
    assert_int_equal(d[1]->answer.status, 401);
    assert_false(d[1]->failed);
    assert_int_equal(d[2]->answer.status, 200);
    assert_int_equal(pg_int("select count(*) from inbox where dedupe_key = 'full'"), 0);
    pg_app()->disk = app_disk;
    pg_clock_shift(120000);
    d[0] = delivery("/api/hooks/sample", "s1", "full", "1");
    intake_take(intake, ctx->arena, d, 1);
    assert_int_equal(d[0]->answer.status, 202);
    pg_clock_shift(0);
}

static void without_a_database_the_fault_is_ours(void **state)
{
    (void)state;
    struct db *none = db_new(ctx->app, "host=/nonexistent dbname=x", "test");
    struct intake *lost = intake_new(ctx->app, ctx->arena, none, list);
    struct delivery *d[] = { delivery("/api/hooks/sample", "s1", "f1", "1"),
                             delivery("/api/hooks/sample", "wrong", "f2", "1") };
    intake_take(lost, ctx->arena, d, 2);
    assert_true(d[0]->failed);
    assert_true(d[1]->failed);
    db_free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_each_once),
        cmocka_unit_test(a_neighbour_spoils_nothing),
        cmocka_unit_test(keys_of_any_kind),
        cmocka_unit_test(a_new_account_is_seen),
        cmocka_unit_test(a_full_house_puts_off),
        cmocka_unit_test(without_a_database_the_fault_is_ours),
    };
    pg_start("inbox_intake");
    ctx = pg_ctx("track_web");
    ctx->tenant_id = NULL;
    intake = intake_new(ctx->app, ctx->arena, ctx->db, list);
    add_account("sample", "s1");
    add_account("sample", "s2");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
