/* Issues of failed deliveries: one in Jira for failures alike, once, whatever Jira or the worker
 * does; a comment when it comes again. */
#include "pg/parcels.h"
#include "pg/sim.h"

#include "access/private.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "ship/issue.h"

#include <sys/wait.h>

#define EMAIL "bot@acme.example"
#define TOKEN "simulated-jira-token-0001"

static struct ctx *c;
static const char *sim;
static char account[40], failure[40], order[40], purchase[40], delivery[40];

/* ---- the simulated Jira ---- */

static void faults(const char *json)
{
    (void)sim_control(c, sim, "faults", json);
}

static struct json_object *issues(void)
{
    return json_get(sim_control(c, sim, "state", NULL), "issues");
}

/* That the failure's label is on, and the last of them. */
static int made(struct json_object **last)
{
    int n = 0;
    const char *label = arena_strdup(
        c->arena, pg_sql("select issue_label from delivery_failures where id = '%s'", failure));
    struct json_object *list = issues();
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        struct json_object *labels = json_get(json_get(one, "fields"), "labels");
        if (strcmp(json_object_get_string(json_object_array_get_idx(labels, 1)), label) != 0)
            continue;
        n++;
        if (last)
            *last = one;
    }
    return n;
}

static size_t comments(void)
{
    struct json_object *one = NULL;
    assert_int_equal(made(&one) > 0, 1);
    return json_object_array_length(json_get(one, "comments"));
}

/* ---- arranging ---- */

static void failure_new(const char *step, const char *sentence)
{
    keep(failure, pg_sql("insert into delivery_failures (tenant_id, order_id, reservation_id, "
                         "step, kind, sentence, code, retry) values ('%s', '%s', '%s', '%s', "
                         "'refused', '%s', 'HTTP 422', 'none') returning id",
                         pg_tenant(), order, delivery, step, sentence));
}

/* A failure of an order that has none. */
static int fresh(void **state)
{
    static int n;
    (void)state;
    (void)pg_sql("delete from jobs returning id");
    (void)pg_sql("delete from circuit_breakers");
    (void)pg_sql("update provider_accounts set enabled = true returning id");
    faults("{\"throttle\":0,\"throttleReset\":0,\"throttleBare\":0,\"fail\":0,\"late\":0,\"drop\":"
           "0,\"failCreate\":0,\"garbage\":0,\"html\":0,\"slow\":0,\"lag\":0,\"anonymous\":false}");
    order_new(order, purchase);
    keep(delivery, pg_sql("insert into delivery_reservations (tenant_id, order_id, parcel, "
                          "purchase_order_id, carrier, dry_run, our_ref, asked, request, state) "
                          "values ('%s', '%s', 1, '%s', 'shiprocket', false, 'TC-ISSUE-%d', '{}', "
                          "'{}', 'failed') returning id",
                          pg_tenant(), order, purchase, ++n));
    failure_new("pickup", "The pickup\nis refused.");
    return 0;
}

static int asked(const struct call *who)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/failures/%s/issue", failure);
    return ask(who, "POST", path, NULL)->status;
}

static void go(void)
{
    static const int never;
    jobs_work(pg_app(), c->db, &never, true);
}

/* What waits is due, and what was tried has rested. */
static void later(void)
{
    (void)pg_sql("update jobs set run_at = now() where kind = '" ISSUE_JOB "' and state = 'ready' "
                 "returning id");
    (void)pg_sql("update failure_issues set tried_at = tried_at - interval '1 hour' where tried_at "
                 "is not null returning label");
    (void)pg_sql("delete from circuit_breakers");
    go();
}

static const char *state_of(void)
{
    return pg_sql("select concat_ws(' ', f.issue_state, i.issue_key) from delivery_failures f join "
                  "failure_issues i on i.label = f.issue_label where f.id = '%s'",
                  failure);
}

static long long jobs(void)
{
    return pg_int("select count(*) from jobs where kind = '" ISSUE_JOB "'");
}

static void assert_made_once(void)
{
    struct json_object *one = NULL;
    assert_int_equal(made(&one), 1);
    assert_string_equal(state_of(), arena_printf(c->arena, "told %s", json_text(one, "key")));
    assert_int_equal(jobs(), 0);
}

