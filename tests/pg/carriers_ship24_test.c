/* Trackers at Ship24: one for each shipment under every fault, in calls of a hundred, found again
   before they are made again, and what was missed comes in. */
#include "pg/ship24.h"

#include "web/domain.h"

const struct domain *const domains[] = { &web_domain,   &ship_domain,     &carriers_domain,
                                         &codes_domain, &trackers_domain, &carrier_accounts_domain,
                                         NULL };

static struct call admin;

/* ---- made ---- */

static void one_is_made(void **state)
{
    (void)state;
    char order[40], po[40], id[40], body[200];
    order_new(order, po);
    snprintf(
        body, sizeof(body),
        "{\"purchaseOrderId\": \"%s\", \"carrier\": \"dhl\", \"trackingNumber\": \"MADE0001\", "
        "\"track\": true, \"courierCode\": \"dhl\"}",
        po);
    const struct answer *a = ask(&agent, "POST", "/api/ship/shipments", body);
    assert_int_equal(a->status, 201);
    keep(id, json_text(a->json, "shipmentId"));
    assert_string_equal(state_of(id), "wanted");
    work_now();
    a = at(&viewer, "GET", id, "/tracker", NULL);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "state"), "made");
    assert_string_equal(json_text(a->json, "courierCode"), "dhl");
    assert_non_null(json_text(a->json, "trackerId"));
    assert_int_equal(there("MADE0001"), 1);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'tracker.wanted' "
                            "and entity_id = '%s'",
                            id),
                     1);
    int before = calls("POST /trackers");
    assert_int_equal(want(id)->status, 202);
    work_now();
    assert_int_equal(calls("POST /trackers"), before);
    assert_int_equal(at(&viewer, "POST", id, "/tracker", "{}")->status, 403);
    assert_int_equal(pg_int("select count(*) from http_calls h where h::text like '%%" KEY "%%'"),
                     0);
}

static void what_cannot_be_tracked(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "ABC");
    assert_int_equal(want(id)->status, 409);
    (void)pg_sql("update shipments set tracking_number = null where id = '%s' returning id", id);
    assert_int_equal(want(id)->status, 409);
    (void)pg_sql("update shipments set tracking_number = 'DRYRUN1', dry_run = true where id = '%s' "
                 "returning id",
                 id);
    assert_int_equal(want(id)->status, 409);
    assert_int_equal(
        at(&agent, "POST", "01970000-0000-7000-8000-00000000dead", "/tracker", "{}")->status, 404);
    add_shipment(id, "FINE00001");
    assert_int_equal(at(&agent, "GET", id, "/tracker", NULL)->status, 404);
    assert_int_equal(at(&agent, "POST", id, "/tracker/results", NULL)->status, 404);
    assert_int_equal(at(&agent, "POST", id, "/tracker",
                        "{\"accountId\": \"01970000-0000-7000-8000-00000000dead\"}")
                         ->status,
                     422);
}

/* ---- under faults ---- */

static void once_under_every_fault(void **state)
{
    static const char *const each[] = { "throttle",     "throttleLeft", "throttleAt",
                                        "throttleBare", "fail",         "late",
                                        "drop",         "garbage",      "html" };
    (void)state;
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        char id[40], number[30], fault[40];
        snprintf(number, sizeof(number), "FAULT%zu000", i);
        snprintf(fault, sizeof(fault), "{\"%s\": 1}", each[i]);
        add_shipment(id, number);
        faults(fault);
        assert_int_equal(want(id)->status, 202);
        work_now();
        assert_string_equal(state_of(id), "wanted");
        assert_string_equal(settled(id), "made");
        if (there(number) != 1)
            fail_msg("%s: %d trackers", each[i], there(number));
    }
}

/* As long as Ship24 says, whichever header it says it in, and no try is counted. */
static void waits_as_it_is_told(void **state)
{
    static const struct {
        const char *fault;
        int least, most;
    } each[] = { { "{\"throttle\": 1}", 1, 2 },
                 { "{\"throttleLeft\": 1}", 2, 3 },
                 { "{\"throttleAt\": 1}", 2, 5 },
                 { "{\"throttleBare\": 1}", 0, 1 } };
    (void)state;
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        char id[40], number[30];
        snprintf(number, sizeof(number), "WAIT%zu0000", i);
        (void)fresh(NULL);
        add_shipment(id, number);
        faults(each[i].fault);
        assert_int_equal(want(id)->status, 202);
        work_now();
        long long ms = pg_int("select extract(epoch from run_at - now()) * 1000 from jobs where "
                              "kind = 'ship.enrol'");
        if (ms < each[i].least * 1000 || ms > each[i].most * 1000 + 200)
            fail_msg("%s: waits %lld ms", each[i].fault, ms);
        assert_int_equal(pg_int("select attempt from jobs where kind = 'ship.enrol'"), 0);
        assert_int_equal(pg_int("select tries from trackers where shipment_id = '%s'", id), 0);
        assert_string_equal(settled(id), "made");
    }
}

