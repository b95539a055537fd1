/* Requests against a server that misbehaves: tries, limits, the guard, the breaker, the log. */
#include "pg/pg.h"
#include "pg/sim.h"

#include "base/crypto.h"
#include "http/http.h"

#include <string.h>

static struct ctx *c;
static const char *base;

static const char *account; /* whose the next calls are */

static enum err ask(const char *provider, const char *method, const char *path, bool repeatable,
                    struct http_answer *answer)
{
    static const char *const headers[] = { "Authorization: Bearer abc", "X-Test: 1", NULL };
    const struct http_call call = { .provider = provider,
                                    .account = account,
                                    .method = method,
                                    .url = arena_printf(c->arena, "%s%s", base, path),
                                    .headers = headers,
                                    .body = strcmp(method, "GET") == 0
                                                ? (struct str){ "", 0 }
                                                : STR("{\"a\":1,\"clientSecret\":\"x\"}"),
                                    .job_id = 42,
                                    .entity = "communication:1",
                                    .repeatable = repeatable,
                                    .timeout_ms = 1000 };
    return http_send(c, &call, answer);
}

static long long asked(const char *path)
{
    struct http_answer answer;
    char key[64];
    assert_int_equal(ask("count", "GET", "/count", true, &answer), OK);
    snprintf(key, sizeof(key), "\"%s\":", path);
    const char *at = strstr(answer.body.p, key);
    return at ? strtoll(at + strlen(key), NULL, 10) : 0;
}

static void answers(void **state)
{
    struct http_answer a;
    (void)state;
    assert_int_equal(ask("plain", "POST", "/echo?token=t", false, &a), OK);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body.p, "\"method\":\"POST\""));
    assert_non_null(strstr(a.body.p, "\"x-test\":\"1\""));
    assert_string_equal(http_header(&a, "content-type"), "application/json");
    assert_null(http_header(&a, "location"));
    assert_int_equal(ask("plain", "GET", "/moved", false, &a), OK);
    assert_int_equal(a.status, 302);
    assert_int_equal(ask("plain", "GET", "/404", true, &a), OK);
    assert_int_equal(a.status, 404);
}

static void logged(void **state)
{
    (void)state;
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'plain'"), 3);
    assert_int_equal(
        pg_int("select count(*) from http_calls where provider = 'plain' and job_id = 42 and "
               "entity = 'communication:1' and tenant_id = '%s' and not dry_run",
               pg_tenant()),
        3);
    assert_string_equal(
        pg_sql("select request from http_calls where url like '%%/echo%%'"),
        "Authorization: [redacted]\nX-Test: 1\n\n{\"a\":1,\"clientSecret\":\"[redacted]\"}");
    assert_non_null(strstr(pg_sql("select url from http_calls where url like '%%/echo%%'"),
                           "?token=[redacted]"));
    assert_non_null(pg_sql("select response from http_calls where status = 404"));
}

static void repeats(void **state)
{
    struct http_answer a;
    (void)state;
    assert_int_equal(ask("flaky", "GET", "/flaky?fail=2", true, &a), OK);
    assert_int_equal(a.status, 200);
    assert_int_equal(asked("/flaky"), 3);
    assert_int_equal(ask("flaky", "POST", "/flaky1?fail=1", false, &a), OK);
    assert_int_equal(a.status, 503);
    assert_int_equal(asked("/flaky1"), 1);
    assert_int_equal(ask("flaky", "GET", "/400", true, &a), OK);
    assert_int_equal(asked("/400"), 1);
}

static void asked_to_wait(void **state)
{
    struct http_answer a;
    (void)state;
    assert_int_equal(ask("later", "GET", "/429?after=30", true, &a), OK);
    assert_int_equal(a.status, 429);
    assert_int_equal(a.retry_after, 30);
    assert_int_equal(asked("/429"), 1);
    assert_int_equal(ask("later", "GET", "/503?after=99999", false, &a), OK);
    assert_int_equal(a.retry_after, 3600);
    assert_int_equal(
        ask("later", "GET", "/503?after=Wed,%2021%20Oct%202015%2007:28:00%20GMT", false, &a), OK);
    assert_int_equal(a.retry_after, 0);
}