/* ---- making one ---- */

static void an_issue_is_made_and_shown(void **state)
{
    (void)state;
    struct json_object *one;
    assert_int_equal(asked(&viewer), 403);
    assert_int_equal(asked(&stranger), 403);
    assert_int_equal(asked(&agent), 202);
    assert_int_equal(asked(&agent), 409);
    go();
    assert_made_once();
    assert_int_equal(made(&one), 1);
    struct json_object *fields = json_get(one, "fields");
    assert_non_null(strstr(json_text(fields, "summary"), "parcel 1: has no pickup"));
    assert_non_null(strstr(json_text(one, "text"), "The pickup\nis refused."));
    assert_non_null(strstr(json_text(one, "text"), "Code: HTTP 422."));
    assert_null(strstr(json_text(one, "text"), "Eva"));
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/failures/%s", failure);
    const struct answer *a = ask(&viewer, "GET", path, NULL);
    assert_string_equal(json_text(a->json, "issueKey"), json_text(one, "key"));
    assert_string_equal(json_text(a->json, "issueUrl"),
                        arena_printf(c->arena, "%s/browse/%s", sim, json_text(one, "key")));
    assert_string_equal(json_text(a->json, "issueState"), "told");
    assert_string_equal(pg_sql("select string_agg(action, ' ' order by seq) from audit_history "
                               "where entity_id = '%s'",
                               delivery),
                        "failure.issue_asked failure.issue_told");
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'jira' and "
                            "request like '%%Basic %%'"),
                     0);
}

static void without_an_account_or_for_what_is_resolved_none_is_made(void **state)
{
    (void)state;
    (void)pg_sql("update provider_accounts set enabled = false where id = '%s' returning id",
                 account);
    assert_int_equal(asked(&agent), 409);
    (void)pg_sql("update provider_accounts set enabled = true where id = '%s' returning id",
                 account);
    (void)pg_sql("update delivery_failures set resolved_at = now() where id = '%s' returning id",
                 failure);
    assert_int_equal(asked(&agent), 409);
    assert_int_equal(jobs(), 0);
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/failures/%s/issue", order);
    assert_int_equal(ask(&agent, "POST", path, NULL)->status, 404);
}

/* ---- what came of it is not known ---- */

static void what_may_have_been_made_is_found_and_not_made_again(void **state)
{
    (void)state;
    static const char *const each[] = { "{\"late\":1}", "{\"drop\":1}", "{\"garbage\":1}",
                                        "{\"html\":1}" };
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        fresh(NULL);
        faults(each[i]);
        assert_int_equal(asked(&agent), 202);
        go();
        assert_string_equal(state_of(), "asked");
        assert_int_equal(made(NULL), 1);
        later();
        assert_made_once();
        assert_int_equal(comments(), 0);
    }
}

static void an_index_that_lags_is_asked_twice(void **state)
{
    (void)state;
    faults("{\"late\":1,\"lag\":1000000}");
    assert_int_equal(asked(&agent), 202);
    go();
    later();
    assert_string_equal(state_of(), "asked");
    assert_int_equal(made(NULL), 1);
    faults("{\"lag\":0}");
    later();
    assert_made_once();
}

static void what_was_not_made_is_made_later(void **state)
{
    (void)state;
    faults("{\"fail\":1,\"failCreate\":1}");
    assert_int_equal(asked(&agent), 202);
    go(); /* the search fails */
    assert_string_equal(
        pg_sql("select issue_error from delivery_failures where id = '%s'", failure),
        "Jira has a fault of its own: Internal server error.");
    later(); /* the create does, and nobody knows how far it came */
    later();
    assert_int_equal(made(NULL), 0); /* looked for once */
    later();
    assert_made_once();
}

/* A worker that dies while it makes one leaves its try: it is looked for. */
static void a_worker_that_died_is_followed_by_a_look(void **state)
{
    (void)state;
    assert_int_equal(asked(&agent), 202);
    (void)pg_sql(
        "update failure_issues set tried_at = now() where label = (select issue_label from "
        "delivery_failures where id = '%s') returning label",
        failure);
    go();
    assert_int_equal(made(NULL), 0);
    assert_int_equal(pg_int("select count(*) from jobs where kind = '" ISSUE_JOB
                            "' and attempt = 0 and run_at > now() + interval '30 s'"),
                     1);
    later();
    later();
    assert_made_once();
}