/* A worker that died while it called: what is there is taken, and nothing is made. */
static void found_before_it_is_made_again(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "DIED00001");
    assert_int_equal(want(id)->status, 202);
    work_now();
    int before = calls("POST /trackers");
    (void)pg_sql("update trackers set state = 'wanted', external_id = null, begun_at = now() where "
                 "shipment_id = '%s' returning state",
                 id);
    due();
    assert_string_equal(state_of(id), "made");
    assert_int_equal(calls("POST /trackers"), before);
    assert_int_equal(there("DIED00001"), 1);
    /* it had not come to it */
    add_shipment(id, "DIED00002");
    assert_int_equal(want(id)->status, 202);
    (void)pg_sql("update trackers set begun_at = now() where shipment_id = '%s' returning state",
                 id);
    assert_string_equal(settled(id), "made");
    assert_int_equal(there("DIED00002"), 1);
}

/* Another tracker has the id of the shipment. */
static void of_another_number(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "FIRST0001");
    assert_int_equal(want(id)->status, 202);
    assert_string_equal(settled(id), "made");
    (void)pg_sql("update shipments set tracking_number = 'SECOND001' where id = '%s' returning id",
                 id);
    (void)pg_sql("delete from trackers where shipment_id = '%s' returning state", id);
    assert_int_equal(want(id)->status, 202);
    assert_string_equal(settled(id), "refused");
    assert_string_equal(pg_sql("select why from trackers where shipment_id = '%s'", id),
                        "Ship24 tracks another number by the id of this shipment.");
}

static void the_account_is_refused(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "QUOTA0001");
    faults("{\"forbid\": 1}");
    assert_int_equal(want(id)->status, 202);
    work_now();
    assert_string_equal(pg_sql("select state || ' ' || code || ' ' || (next_at > now() + interval "
                               "'10 minutes') from trackers where shipment_id = '%s'",
                               id),
                        "wanted quota_limit_reached true");
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'ship.enrol'"), 0);
    (void)pg_sql("update trackers set next_at = now() where shipment_id = '%s' returning state",
                 id);
    due();
    assert_string_equal(state_of(id), "made");
}

/* One of which Ship24 does not say whether it is there keeps no other waiting. */
static void one_not_found_out_is_not_in_the_way(void **state)
{
    (void)state;
    char lost[40], next[40];
    add_shipment(lost, "LOST00001");
    add_shipment(next, "NEXT00001");
    assert_int_equal(want(lost)->status, 202);
    assert_int_equal(want(next)->status, 202);
    (void)pg_sql("update trackers set begun_at = now() where shipment_id = '%s' returning state",
                 lost);
    faults("{\"fail\": 1}");
    work_now();
    faults("{\"fail\": 0}");
    assert_string_equal(settled(next), "made");
    assert_string_equal(pg_sql("select state || ' ' || (begun_at is not null) || ' ' || "
                               "(next_at > now()) from trackers where shipment_id = '%s'",
                               lost),
                        "wanted true true");
    (void)pg_sql("update trackers set next_at = now() where shipment_id = '%s' returning state",
                 lost);
    due();
    assert_string_equal(settled(lost), "made");
}

/* ---- many ---- */

static void want_many(const char *prefix, int n)
{
    char id[40], number[30];
    for (int i = 0; i < n; i++) {
        snprintf(number, sizeof(number), "%s%05d", prefix, i);
        add_shipment(id, number);
        assert_int_equal(want(id)->status, 202);
    }
}

static long long made(const char *prefix)
{
    return pg_int("select count(*) from trackers t join shipments s on s.id = t.shipment_id where "
                  "s.tracking_number like '%s%%' and t.state = 'made'",
                  prefix);
}

static void a_hundred_in_a_call(void **state)
{
    (void)state;
    int bulk = calls("POST /trackers/bulk"), one = calls("POST /trackers");
    want_many("MANY", 130);
    for (int i = 0; i < 4; i++)
        work_now();
    assert_int_equal(made("MANY"), 130);
    assert_int_equal(calls("POST /trackers/bulk"), bulk + 2);
    assert_int_equal(calls("POST /trackers"), one);
    assert_int_equal(
        pg_int("select count(distinct external_id) from trackers t join shipments s on s.id = "
               "t.shipment_id where s.tracking_number like 'MANY%%'"),
        130);
    /* A call of many tells of many people: none is forgotten by its shipment alone. */
    assert_int_equal(pg_int("select count(*) from http_calls where url like '%%/trackers/bulk' and "
                            "(request || response) not like '%%[not kept]%%[not kept]%%'"),
                     0);
}

