/* With Knock asked when, customers are told once all the same, whatever Knock or a worker does. */
#include "pg/knocking.h"

#include <signal.h>
#include <sys/wait.h>

/* ---- asked and called ---- */

static void he_is_told_when_it_calls(void **state)
{
    (void)state;
    struct json_object *run = NULL;
    long long added = pg_int("select count(*) from audit_history where action = 'provider.added'");
    ship();
    assert_string_equal(state_of(), "asked");
    go();
    assert_asked();
    (void)runs(&run);
    struct json_object *request = json_get(run, "request"), *data = json_get(request, "data");
    assert_string_equal(json_text(run, "workflow"), KNOCK_WORKFLOW);
    assert_string_equal(json_text(run, "key"), of_row("key"));
    assert_string_equal(json_text(run, "id"), of_row("workflow_run_id"));
    assert_string_equal(json_text(request, "cancellation_key"), of_row("id"));
    assert_string_equal(json_text(data, "notificationId"), of_row("id"));
    assert_string_equal(json_text(data, "tenantId"), pg_tenant());
    assert_string_equal(json_text(data, "type"), "shipped");
    const char *text = json_compact(c->arena, request);
    assert_non_null(strstr(text, "\"customer:"));
    assert_null(strstr(text, "Lovelace"));
    assert_null(strstr(text, of_row("marker"))); /* it stands in the reply alone */
    call_back();
    go();
    assert_told_once();
    assert_int_equal(inboxed("processed"), 1);
    assert_non_null(of_row("called_at"));
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'provider.added'"),
                     added + 1);
}

static void it_may_call_often(void **state)
{
    (void)state;
    ship();
    go();
    for (int i = 0; i < 3; i++)
        call_back();
    assert_int_equal(posted_by(SECRET, call_of(of_row("id"), pg_tenant(), "another run")), 200);
    go();
    assert_told_once();
    call_back();
    now();
    assert_told_once();
    assert_int_equal(
        pg_int("select count(*) from inbox where dedupe_key = 'call:%s'", of_row("id")), 1);
}

/* Before its own answer to us is written down, and before it was even asked. */
static void it_may_call_early(void **state)
{
    (void)state;
    at_knock("faults", "{\"late\":1}");
    ship();
    go();
    assert_string_equal(state_of(), "asked");
    assert_null(of_row("asked_at"));
    call_back();
    now();
    assert_told_once();
    fresh(NULL);
    ship();
    call_back();
    go();
    assert_told_once();
    assert_int_equal(asking(), 0);
    assert_in_range(runs(NULL), 0, 1);
}

/* Once its order has a conversation. The wait for Knock begins then. */
static void what_is_caught_up_with_goes_by_it_too(void **state)
{
    (void)fresh_unlinked(state);
    move("pending", "in_transit");
    assert_string_equal(state_of(), "skipped no_conversation");
    (void)pg_sql("update customer_notifications set created_at = now() - interval '50 minutes' "
                 "where id = " LAST " returning id");
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    assert_string_equal(state_of(), "asked");
    sweep_now();
    assert_asked();
    call_back();
    go();
    assert_told_once();
    assert_string_equal(of_row("orchestrator"), "knock");
}

/* What it said of before is not asked of it again. */
static void what_it_was_asked_before_is_caught_up_with_natively(void **state)
{
    (void)state;
    char gone[60];
    snprintf(gone, sizeof(gone), "cnv_gone%s", conversation + 4);
    (void)pg_sql("update orders set front_conversation_id = '%s' where id = '%s' returning id",
                 gone, order);
    move("pending", "in_transit");
    go();
    assert_string_equal(state_of(), "asked");
    call_back();
    now();
    assert_string_equal(state_of(), "failed no_such_conversation");
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    now();
    assert_string_equal(state_of(), "sent");
    assert_int_equal(told(), 1);
    assert_int_equal(runs(NULL), 1);
    assert_string_equal(of_row("orchestrator"), "native");
}

/* ---- what Knock does ---- */

static void what_it_did_before_it_failed_is_not_done_twice(void **state)
{
    (void)state;
    static const char *const faults[] = { "late", "drop", "garbage" };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        long long replayed = counted("replayed");
        fresh(NULL);
        at_knock("faults", arena_printf(c->arena, "{\"%s\":1}", faults[i]));
        ship();
        go();
        assert_string_equal(state_of(), "asked");
        assert_null(of_row("asked_at"));
        assert_non_null(of_row("ask_error"));
        assert_non_null(of_row("ask_body"));
        assert_int_equal(runs(NULL), 1);
        now();
        assert_asked();
        assert_int_equal(counted("replayed"), replayed + 1);
    }
}