/* ---- failures alike ---- */

static void a_failure_alike_adds_a_comment(void **state)
{
    (void)state;
    assert_int_equal(asked(&agent), 202);
    go();
    faults("{\"lag\":1000000}"); /* the index knows nothing, but for what is reconciled */
    failure_new("pickup", "Refused again.");
    assert_int_equal(asked(&agent), 202);
    go();
    assert_made_once();
    assert_int_equal(comments(), 1);
    failure_new("awb", "No number.");
    assert_int_equal(asked(&agent), 202);
    go();
    assert_made_once();
    assert_int_equal(comments(), 0);
}

static void one_that_is_done_or_gone_is_followed_by_another(void **state)
{
    (void)state;
    static const char *const each[] = { "done", "gone" };
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        struct json_object *one;
        fresh(NULL);
        assert_int_equal(asked(&agent), 202);
        go();
        assert_int_equal(made(&one), 1);
        (void)sim_control(
            c, sim, "issue",
            arena_printf(c->arena, "{\"key\":\"%s\",\"%s\":true}", json_text(one, "key"), each[i]));
        assert_int_equal(asked(&agent), 202);
        go();
        assert_int_equal(made(&one), 2);
        assert_string_equal(state_of(), arena_printf(c->arena, "told %s", json_text(one, "key")));
    }
}

/* An issue that somebody's other copy of us made, and our map does not know. */
static void one_that_only_jira_knows_is_found_by_its_label(void **state)
{
    (void)state;
    assert_int_equal(asked(&agent), 202);
    go();
    (void)pg_sql("update failure_issues set issue_id = null, issue_key = null, url = null where "
                 "label = (select issue_label from delivery_failures where id = '%s') returning "
                 "label",
                 failure);
    failure_new("pickup", "Refused again.");
    assert_int_equal(asked(&agent), 202);
    go();
    assert_made_once();
    assert_int_equal(comments(), 1);
}

static void two_alike_at_once_make_one(void **state)
{
    (void)state;
    char first[40];
    assert_int_equal(asked(&agent), 202);
    keep(first, failure);
    failure_new("pickup", "Refused again.");
    assert_int_equal(asked(&agent), 202);
    go();
    later();
    later();
    assert_made_once();
    keep(failure, first);
    assert_made_once();
}

/* Another made it while this one looked for it. */
static void what_was_made_while_it_was_looked_for_is_not_made_again(void **state)
{
    (void)state;
    int status;
    assert_int_equal(asked(&agent), 202);
    faults("{\"slow\":1500}");
    struct ctx *w = pg_ctx("track_worker");
    static const int never;
    pid_t worker = fork();
    if (worker == 0) {
        jobs_work(pg_app(), w->db, &never, true);
        _exit(0);
    }
    for (int i = 0; i < 100 && !pg_int("select count(*) from jobs where kind = '" ISSUE_JOB
                                       "' and state = 'running'");
         i++)
        usleep(20000);
    usleep(500000);
    (void)pg_sql("update failure_issues set issue_id = 777, issue_key = 'OPS-777' where label = "
                 "(select issue_label from delivery_failures where id = '%s') returning label",
                 failure);
    assert_int_equal(waitpid(worker, &status, 0), worker);
    faults("{\"slow\":0}");
    assert_int_equal(made(NULL), 0);
    assert_int_equal(jobs(), 1);
}

/* ---- limits and refusals ---- */

static void who_asks_to_wait_is_waited_for(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        int least, most;
    } cases[] = {
        { "{\"throttle\":1,\"retryAfter\":41}", 35, 42 },
        { "{\"throttleReset\":1}", 55, 125 },
        { "{\"throttleBare\":1}", 55, 61 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fresh(NULL);
        faults(cases[i].fault);
        assert_int_equal(asked(&agent), 202);
        go();
        assert_int_equal(pg_int("select count(*) from jobs where kind = '" ISSUE_JOB
                                "' and attempt = 0 and run_at between now() + interval '%d s' and "
                                "now() + interval '%d s'",
                                cases[i].least, cases[i].most),
                         1);
        later();
        assert_made_once();
    }
}