static void of_a_bulk_that_goes_wrong(void **state)
{
    static const char *const each[] = { "refuse", "forget", "turn", "late", "drop", "garbage" };
    (void)state;
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        char prefix[16], fault[40];
        (void)fresh(NULL);
        snprintf(prefix, sizeof(prefix), "BULK%zu", i);
        snprintf(fault, sizeof(fault), "{\"%s\": 1}", each[i]);
        faults(fault);
        want_many(prefix, 7);
        work_now();
        for (int n = 0; n < 4; n++)
            due();
        if (made(prefix) != 7)
            fail_msg("%s: %lld made", each[i], made(prefix));
        assert_int_equal(pg_int("select count(*) from trackers t join shipments s on s.id = "
                                "t.shipment_id where s.tracking_number like '%s%%' and "
                                "t.asked ->> 'clientTrackerId' <> t.shipment_id::text",
                                prefix),
                         0);
        for (int n = 0; n < 7; n++) {
            char number[30];
            snprintf(number, sizeof(number), "%s%05d", prefix, n);
            assert_int_equal(there(number), 1);
        }
    }
}

/* ---- what it knows ---- */

static void seen(const char *number, const char *id, const char *milestone, const char *when)
{
    char body[300];
    snprintf(body, sizeof(body),
             "{\"number\": \"%s\", \"id\": \"%s\", \"status\": \"Seen\", \"milestone\": \"%s\", "
             "\"at\": \"%s\"}",
             number, id, milestone, when);
    control("event", body);
}

static const char *status_of(const char *id)
{
    return pg_sql("select status from shipments where id = '%s'", id);
}

static int resent(void)
{
    return (int)json_object_array_length(json_get(control("state", NULL), "resent"));
}

static void what_it_knows(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "KNOWN0001");
    assert_int_equal(want(id)->status, 202);
    assert_string_equal(settled(id), "made");
    seen("KNOWN0001", "k-1", "in_transit", "2026-03-02T10:00:00Z");
    seen("KNOWN0001", "k-2", "out_for_delivery", "2026-03-03T10:00:00Z");
    assert_int_equal(at(&agent, "POST", id, "/tracker/results", NULL)->status, 202);
    work_now();
    assert_string_equal(status_of(id), "out_for_delivery");
    assert_int_equal(changes(id), 1);
    assert_int_equal(resent(), 0); /* it was made just now: nothing was missed */
    /* of what is silent for half a day it is asked; what was not posted was missed */
    (void)pg_sql("update trackers set made_at = now() - interval '2 days', looked_at = null where "
                 "shipment_id = '%s' returning state",
                 id);
    (void)pg_sql("update shipments set moved_at = now() - interval '13 hours' where id = '%s' "
                 "returning id",
                 id);
    seen("KNOWN0001", "k-3", "delivered", "2026-03-03T12:00:00Z");
    due();
    work_now();
    assert_string_equal(status_of(id), "delivered");
    assert_int_equal(resent(), 1);
    assert_string_equal(
        pg_sql("select resent || ' ' || (resent_at is not null) from trackers where "
               "shipment_id = '%s'",
               id),
        "3 true");
    int asked = calls("GET /trackers/:id/results");
    due();
    assert_int_equal(calls("GET /trackers/:id/results"), asked); /* it is over */
    assert_chained(id);
}

static void under_faults(void **state)
{
    static const char *const each[] = { "{\"throttle\": 1}", "{\"fail\": 1}",
                                        "{\"throttleBare\": 2}" };
    (void)state;
    char id[40];
    add_shipment(id, "FLAKY0001");
    assert_int_equal(want(id)->status, 202);
    assert_string_equal(settled(id), "made");
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        char event[20];
        snprintf(event, sizeof(event), "f-%zu", i);
        seen("FLAKY0001", event, "in_transit", "2026-03-02T10:00:00Z");
        faults(each[i]);
        assert_int_equal(at(&agent, "POST", id, "/tracker/results", NULL)->status, 202);
        for (int n = 0; n < 4; n++)
            work_now();
        assert_int_equal(
            pg_int("select count(*) from shipment_events where shipment_id = '%s'", id), i + 1);
    }
    faults("{\"throttle\": 1}");
    assert_int_equal(at(&agent, "POST", id, "/tracker/resend", NULL)->status, 202);
    for (int n = 0; n < 3; n++)
        work_now();
    assert_string_equal(pg_sql("select resent::text from trackers where shipment_id = '%s'", id),
                        "3");
    control("gone", "{\"number\": \"FLAKY0001\"}");
    assert_int_equal(at(&agent, "POST", id, "/tracker/results", NULL)->status, 202);
    work_now();
    assert_string_equal(state_of(id), "refused");
    assert_int_equal(at(&agent, "POST", id, "/tracker/results", NULL)->status, 409);
    assert_int_equal(want(id)->status, 202);
    assert_string_equal(settled(id), "made");
}

