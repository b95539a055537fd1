/* What a simulated Shiprocket tells, by its webhook and when it is asked: who is believed, each
   scan once whoever tells it, and the secret of the address kept nowhere. */
#include "pg/shiprocket.h"

#include "inbox/intake.h"
#include "ship/scan.h"

static struct intake *intake;
static struct ctx *web;
static const char *token;

/* ---- the webhook ---- */

static const struct delivery *post_as(const char *method, const char *path, const char *key,
                                      const char *body)
{
    struct delivery *d = arena_new_of(web->arena, struct delivery);
    const char **headers = arena_zalloc(web->arena, 5, sizeof(*headers));
    headers[0] = "content-type";
    headers[1] = "application/json";
    if (key) {
        headers[2] = "x-api-key";
        headers[3] = key;
    }
    d->request = (struct hook_request){ .app = web->app,
                                        .arena = web->arena,
                                        .path = path,
                                        .query_string = "",
                                        .method = method,
                                        .body = str_of(body),
                                        .headers = headers };
    intake_take(intake, web->arena, &d, 1);
    return d;
}

static const char *address(void)
{
    return arena_printf(c->arena, "/api/hooks/c/%s", token);
}

static const struct delivery *post(const char *body)
{
    return post_as("POST", address(), "secret-of-the-panel", body);
}

/* One scan of a parcel, as its webhook tells it. */
static const char *body_of(const char *awb, int id, const char *date)
{
    return arena_printf(c->arena,
                        "{\"awb\":\"%s\",\"courier_name\":\"Delhivery Surface\",\"current_status_id"
                        "\":20,\"shipment_status\":\"SEEN\",\"shipment_status_id\":%d,"
                        "\"current_timestamp\":\"04 03 2026 08:58:10\",\"order_id\":\"x\",\"etd\":"
                        "\"\",\"scans\":[{\"date\":\"%s\",\"status\":\"X-ILL2F\",\"activity\":"
                        "\"Seen\",\"location\":\"Pune_Hub (Maharashtra)\",\"sr-status\":\"%d\","
                        "\"sr-status-label\":\"NA\"}]}",
                        awb, id, date, id);
}

static void scan_there(const char *awb, int id, const char *date)
{
    control("scan", arena_printf(c->arena,
                                 "{\"awb\":\"%s\",\"id\":%d,\"date\":\"%s\",\"status\":\"X-ILL2F\","
                                 "\"activity\":\"Seen\"}",
                                 awb, id, date));
}

static const char *status_of(const char *shipment)
{
    return pg_sql("select status from shipments where id = '%s'", shipment);
}

static long long scans_of(const char *shipment)
{
    return pg_int("select count(*) from shipment_events where shipment_id = '%s' and type = 'SCAN'",
                  shipment);
}

static long long kept(void)
{
    return pg_int("select count(*) from inbox where provider = 'shiprocket'");
}

static void only_who_knows_address_and_key(void **state)
{
    (void)state;
    const char *body = body_of("29050099999999", 18, "2026-03-03 06:12:05");
    long long before = kept();
    static const char *const wrong[] = { "/api/hooks/c/abcdefghijlmnopqtuvwxyz012",
                                         "/api/hooks/c/x" };
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(post_as("POST", wrong[i], "secret-of-the-panel", body)->answer.status,
                         401);
    assert_int_equal(post_as("POST", address(), "another", body)->answer.status, 401);
    assert_int_equal(post_as("POST", address(), NULL, body)->answer.status, 401);
    assert_int_equal(post_as("GET", address(), NULL, "")->answer.status, 405);
    assert_int_equal(post_as("HEAD", address(), NULL, "")->answer.status, 200);
    assert_int_equal(kept(), before);
    assert_int_equal(post(body)->answer.status, 200);
    assert_int_equal(post(body)->answer.status, 200); /* folded, and told so alike */
    assert_int_equal(kept(), before + 1);
    assert_int_equal(post("<p>no JSON")->answer.status, 200); /* seen in the inbox */
    assert_int_equal(kept(), before + 2);
    assert_int_equal(pg_int("select count(*) from inbox where path = '/api/hooks/c/…'"),
                     before + 2);
    assert_int_equal(pg_int("select count(*) from inbox where inbox::text like '%%%s%%' or "
                            "inbox::text like '%%secret-of-the-panel%%'",
                            token),
                     0);
    work();
    assert_string_equal(pg_sql("select state from inbox where provider = 'shiprocket' and body = "
                               "'<p>no JSON'"),
                        "failed");
    assert_int_equal(
        pg_int("select count(*) from unmatched_parcels where tracking_number = '29050099999999'"),
        1);
}