static void no_answer(void **state)
{
    struct http_answer a;
    (void)state;
    assert_int_equal(ask("silent", "POST", "/drop", false, &a), ERR_RETRY);
    assert_int_equal(a.status, 0);
    assert_true(a.unknown);
    assert_non_null(a.error);
    assert_int_equal(asked("/drop"), 1);
    assert_int_equal(ask("silent", "GET", "/hang", true, &a), ERR_RETRY);
    assert_true(a.unknown);
    assert_int_equal(asked("/hang"), 1);
    assert_int_equal(
        pg_int("select count(*) from http_calls where provider = 'silent' and status is null "
               "and error is not null"),
        2);
}

/* As libcurl would, which takes a connection that closes for one that was closed before. */
static void nothing_is_repeated_on_a_kept_connection(void **state)
{
    struct http_answer first, second, lost;
    long long before = asked("/drop");
    (void)state;
    assert_int_equal(ask("kept", "POST", "/echo", false, &first), OK);
    assert_int_equal(ask("kept", "POST", "/echo", false, &second), OK);
    assert_string_equal(strstr(first.body.p, "\"port\":"), strstr(second.body.p, "\"port\":"));
    assert_non_null(strstr(second.body.p, "\\\"a\\\":1"));
    assert_int_equal(ask("kept", "POST", "/drop", false, &lost), ERR_RETRY);
    assert_true(lost.unknown);
    assert_int_equal(asked("/drop"), before + 1);
}

static void not_there(void **state)
{
    struct http_answer a;
    const struct http_call call = { .provider = "gone",
                                    .method = "GET",
                                    .url = "http://127.0.0.1:1/" };
    (void)state;
    pg_settings()->egress_allow = arena_printf(c->arena, "%s,127.0.0.1:1", base + 7);
    assert_int_equal(http_send(c, &call, &a), ERR_RETRY);
    assert_false(a.unknown);
    pg_settings()->egress_allow = base + 7;
}

static void guarded(void **state)
{
    static const char *const urls[] = {
        "https://127.0.0.1:1/", "https://2130706433/",         "https://localhost:1/",
        "https://[::1]:1/",     "https://[::ffff:127.0.0.1]/", "http://example.com/",
        "file:///etc/passwd",   "gopher://127.0.0.1/",         "nonsense"
    };
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct http_answer a;
        const struct http_call call = { .provider = "guard", .method = "GET", .url = urls[i] };
        if (http_send(c, &call, &a) != ERR_INVALID)
            fail_msg("%s was allowed", urls[i]);
        assert_false(a.unknown);
        assert_non_null(strstr(a.error, "TRACK_EGRESS_ALLOW"));
        assert_non_null(http_forbids_url(c->app, urls[i]));
    }
    assert_int_equal(pg_int("select failures from circuit_breakers where provider = 'guard'"), 0);
}

static void forbids_only_what_it_knows(void **state)
{
    (void)state;
    assert_null(http_forbids_url(c->app, base));
    assert_null(http_forbids_url(c->app, "https://93.184.216.34/"));
    assert_null(http_forbids_url(c->app, "https://nobody-knows-this.invalid/"));
    assert_null(http_forbids(c->app, "2606:4700::1", 587));
    assert_non_null(http_forbids(c->app, "10.1.2.3", 587));
    assert_non_null(http_forbids(c->app, "::1", 25));
}

/* localhost has a forbidden address, too: that the other one did not answer is the network's. */
static void goes_by_the_address_that_is_allowed(void **state)
{
    (void)state;
    struct http_answer a;
    const struct http_call call = { .provider = "two",
                                    .method = "GET",
                                    .url = arena_printf(c->arena, "https://localhost%s",
                                                        strrchr(base, ':')) };
    assert_int_equal(http_send(c, &call, &a), ERR_RETRY);
    assert_null(http_forbids_url(c->app, call.url));
}