/* Those that cannot be asked for are asked for in turn, and not at all while their account is off.
 */
static void each_silent_one_has_its_turn(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "TURN00001");
    assert_int_equal(want(id)->status, 202);
    assert_string_equal(settled(id), "made");
    (void)pg_sql("update trackers set made_at = now() - interval '2 days', looked_at = null where "
                 "shipment_id = '%s' returning state",
                 id);
    (void)pg_sql("update shipments set moved_at = now() - interval '13 hours' where id = '%s' "
                 "returning id",
                 id);
    (void)pg_sql("update provider_accounts set enabled = false where id = '%s' returning id",
                 account);
    due();
    assert_int_equal(pg_int("select count(looked_at) from trackers where shipment_id = '%s'", id),
                     0);
    (void)pg_sql("update provider_accounts set enabled = true where id = '%s' returning id",
                 account);
    faults("{\"fail\": 100}");
    due();
    faults(NULL);
    assert_int_equal(pg_int("select count(looked_at) from trackers where shipment_id = '%s'", id),
                     1);
}

/* ---- rehearsed, and on pages ---- */

static void rehearsed(void **state)
{
    (void)state;
    char id[40];
    int before = json_object_get_int(json_get(control("state", NULL), "requests"));
    pg_settings()->carrier_dry_run = true;
    add_shipment(id, "REHEARSE1");
    assert_int_equal(want(id)->status, 202);
    assert_string_equal(settled(id), "made");
    assert_int_equal(at(&agent, "POST", id, "/tracker/results", NULL)->status, 409);
    assert_int_equal(json_object_get_int(json_get(control("state", NULL), "requests")), before);
    assert_string_equal(pg_sql("select dry_run || ' ' || left(external_id, 4) from trackers where "
                               "shipment_id = '%s'",
                               id),
                        "true DRY-");
    pg_settings()->carrier_dry_run = false;
    assert_int_equal(want(id)->status, 202);
    assert_string_equal(settled(id), "made");
    assert_int_equal(there("REHEARSE1"), 1);
}

/* What was wanted before is not asked for while it is a dry run. */
static void nobody_is_asked_in_a_dry_run(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "DRYLATE01");
    assert_int_equal(want(id)->status, 202);
    pg_settings()->carrier_dry_run = true;
    int before = json_object_get_int(json_get(control("state", NULL), "requests"));
    due();
    assert_string_equal(state_of(id), "wanted");
    pg_settings()->carrier_dry_run = false;
    assert_int_equal(json_object_get_int(json_get(control("state", NULL), "requests")), before);
    due();
    assert_string_equal(state_of(id), "made");
    assert_int_equal(at(&agent, "POST", id, "/tracker/results", NULL)->status, 202);
    pg_settings()->carrier_dry_run = true;
    before = calls("GET /trackers/:id/results");
    work_now();
    pg_settings()->carrier_dry_run = false;
    assert_int_equal(calls("GET /trackers/:id/results"), before);
}

static void on_its_page(void **state)
{
    (void)state;
    char id[40], path[80];
    add_shipment(id, "PAGE00001");
    snprintf(path, sizeof(path), "/shipments/%s", id);
    assert_non_null(strstr(ask(&agent, "GET", path, NULL)->body, "Have Ship24 track it"));
    assert_int_equal(want(id)->status, 202);
    assert_non_null(strstr(ask(&agent, "GET", path, NULL)->body, "It waits to be tracked."));
    assert_string_equal(settled(id), "made");
    assert_non_null(strstr(ask(&agent, "GET", path, NULL)->body, "Ask what it knows"));
    assert_null(strstr(ask(&viewer, "GET", path, NULL)->body, "Ask what it knows"));
    (void)pg_sql("insert into shipment_estimates (tenant_id, shipment_id, seq, event_id, "
                 "expected_on, told_at, told_by) values ('%s', '%s', 9, uuid7(), '2026-03-04', "
                 "now(), 'ship24.tracking/1') returning seq",
                 pg_tenant(), id);
    assert_non_null(strstr(ask(&agent, "GET", path, NULL)->body, "told by Ship24 <time"));
}