static void without_a_key_the_address_is_enough(void **state)
{
    (void)state;
    const char *body = body_of("29050099999998", 18, "2026-03-03 06:12:05");
    set_account("{}", "{\"webhookSecret\": \"\"}");
    pg_clock_shift(5000); /* accounts are read anew */
    assert_int_equal(post_as("POST", address(), NULL, body)->answer.status, 200);
    assert_int_equal(post_as("POST", "/api/hooks/c/x", NULL, body)->answer.status, 401);
    set_account("{}", "{\"webhookSecret\": \"secret-of-the-panel\"}");
    pg_clock_shift(10000);
    assert_int_equal(post_as("POST", address(), NULL, body)->answer.status, 401);
    pg_clock_shift(0);
}

/* The numbers of the two tables differ: 18 is on its way here, 20 would be a trouble of pickups. */
static void a_webhook_moves_its_shipment(void **state)
{
    char shipment[40];
    (void)state;
    const char *awb = shipped(shipment);
    long long before = changes(shipment);
    assert_int_equal(post(body_of(awb, 18, "2026-03-03 06:12:05"))->answer.status, 200);
    work();
    assert_string_equal(status_of(shipment), "in_transit");
    assert_int_equal(scans_of(shipment), 1);
    assert_int_equal(changes(shipment), before + 1);
    assert_string_equal(
        pg_sql("select to_char(occurred_at, 'YYYY-MM-DD HH24:MI:SS') || ' ' || mapper || ' ' || "
               "grade from shipment_events where shipment_id = '%s' and type = 'SCAN'",
               shipment),
        "2026-03-03 00:42:05 shiprocket.scan/1 B");
    assert_int_equal(post(body_of(awb, 9, "2026-03-03 09:00:00"))->answer.status, 200);
    work();
    assert_string_equal(status_of(shipment), "returned");
    assert_chained(shipment);
}

/* Told before there is the shipment: it waits for it. */
static void what_came_first_waits_for_its_shipment(void **state)
{
    char order[40], po[40];
    (void)state;
    order_new(order, po);
    const char *awb = "29059000000001";
    assert_int_equal(post(body_of(awb, 17, "2026-03-04 08:55:00"))->answer.status, 200);
    work();
    char shipment[40];
    keep(shipment, pg_sql("insert into shipments (tenant_id, purchase_order_id, carrier, "
                          "tracking_number, public_token) values ('%s', '%s', 'shiprocket', '%s', "
                          "'a-token-of-a-parcel-before') returning id",
                          pg_tenant(), po, awb));
    db_begin(c->db, pg_tenant());
    assert_int_equal(scans_match_later(c, shipment), OK);
    assert_int_equal(db_commit(c->db), OK);
    work();
    assert_string_equal(status_of(shipment), "out_for_delivery");
}

/* ---- asking ---- */

static void reconcile_now(void)
{
    (void)pg_sql("insert into jobs (tenant_id, queue, kind) values (null, 'ship', "
                 "'ship.reconcile_all') returning id");
    work_now();
}

static void long_ago(void)
{
    pg_sql("update carrier_parcels set polled_at = now() - interval '3 hours' returning 1");
}

static int calls_made(void)
{
    return json_object_get_int(
        json_get(json_get(control("state", NULL), "calls"), "/courier/track/awbs"));
}

static void what_the_webhook_missed_is_asked_for(void **state)
{
    char shipment[40];
    (void)state;
    const char *awb = shipped(shipment);
    scan_there(awb, 42, "2026-03-02 18:41:20");
    scan_there(awb, 18, "2026-03-03 06:12:05");
    assert_int_equal(post(body_of(awb, 18, "2026-03-03 06:12:05"))->answer.status, 200);
    work();
    assert_int_equal(scans_of(shipment), 1);
    reconcile_now();
    assert_int_equal(scans_of(shipment), 2); /* what was told is not told again */
    assert_string_equal(status_of(shipment), "in_transit");
    int calls = calls_made();
    scan_there(awb, 17, "2026-03-04 08:55:00");
    reconcile_now(); /* it was asked for a moment ago */
    assert_int_equal(calls_made(), calls);
    long_ago();
    reconcile_now();
    assert_string_equal(status_of(shipment), "out_for_delivery");
    assert_int_equal(scans_of(shipment), 3);
    assert_int_equal(post(body_of(awb, 17, "2026-03-04 08:55:00"))->answer.status, 200);
    work();
    assert_int_equal(scans_of(shipment), 3); /* nor when the webhook comes late */
    assert_chained(shipment);
}