static void capped(void **state)
{
    struct http_answer a;
    (void)state;
    assert_int_equal(ask("big", "GET", "/big?bytes=1048576", true, &a), OK);
    assert_int_equal(a.body.n, 1048576);
    assert_false(a.cut);
    assert_int_equal(ask("big", "GET", "/big?bytes=3000000", true, &a), OK);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body.n, 1048576);
    assert_true(a.cut);
    assert_int_equal(pg_int("select max(length(response)) from http_calls where provider = 'big'"),
                     16384);
}

static const char *breaker(const char *column)
{
    return pg_sql("select %s from circuit_breakers where provider = 'bad'", column);
}

static void breaks_the_circuit(void **state)
{
    struct http_answer a;
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask("bad", "GET", "/500", false, &a), OK);
    assert_string_equal(breaker("state"), "open");
    assert_int_equal(ask("bad", "GET", "/200", false, &a), ERR_LIMITED);
    assert_in_range(a.retry_after, 1, 30);
    assert_int_equal(asked("/500"), 5);

    pg_sql("update circuit_breakers set open_until = now() where provider = 'bad'");
    assert_int_equal(ask("bad", "GET", "/500", false, &a), OK);
    assert_string_equal(breaker("state"), "open");
    assert_string_equal(breaker("open_until - now() between interval '50 s' and interval '60 s'"),
                        "t");

    pg_sql("update circuit_breakers set open_until = now() where provider = 'bad'");
    assert_int_equal(ask("bad", "GET", "/200", false, &a), OK);
    assert_string_equal(breaker("state || opened || failures"), "closed00");
    assert_int_equal(ask("bad", "GET", "/404", false, &a), OK);
    assert_string_equal(breaker("failures"), "0");
}

static void one_accounts_trouble_is_its_own(void **state)
{
    struct http_answer a;
    (void)state;
    account = "one";
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask("shared", "GET", "/500", false, &a), OK);
    assert_int_equal(ask("shared", "GET", "/200", false, &a), ERR_LIMITED);
    account = "two";
    assert_int_equal(ask("shared", "GET", "/200", false, &a), OK);
    assert_int_equal(a.status, 200);
    assert_int_equal(pg_int("select count(*) from circuit_breakers where provider = 'shared' and "
                            "host = '127.0.0.1'"),
                     2);
    account = NULL;
}

/* Half of the last twenty, never five in a row. */
static void breaks_at_half(void **state)
{
    struct http_answer a;
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ask("half", "GET", i % 2 ? "/502" : "/200", false, &a), OK);
        assert_string_equal(pg_sql("select state from circuit_breakers where provider = 'half'"),
                            i < 19 ? "closed" : "open");
    }
}

/* What went well so often changes nothing any more; a failure is noted, and what follows it. */
static void what_goes_well_is_noted_no_more(void **state)
{
    struct http_answer a;
    const char *changes = "select xmin from circuit_breakers where provider = 'well'";
    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask("well", "GET", "/200", false, &a), OK);
    long long before = pg_int("%s", changes);
    assert_int_equal(ask("well", "GET", "/200", false, &a), OK);
    assert_int_equal(pg_int("%s", changes), before);
    assert_int_equal(ask("well", "GET", "/500", false, &a), OK);
    assert_int_equal(pg_int("select failures from circuit_breakers where provider = 'well'"), 1);
    assert_int_equal(ask("well", "GET", "/200", false, &a), OK);
    assert_string_equal(pg_sql("select failures || ' ' || array_position(recent, true) "
                               "from circuit_breakers where provider = 'well'"),
                        "0 19");
}

static int64_t clock_ms;
static int64_t stopped(const struct app *app)
{
    (void)app;
    return clock_ms;
}