/* ---- the account, tried ---- */

static const struct answer *account_at(const struct call *who, const char *method, const char *id,
                                       const char *rest)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/carriers/%s%s", id, rest);
    return ask(who, method, path, NULL);
}

static struct json_object *tried(void)
{
    assert_int_equal(account_at(&admin, "POST", account, "/check")->status, 202);
    assert_string_equal(
        json_text(json_get(account_at(&admin, "GET", account, "")->json, "check"), "state"),
        "running");
    work_now();
    return json_get(account_at(&admin, "GET", account, "")->json, "check");
}

static void said(const char *fault, bool ok, const char *words)
{
    faults(fault);
    struct json_object *check = tried();
    assert_string_equal(json_text(check, "state"), "done");
    assert_int_equal(json_object_get_boolean(json_get(check, "ok")), ok);
    assert_string_equal(json_text(check, "said"), words);
}

static void the_account_is_tried(void **state)
{
    (void)state;
    int before = calls("POST /trackers");
    assert_int_equal(ask(&agent, "GET", "/api/ship/carriers", NULL)->status, 403);
    said(NULL, true, "Ship24 answers, and takes the API key.");
    said("{\"throttle\": 1}", false, "Ship24 takes no more calls just now.");
    said("{\"fail\": 1}", false, "Ship24 has a fault of its own.");
    said("{\"forbid\": 1}", false, "Ship24 refuses the account: The quota of the plan is used up");
    assert_int_equal(calls("POST /trackers"), before);
    const struct answer *a = ask(&admin, "GET", "/carriers", NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "The quota of the plan is used up"));
    assert_non_null(strstr(a->body, "/api/webhooks/ship24"));
    assert_null(strstr(a->body, KEY));
    assert_null(strstr(a->body, "secret-of-ship24"));
    pg_settings()->carrier_dry_run = true;
    assert_non_null(
        strstr(ask(&admin, "GET", "/carriers", NULL)->body, "<strong>Dry run.</strong>"));
    pg_settings()->carrier_dry_run = false;
}

static void what_is_never_called(void **state)
{
    (void)state;
    const char *id =
        arena_strdup(c->arena, pg_sql("insert into provider_accounts (tenant_id, provider, name, "
                                      "settings) values ('%s', 'generic', 'Alpine', "
                                      "'{\"carrier\": \"alpine\"}') returning id",
                                      pg_tenant()));
    const struct answer *a = account_at(&admin, "GET", id, "");
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "title"), "alpine");
    assert_non_null(strstr(json_text(a->json, "hookAddress"), "/api/carriers/alpine/callback"));
    assert_int_equal(account_at(&admin, "POST", id, "/check")->status, 409);
    assert_int_equal(
        account_at(&admin, "POST", "01970000-0000-7000-8000-00000000dead", "/check")->status, 404);
    (void)pg_sql("update provider_accounts set enabled = false where id = '%s' returning id",
                 account);
    assert_int_equal(account_at(&admin, "POST", account, "/check")->status, 409);
    (void)pg_sql("update provider_accounts set enabled = true where id = '%s' returning id",
                 account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_is_made, fresh),
        cmocka_unit_test_setup(what_cannot_be_tracked, fresh),
        cmocka_unit_test_setup(once_under_every_fault, fresh),
        cmocka_unit_test_setup(waits_as_it_is_told, fresh),
        cmocka_unit_test_setup(found_before_it_is_made_again, fresh),
        cmocka_unit_test_setup(of_another_number, fresh),
        cmocka_unit_test_setup(the_account_is_refused, fresh),
        cmocka_unit_test_setup(one_not_found_out_is_not_in_the_way, fresh),
        cmocka_unit_test_setup(a_hundred_in_a_call, fresh),
        cmocka_unit_test_setup(of_a_bulk_that_goes_wrong, fresh),
        cmocka_unit_test_setup(what_it_knows, fresh),
        cmocka_unit_test_setup(under_faults, fresh),
        cmocka_unit_test_setup(each_silent_one_has_its_turn, fresh),
        cmocka_unit_test_setup(rehearsed, fresh),
        cmocka_unit_test_setup(nobody_is_asked_in_a_dry_run, fresh),
        cmocka_unit_test_setup(on_its_page, fresh),
        cmocka_unit_test_setup(the_account_is_tried, fresh),
        cmocka_unit_test_setup(what_is_never_called, fresh),
    };
    start("carriers_ship24");
    call_session(&admin, "admin");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