/* Else Knock would refuse the key. */
static void the_body_is_the_same_at_every_try(void **state)
{
    (void)state;
    long long replayed = counted("replayed");
    at_knock("faults", "{\"late\":1}");
    ship();
    go();
    (void)pg_sql("update orders set number = number || '-changed' where id = '%s' returning id",
                 order);
    (void)pg_sql("update shipments set tracking_number = 'other', carrier_name = 'Other' where id "
                 "= '%s' returning id",
                 shipment);
    now();
    assert_asked();
    assert_int_equal(counted("replayed"), replayed + 1);
}

static void a_limit_is_waited_for(void **state)
{
    (void)state;
    at_knock("faults", "{\"throttle\":1,\"retryAfterMs\":41500}");
    ship();
    go();
    assert_string_equal(state_of(), "asked");
    assert_int_equal(pg_int("select count(*) from jobs where kind = '" KNOCK_JOB
                            "' and attempt = 0 and run_at between now() + interval '38 s' and "
                            "now() + interval '43 s'"),
                     1);
    at_knock("faults", "{\"throttleBare\":1}");
    now();
    assert_int_equal(pg_int("select count(*) from jobs where kind = '" KNOCK_JOB
                            "' and attempt = 0 and run_at > now()"),
                     1);
    now();
    assert_asked();
}

static void assert_told_natively(const char *why)
{
    assert_told_once();
    assert_string_equal(of_row("orchestrator"), "native");
    assert_null(of_row("ask_body"));
    if (!strstr(of_row("ask_error"), why))
        fail_msg("%s", of_row("ask_error"));
}

static void where_it_refuses_he_is_told_at_once(void **state)
{
    (void)state;
    static const char *const faults[][2] = { { "deny", "HTTP 403, authorization" },
                                             { "missing", "HTTP 404, workflow_missing" } };
    for (size_t i = 0; i < 2; i++) {
        fresh(NULL);
        at_knock("faults", arena_printf(c->arena, "{\"%s\":1}", faults[i][0]));
        ship();
        go();
        go();
        assert_told_natively(faults[i][1]);
        assert_int_equal(asking(), 0);
    }
}

static void where_it_is_down_he_is_told_after_some_tries(void **state)
{
    (void)state;
    at_knock("faults", "{\"fail\":100}");
    ship();
    for (int i = 0; i < 20 && told() == 0; i++)
        now();
    assert_told_natively("HTTP 503");
    assert_int_equal(runs(NULL), 0);
    assert_int_equal(asking(), 0);
}

static void asked_for(int minutes)
{
    (void)pg_sql("update customer_notifications set asked_at = now() - interval '%d minutes', "
                 "created_at = now() - interval '50 minutes' where id = " LAST " returning id",
                 minutes);
}

static void where_it_does_not_call_he_is_told(void **state)
{
    (void)state;
    ship();
    go();
    asked_for(KNOCK_MINUTES - 1);
    sweep_now();
    assert_string_equal(state_of(), "asked");
    asked_for(KNOCK_MINUTES + 1);
    sweep_now();
    go();
    assert_told_natively("did not call");
    assert_non_null(of_row("asked_at"));
    call_back(); /* too late */
    now();
    assert_told_once();
    assert_int_equal(inboxed("ignored"), 1);
}

/* Knock called about the delivery, and never about the day of it. */
static void what_it_kept_back_is_not_told_after_what_it_let_go(void **state)
{
    (void)state;
    move("in_transit", "out_for_delivery");
    go();
    asked_for(KNOCK_MINUTES + 1);
    move("out_for_delivery", "delivered");
    go();
    call_back();
    go();
    assert_string_equal(state_of(), "sent");
    sweep_now();
    go();
    assert_int_equal(told(), 1);
    assert_int_equal(audited("superseded"), 1);
}

/* Its job was discarded, say. */
static void where_it_could_not_be_asked_he_is_told(void **state)
{
    (void)state;
    ship();
    (void)pg_sql("delete from jobs where kind = '" KNOCK_JOB "' returning id");
    (void)pg_sql("update customer_notifications set created_at = now() - interval '46 minutes' "
                 "where id = " LAST " returning id");
    sweep_now();
    go();
    assert_told_natively("could not be asked");
}

/* ---- whose Knock it is ---- */

static void the_tenants_own_account_wins(void **state)
{
    (void)state;
    pg_settings()->knock_api_key = "another";
    pg_settings()->knock_url = "http://127.0.0.1:1";
    assert_non_null(own(knock, KEY, OWN_SECRET));
    ship();
    go();
    assert_asked();
    const char *body = call_of(of_row("id"), pg_tenant(), "run");
    assert_int_equal(posted_by(SECRET, body), 401);
    assert_int_equal(posted_by(OWN_SECRET, body), 200);
    go();
    assert_told_once();
}