/* A breaker that another worker opened is heard of a quarter of a second later, one of our own at
   once. */
static void who_is_well_is_believed_for_a_moment(void **state)
{
    struct http_answer a;
    int64_t (*now)(const struct app *) = pg_app()->now_ms;
    (void)state;
    clock_ms = now(pg_app());
    pg_app()->now_ms = stopped;
    for (int i = 0; i < 21; i++)
        assert_int_equal(ask("believed", "GET", "/200", false, &a), OK);
    pg_sql("update circuit_breakers set state = 'open', open_until = now() + interval '1 hour' "
           "where provider = 'believed'");
    clock_ms += 249;
    assert_int_equal(ask("believed", "GET", "/200", false, &a), OK);
    assert_int_equal(ask("another", "GET", "/200", false, &a), OK);
    clock_ms++;
    assert_int_equal(ask("believed", "GET", "/200", false, &a), ERR_LIMITED);
    pg_sql("update circuit_breakers set state = 'closed', recent = array_fill(false, array[20]) "
           "where provider = 'believed'");
    assert_int_equal(ask("believed", "GET", "/500", false, &a), OK);
    pg_sql("update circuit_breakers set state = 'open' where provider = 'believed'");
    assert_int_equal(ask("believed", "GET", "/200", false, &a), ERR_LIMITED);
    pg_app()->now_ms = now;
}

static void one_probe(void **state)
{
    struct http_answer a;
    (void)state;
    pg_sql("insert into circuit_breakers (provider, host, state, opened, open_until) values "
           "('probe', '127.0.0.1', 'half-open', 1, now() + interval '10 s')");
    assert_int_equal(ask("probe", "GET", "/200", false, &a), ERR_LIMITED);
}

static void refuses_inside_a_transaction(void **state)
{
    struct http_answer a;
    (void)state;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(db_script(c->db, "select 1"), OK);
    assert_int_equal(ask("plain", "GET", "/200", false, &a), ERR_INTERNAL);
    db_rollback(c->db);
}

static void stands_in(void **state)
{
    struct http_answer a;
    const struct http_call call = { .provider = "dry",
                                    .method = "POST",
                                    .url = "https://x.example/y" };
    (void)state;
    assert_int_equal(http_stand_in(c, &call, 201, STR("{\"id\":1}"), &a), OK);
    assert_int_equal(a.status, 201);
    assert_int_equal(
        pg_int(
            "select count(*) from http_calls where provider = 'dry' and dry_run and status = 201"),
        1);
    assert_int_equal(pg_int("select count(*) from circuit_breakers where provider = 'dry'"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(logged),
        cmocka_unit_test(repeats),
        cmocka_unit_test(asked_to_wait),
        cmocka_unit_test(no_answer),
        cmocka_unit_test(nothing_is_repeated_on_a_kept_connection),
        cmocka_unit_test(not_there),
        cmocka_unit_test(guarded),
        cmocka_unit_test(forbids_only_what_it_knows),
        cmocka_unit_test(goes_by_the_address_that_is_allowed),
        cmocka_unit_test(capped),
        cmocka_unit_test(breaks_the_circuit),
        cmocka_unit_test(one_accounts_trouble_is_its_own),
        cmocka_unit_test(breaks_at_half),
        cmocka_unit_test(what_goes_well_is_noted_no_more),
        cmocka_unit_test(who_is_well_is_believed_for_a_moment),
        cmocka_unit_test(one_probe),
        cmocka_unit_test(refuses_inside_a_transaction),
        cmocka_unit_test(stands_in),
    };
    pg_start("http_send_test");
    c = pg_ctx("track_worker");
    int port = sim_start("http.mjs", NULL, NULL);
    if (!port) {
        printf("http_send_test: skipped, node does not run\n");
        return pg_end(77);
    }
    base = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    pg_settings()->egress_allow = base + 7;
    pg_app()->http = http_new(pg_app(), c->arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