static void fifty_are_asked_for_at_once_the_oldest_first(void **state)
{
    char order[40], po[40];
    (void)state;
    order_new(order, po);
    (void)pg_sql("insert into shipments (tenant_id, purchase_order_id, carrier, tracking_number, "
                 "public_token) select '%s', '%s', 'shiprocket', 'MANY' || n, "
                 "'a-token-of-one-of-many-' || n from generate_series(1, 120) n returning id",
                 pg_tenant(), po);
    (void)pg_sql("insert into shipments (tenant_id, purchase_order_id, carrier, tracking_number, "
                 "public_token, dry_run) values ('%s', '%s', 'shiprocket', 'DRY1', "
                 "'a-token-of-a-dry-run-parcel', true) returning id",
                 pg_tenant(), po);
    long_ago();
    int calls = calls_made();
    reconcile_now();
    assert_in_range(calls_made() - calls, 3, 4);
    assert_int_equal(pg_int("select count(*) from carrier_parcels k join shipments s on s.id = "
                            "k.shipment_id where s.tracking_number like 'MANY%%' and k.polled_at > "
                            "now() - interval '1 minute' and k.account_id = '%s'",
                            account),
                     120);
    assert_int_equal(pg_int("select count(*) from carrier_parcels k join shipments s on s.id = "
                            "k.shipment_id where s.dry_run"),
                     0);
    pg_sql("update carrier_parcels set polled_at = now() returning 1");
    pg_sql("update carrier_parcels set polled_at = now() - interval '5 hours' from shipments s "
           "where s.id = shipment_id and s.tracking_number = 'MANY77' returning 1");
    calls = calls_made();
    reconcile_now();
    assert_int_equal(calls_made(), calls + 1);
}

/* A call that is refused or fails marks nobody as asked for. */
static void who_was_not_answered_is_asked_for_again(void **state)
{
    char shipment[40];
    (void)state;
    const char *awb = shipped(shipment);
    scan_there(awb, 18, "2026-03-03 06:12:05");
    pg_sql("update carrier_parcels set polled_at = now() returning 1");
    pg_sql("update carrier_parcels set polled_at = null where shipment_id = '%s' returning 1",
           shipment);
    control("faults", "{\"throttle\":1,\"retryAfter\":300}");
    reconcile_now();
    assert_int_equal(scans_of(shipment), 0);
    assert_int_equal(pg_int("select count(*) from carrier_parcels where polled_at is null"), 1);
    assert_int_equal(
        pg_int("select count(*) from jobs where kind = 'ship.reconcile' and run_at > now() + "
               "interval '4 minutes'"),
        1);
    pg_sql("delete from circuit_breakers");
    control("faults", "{\"bare\":1}"); /* one alone: its turn is over, and somebody sees why */
    work_now();
    assert_int_equal(scans_of(shipment), 0);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'ship.reconcile' and state = "
                            "'parked'"),
                     1);
    assert_int_equal(pg_int("select count(*) from carrier_parcels where polled_at is null"), 0);
    pg_sql("delete from jobs where kind = 'ship.reconcile'");
    pg_sql("update carrier_parcels set polled_at = null where shipment_id = '%s' returning 1",
           shipment);
    reconcile_now();
    assert_string_equal(status_of(shipment), "in_transit");
}

/* What makes Shiprocket fail again and again is put back with those asked for with it. */
static void who_is_never_answered_keeps_nobody_waiting(void **state)
{
    char shipment[40];
    (void)state;
    (void)shipped(shipment);
    pg_sql("update carrier_parcels set polled_at = now() returning 1");
    pg_sql("update carrier_parcels set polled_at = null where shipment_id = '%s' returning 1",
           shipment);
    control("faults", "{\"fail\":100}");
    reconcile_now();
    assert_int_equal(pg_int("select count(*) from carrier_parcels where polled_at is null"), 1);
    for (int i = 0; i < 30; i++) {
        pg_sql("delete from circuit_breakers");
        work_now();
    }
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'ship.reconcile' and state = "
                            "'parked'"),
                     1);
    assert_int_equal(pg_int("select count(*) from carrier_parcels where polled_at is null"), 0);
}

static void in_a_dry_run_nobody_is_asked(void **state)
{
    (void)state;
    long_ago();
    int calls = calls_made();
    pg_settings()->carrier_dry_run = true;
    reconcile_now();
    pg_settings()->carrier_dry_run = false;
    assert_int_equal(calls_made(), calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_who_knows_address_and_key, fresh),
        cmocka_unit_test_setup(without_a_key_the_address_is_enough, fresh),
        cmocka_unit_test_setup(a_webhook_moves_its_shipment, fresh),
        cmocka_unit_test_setup(what_came_first_waits_for_its_shipment, fresh),
        cmocka_unit_test_setup(what_the_webhook_missed_is_asked_for, fresh),
        cmocka_unit_test_setup(fifty_are_asked_for_at_once_the_oldest_first, fresh),
        cmocka_unit_test_setup(who_was_not_answered_is_asked_for_again, fresh),
        cmocka_unit_test_setup(who_is_never_answered_keeps_nobody_waiting, fresh),
        cmocka_unit_test_setup(in_a_dry_run_nobody_is_asked, fresh),
    };
    start("carriers_news");
    web = pg_ctx("track_web");
    intake = intake_new(pg_app(), web->arena, web->db, domains);
    token = json_text(calling(c)->account->secrets, "hookToken");
    assert_non_null(token);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