/* The server's key goes to no address of a tenant. */
static void an_account_without_keys_uses_the_servers(void **state)
{
    (void)state;
    assert_non_null(own("http://127.0.0.1:1", NULL, NULL));
    ship();
    go();
    assert_asked();
    call_back();
    go();
    assert_told_once();
}

static void half_an_account_is_none(void **state)
{
    (void)state;
    assert_null(own(knock, KEY, NULL));
    assert_null(own(knock, NULL, OWN_SECRET));
    pg_settings()->knock_webhook_secret = "";
    ship();
    go();
    go();
    assert_told_natively("TRACK_KNOCK_WEBHOOK_SECRET");
    assert_int_equal(runs(NULL), 0);
}

static void without_knock_it_goes_natively(void **state)
{
    (void)state;
    assert_non_null(own(knock, KEY, OWN_SECRET));
    (void)pg_sql("update provider_accounts set enabled = false where provider = '" KNOCK
                 "' returning id");
    ship();
    assert_string_equal(state_of(), "queued");
    go();
    assert_told_once();
    (void)pg_sql("delete from provider_accounts where provider = '" KNOCK "' returning id");
    pg_settings()->knock_api_key = "";
    fresh(NULL);
    ship();
    assert_string_equal(state_of(), "queued");
    assert_string_equal(of_row("orchestrator"), "native");
    go();
    assert_told_once();
    assert_int_equal(runs(NULL), 0);
    assert_int_equal(pg_int("select count(*) from provider_accounts where provider = '" KNOCK "'"),
                     0);
}

static void what_needs_nobody_is_not_asked_for(void **state)
{
    (void)state;
    emit("pending", "in_transit", true, false);
    assert_int_equal(dispatch(), 1);
    assert_string_equal(state_of(), "skipped muted");
    go();
    assert_int_equal(runs(NULL), 0);
    assert_int_equal(asking(), 0);
}

/* ---- workers ---- */

/* After Knock took it, before that is written down. */
static void a_worker_that_is_killed_asks_once(void **state)
{
    (void)state;
    static const int never;
    int status;
    at_knock("faults", "{\"hang\":1}");
    ship();
    struct ctx *w = pg_ctx("track_worker");
    pid_t worker = fork();
    if (worker == 0) {
        jobs_work(pg_app(), w->db, &never, true);
        _exit(0);
    }
    for (int i = 0; i < 100 && runs(NULL) == 0; i++)
        usleep(50000);
    assert_int_equal(kill(worker, SIGKILL), 0);
    assert_int_equal(waitpid(worker, &status, 0), worker);
    (void)pg_sql("update jobs set lease_until = now() - interval '1 s' where state = 'running' "
                 "returning id");
    call_back();
    for (int i = 0; i < 3; i++)
        now();
    assert_told_once();
    assert_int_equal(runs(NULL), 1);
    assert_int_equal(asking(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(he_is_told_when_it_calls, begin),
        cmocka_unit_test_setup(it_may_call_often, begin),
        cmocka_unit_test_setup(it_may_call_early, begin),
        cmocka_unit_test_setup(what_is_caught_up_with_goes_by_it_too, begin),
        cmocka_unit_test_setup(what_it_was_asked_before_is_caught_up_with_natively, begin),
        cmocka_unit_test_setup(what_it_did_before_it_failed_is_not_done_twice, begin),
        cmocka_unit_test_setup(the_body_is_the_same_at_every_try, begin),
        cmocka_unit_test_setup(a_limit_is_waited_for, begin),
        cmocka_unit_test_setup(where_it_refuses_he_is_told_at_once, begin),
        cmocka_unit_test_setup(where_it_is_down_he_is_told_after_some_tries, begin),
        cmocka_unit_test_setup(where_it_does_not_call_he_is_told, begin),
        cmocka_unit_test_setup(what_it_kept_back_is_not_told_after_what_it_let_go, begin),
        cmocka_unit_test_setup(where_it_could_not_be_asked_he_is_told, begin),
        cmocka_unit_test_setup(the_tenants_own_account_wins, begin),
        cmocka_unit_test_setup(an_account_without_keys_uses_the_servers, begin),
        cmocka_unit_test_setup(half_an_account_is_none, begin),
        cmocka_unit_test_setup(without_knock_it_goes_natively, begin),
        cmocka_unit_test_setup(what_needs_nobody_is_not_asked_for, begin),
        cmocka_unit_test_setup(a_worker_that_is_killed_asks_once, begin),
    };
    return run_knocking("notify_knock", tests, sizeof(tests) / sizeof(tests[0]));
}