static void secrets_set(const char *token, const char *project)
{
    struct ctx *owner = pg_ctx("track_owner");
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(settings, "project", project);
    json_set_text(secrets, "apiToken", token);
    db_begin(owner->db, pg_tenant());
    assert_int_equal(
        provider_change(owner, account,
                        &(struct provider_change){ .settings = settings, .secrets = secrets }),
        OK);
    assert_int_equal(db_commit(owner->db), OK);
}

static const char *error_of(void)
{
    return pg_sql("select issue_error from delivery_failures where id = '%s'", failure);
}

static void a_wrong_token_is_told_whatever_it_looks_like(void **state)
{
    (void)state;
    static const char *const each[] = { "{\"anonymous\":false}", "{\"anonymous\":true}" };
    secrets_set("wrong", "OPS");
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        fresh(NULL);
        faults(each[i]);
        assert_int_equal(asked(&agent), 202);
        go();
        assert_string_equal(state_of(), "failed");
        assert_non_null(strstr(error_of(), "Jira refused the account's token"));
        assert_int_equal(jobs(), 0);
    }
    secrets_set(TOKEN, "OPS");
}

static void a_project_that_is_not_there_is_no_wrong_token(void **state)
{
    (void)state;
    secrets_set(TOKEN, "NONE");
    assert_int_equal(asked(&agent), 202);
    go();
    assert_string_equal(state_of(), "failed");
    assert_non_null(strstr(error_of(), "project"));
    assert_null(strstr(error_of(), "token"));
    secrets_set(TOKEN, "OPS");
    assert_int_equal(asked(&agent), 202);
    go();
    assert_made_once();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_issue_is_made_and_shown, fresh),
        cmocka_unit_test_setup(without_an_account_or_for_what_is_resolved_none_is_made, fresh),
        cmocka_unit_test(what_may_have_been_made_is_found_and_not_made_again),
        cmocka_unit_test_setup(an_index_that_lags_is_asked_twice, fresh),
        cmocka_unit_test_setup(what_was_not_made_is_made_later, fresh),
        cmocka_unit_test_setup(a_worker_that_died_is_followed_by_a_look, fresh),
        cmocka_unit_test_setup(a_failure_alike_adds_a_comment, fresh),
        cmocka_unit_test(one_that_is_done_or_gone_is_followed_by_another),
        cmocka_unit_test_setup(one_that_only_jira_knows_is_found_by_its_label, fresh),
        cmocka_unit_test_setup(two_alike_at_once_make_one, fresh),
        cmocka_unit_test_setup(what_was_made_while_it_was_looked_for_is_not_made_again, fresh),
        cmocka_unit_test(who_asks_to_wait_is_waited_for),
        cmocka_unit_test(a_wrong_token_is_told_whatever_it_looks_like),
        cmocka_unit_test_setup(a_project_that_is_not_there_is_no_wrong_token, fresh),
    };
    pg_start("issues");
    c = pg_ctx("track_worker");
    int port = sim_start("jira.mjs", NULL, NULL);
    if (!port) {
        printf("issues: skipped, node does not run\n");
        return pg_end(77);
    }
    pg_settings()->egress_allow = arena_printf(c->arena, "127.0.0.1:%d", port);
    pg_settings()->notify_settle_seconds = 60;
    sim = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    pg_app()->http = http_new(pg_app(), c->arena);
    struct ctx *owner = pg_ctx("track_owner");
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    const char *id;
    json_set_text(settings, "site", arena_printf(c->arena, "%s/", sim));
    json_set_text(settings, "project", "OPS");
    json_set_text(settings, "email", EMAIL);
    json_set_text(secrets, "apiToken", TOKEN);
    db_begin(owner->db, pg_tenant());
    assert_int_equal(provider_add(owner, "jira", "Jira", settings, secrets, &id), OK);
    assert_int_equal(db_commit(owner->db), OK);
    keep(account, id);
    call_start(domains);
    parcels_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
