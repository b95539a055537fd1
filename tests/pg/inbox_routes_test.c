/* The inbox after intake: its job, its list and pages, doing it again. */
#include "call.h"

#include "base/json.h"
#include "inbox/inbox.h"
#include "jobs/jobs.h"
#include "web/domain.h"

#include <string.h>

static enum err done(struct job *j, const char *inbox_id, struct str body,
                     const struct hook_account *account)
{
    (void)inbox_id;
    assert_string_equal(account->tenant_id, j->ctx.tenant_id);
    assert_int_equal(body.n, 7);
    return OK;
}

static enum err none_of_ours(struct job *j, const char *inbox_id, struct str body,
                             const struct hook_account *account)
{
    (void)inbox_id, (void)body, (void)account;
    return job_fail(j, ERR_NOT_FOUND, "Nothing of ours.");
}

static enum err later(struct job *j, const char *inbox_id, struct str body,
                      const struct hook_account *account)
{
    (void)inbox_id, (void)body, (void)account;
    return job_fail(j, ERR_RETRY, "Not yet.");
}

static const struct hook hooks[] = {
    { .provider = "sample", .path = "/api/hooks/a", .mapper = "sample/2", .process = done },
    { .provider = "sample.none",
      .path = "/api/hooks/b",
      .mapper = "sample/2",
      .process = none_of_ours },
    { .provider = "sample.later", .path = "/api/hooks/c", .mapper = "sample/2", .process = later },
    { .provider = NULL },
};
static const struct domain sample = { .name = "sample", .hooks = hooks };
const struct domain *const domains[] = { &web_domain, &inbox_domain, &sample, NULL };

static struct ctx *worker;
static char account[40];

static struct call agent, admin;

static void add(int n, const char *provider)
{
    const char *rows =
        arena_printf(worker->arena,
                     "[{\"tenant_id\":\"%s\",\"account_id\":\"%s\",\"provider\":\"%s\","
                     "\"dedupe_key\":\"k%d\",\"method\":\"POST\",\"path\":\"/api/x\","
                     "\"headers\":{\"a\":\"b\"},\"body\":\"eyJ4IjoxfQ==\",\"mapper\":\"m/1\"}]",
                     pg_tenant(), account, provider, n);
    assert_int_equal(pg_int("select inbox_take('%s')", rows), 1);
}

static void work_once(void)
{
    static volatile int go;
    jobs_work(worker->app, worker->db, &go, true);
}

static const char *state_of(const char *key)
{
    return pg_sql("select state from inbox where dedupe_key = '%s'", key);
}

static void what_cannot_be_read_stays(void **state)
{
    (void)state;
    add(1, "unheard.of");
    work_once();
    assert_string_equal(state_of("k1"), "failed");
    assert_string_equal(pg_sql("select error from inbox where dedupe_key = 'k1'"),
                        "No hook of this provider is known.");
    assert_string_equal(pg_sql("select state from jobs where kind = 'inbox.process'"), "parked");
}

static void what_became_of_it_is_told(void **state)
{
    (void)state;
    add(101, "sample");
    add(102, "sample.none");
    add(103, "sample.later");
    work_once();
    assert_string_equal(state_of("k101"), "processed");
    assert_string_equal(pg_sql("select mapper from inbox where dedupe_key = 'k101'"), "sample/2");
    assert_string_equal(state_of("k102"), "ignored");
    assert_string_equal(state_of("k103"), "new");
    assert_string_equal(pg_sql("select error from inbox where dedupe_key = 'k103'"), "Not yet.");
    assert_int_equal(pg_int("select count(*) from jobs where state = 'ready'"), 1);
    pg_sql("update jobs set max_attempts = 2, run_at = now() where state = 'ready' returning 1");
    work_once();
    assert_string_equal(state_of("k103"), "failed");
    pg_sql("delete from inbox where dedupe_key in ('k101', 'k102', 'k103') returning 1");
}

static void is_listed_in_pages(void **state)
{
    char query[512];
    (void)state;
    for (int i = 2; i <= 60; i++)
        add(i, "sample");
    struct call c = agent;
    c.method = "GET";
    c.path = "/api/inbox";
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    assert_int_equal(json_object_array_length(json_get(a->json, "items")), 50);
    snprintf(query, sizeof(query), "after=%s", json_text(a->json, "nextCursor"));
    c.query = query;
    a = call(&c);
    assert_int_equal(json_object_array_length(json_get(a->json, "items")), 10);
    assert_null(json_text(a->json, "nextCursor"));
    c.query = "state=failed";
    assert_int_equal(json_object_array_length(json_get(call(&c)->json, "items")), 1);
    query[strlen(query) - 1] ^= 1;
    c.query = query;
    assert_int_equal(call(&c)->status, 422);
    c.query = "state=other";
    assert_int_equal(call(&c)->status, 422);
}

static void is_shown(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof(path), "/api/inbox/%s",
             pg_sql("select id from inbox where dedupe_key = 'k1'"));
    struct call c = agent;
    c.method = "GET";
    c.path = path;
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "body"), "{\"x\":1}");
    assert_string_equal(json_text(json_get(a->json, "headers"), "a"), "b");
    c.path = path + strlen("/api");
    a = call(&c);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "No hook of this provider"));
    c.path = "/inbox";
    c.query = "state=failed";
    assert_non_null(strstr(call(&c)->body, "unheard.of"));
    c.query = NULL;
    c.path = "/api/inbox/01890000-0000-7000-8000-000000000000";
    assert_int_equal(call(&c)->status, 404);
}

static void is_done_again(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof(path), "/api/inbox/%s/replay",
             pg_sql("select id from inbox where dedupe_key = 'k1'"));
    struct call c = agent;
    c.method = "POST";
    c.path = path;
    assert_int_equal(call(&c)->status, 403);
    c.cookie = admin.cookie;
    c.csrf = admin.csrf;
    assert_int_equal(call(&c)->status, 202);
    assert_string_equal(state_of("k1"), "new");
    assert_int_equal(pg_int("select replays from inbox where dedupe_key = 'k1'"), 1);
    assert_int_equal(
        pg_int("select count(*) from jobs where state = 'ready' and args ->> 'inboxId' "
               "in (select id::text from inbox where dedupe_key = 'k1')"),
        1);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'inbox.replay'"), 1);
    c.path = path + strlen("/api");
    assert_int_equal(call(&c)->status, 303);
    work_once();
    assert_string_equal(state_of("k1"), "failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_read_stays),
        cmocka_unit_test(what_became_of_it_is_told),
        cmocka_unit_test(is_listed_in_pages),
        cmocka_unit_test(is_shown),
        cmocka_unit_test(is_done_again),
    };
    pg_start("inbox_routes");
    worker = pg_ctx("track_worker");
    call_start(domains);
    snprintf(account, sizeof(account), "%s",
             pg_sql("insert into provider_accounts (tenant_id, provider, name) "
                    "values ('%s', 'sample', 'x') returning id",
                    pg_tenant()));
    call_session(&agent, "agent");
    call_session(&admin, "admin");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
