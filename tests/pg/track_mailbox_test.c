/* A message sent through a simulated Graph, and the reports that come back to its mailbox: told of
   by notifications, twice and out of order, or found by the sweep. */
#include "pg/asking.h"
#include "pg/sim.h"

#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "track/batch.h"
#include "track/demo.h"
#include "track/graph_hook.h"
#include "track/mailbox.h"

#include <string.h>

static struct ctx *c;
static const char *sim;
static char batch_id[40], account_id[40], one[40], sent_as[300];

static struct json_object *control(const char *what, const char *body)
{
    return sim_control(c, sim, what, body);
}

static const char *status(void)
{
    return pg_sql("select delivery_status from communications where id = '%s'", one);
}

static void add_account(void)
{
    const char *id = pg_sql("select uuid7()");
    keep(account_id, id);
    const char *where =
        arena_printf(c->arena, "provider_accounts|secrets|%s|%s", pg_tenant(), account_id);
    const char *sealed =
        secret_seal(pg_app(), c->arena,
                    STR("{\"clientSecret\":\"a~b+c/d=\",\"clientState\":\"state\"}"), where);
    (void)pg_sql("insert into provider_accounts (tenant_id, id, provider, name, settings, secrets) "
                 "values ('%s', '%s', 'msgraph', 'desk', '{\"tenant\": \"contoso.example\", "
                 "\"clientId\": \"client\", \"ratePerMinute\": 0, \"mailbox\": "
                 "\"desk@contoso.example\", \"from\": "
                 "\"desk@contoso.example\"}', '%s') returning id",
                 pg_tenant(), account_id, sealed);
}

static void leaves_through_graph(void **state)
{
    (void)state;
    static const int stop;
    long long queued;
    struct ctx *web = pg_ctx("track_web");
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    pg_look_into_files();
    add_account();
    keep(batch_id, pg_sql("select id from communication_batches where state = 'DRAFT'"));
    (void)pg_sql("set local session_replication_role = replica; delete from communications where "
                 "batch_id = '%s' and channel <> 'EMAIL'",
                 batch_id);
    db_begin(web->db, pg_tenant());
    assert_int_equal(batch_send(web, batch_id, &queued), OK);
    assert_int_equal(db_commit(web->db), OK);
    jobs_work(pg_app(), c->db, &stop, true);
    assert_int_equal(pg_int("select count(*) from communications where batch_id = '%s' and "
                            "provider = 'msgraph' and delivery_status = 'SENT'",
                            batch_id),
                     pg_int("select count(*) from communications where batch_id = '%s' and channel "
                            "= 'EMAIL' and delivery_status <> 'DRAFT'",
                            batch_id));
    keep(one, pg_sql("select id from communications where batch_id = '%s' and provider = 'msgraph' "
                     "order by id limit 1",
                     batch_id));
    keep(sent_as, pg_sql("select trim(both '<>' from provider_message_id) from communications "
                         "where id = '%s'",
                         one));
}

static void report(const char *kind)
{
    (void)control("report",
                  arena_printf(c->arena,
                               "{\"internetMessageId\":\"<%s>\",\"kind\":\"%s\",\"status\":"
                               "\"5.1.1\",\"recipient\":\"resident@example.com\",\"mute\":true}",
                               sent_as, kind));
}

static void sweep(void)
{
    struct job j = { .ctx = *c, .attempt = 1, .max_attempts = 12 };
    j.ctx.tenant_id = pg_tenant();
    j.args = json_own(c->arena, json_object_new_object());
    json_set_text(j.args, "accountId", account_id);
    enum err e = graph_sweep(&j);
    if (e != OK)
        fail_msg("%s", j.retry_error ? j.retry_error : err_name(e));
}

static void the_sweep_finds_reports(void **state)
{
    (void)state;
    report("delivered");
    sweep();
    assert_string_equal(status(), "DELIVERED");
    report("read");
    sweep();
    assert_string_equal(status(), "OPENED");
    report("ndr");
    sweep();
    assert_string_equal(status(), "OPENED");
    assert_int_equal(pg_int("select count(*) from communication_events where communication_id = "
                            "'%s' and type = 'BOUNCED'",
                            one),
                     1);
}

static void sweeping_again_changes_nothing(void **state)
{
    (void)state;
    long long events = pg_int("select count(*) from communication_events");
    (void)pg_sql("update report_mailboxes set delta_link = null returning account_id");
    sweep();
    assert_int_equal(pg_int("select count(*) from communication_events"), events);
}

static void lifecycle(const char *event)
{
    struct job j = { .ctx = *c, .attempt = 1, .max_attempts = 12 };
    j.ctx.tenant_id = pg_tenant();
    const struct hook_account account = { .id = account_id, .provider = "msgraph" };
    const char *body = arena_printf(c->arena, "{\"value\":[{\"lifecycleEvent\":\"%s\"}]}", event);
    (void)pg_sql("update report_mailboxes set subscription_id = 's', expires_at = "
                 "'2999-01-01T00:00:00Z' returning account_id");
    assert_int_equal(graph_hooks[0].process(&j, NULL, str_of(body), &account), OK);
}

static void a_doubted_subscription_is_looked_at(void **state)
{
    (void)state;
    static const char doubted[] = "select count(*) from report_mailboxes where expires_at is null";
    lifecycle("missed");
    lifecycle("anythingNew");
    assert_int_equal(pg_int(doubted), 0);
    lifecycle("subscriptionRemoved");
    assert_int_equal(pg_int(doubted), 1);
    lifecycle("reauthorizationRequired");
    assert_int_equal(pg_int(doubted), 1);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'track.graph_subscribe' and "
                            "state = 'ready'"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_through_graph),
        cmocka_unit_test(the_sweep_finds_reports),
        cmocka_unit_test(sweeping_again_changes_nothing),
        cmocka_unit_test(a_doubted_subscription_is_looked_at),
    };
    pg_start("track_mailbox");
    c = pg_ctx("track_worker");
    int port = sim_start("graph.mjs", NULL, NULL);
    if (!port) {
        printf("track_mailbox: skipped, node does not run\n");
        return pg_end(77);
    }
    sim = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    pg_settings()->login_url = sim;
    pg_settings()->graph_url = arena_printf(c->arena, "%s/v1.0", sim);
    pg_settings()->egress_allow = sim + 7;
    pg_app()->http = http_new(pg_app(), c->arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
