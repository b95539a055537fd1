/* Codes that nobody could read: collected once a scan, mapped by staff, which wins over the tables
   built in, and brought to what was kept without telling anybody. */
#include "pg/asking.h"

#include "base/json.h"
#include "jobs/jobs.h"
#include "ship/code.h"
#include "ship/scan.h"
#include "ship/ship.h"
#include "web/domain.h"

#include <string.h>

const struct domain *const domains[] = { &web_domain, &ship_domain, &carriers_domain, &codes_domain,
                                         NULL };

static struct call agent, viewer;
static char account_id[40];
static struct ctx *worker;

/* ---- arranging ---- */

static void add_shipment(char *id, const char *carrier, const char *number)
{
    keep(id, pg_sql("insert into shipments (tenant_id, carrier, tracking_number, public_token) "
                    "values ('%s', '%s', '%s', 'token-' || gen_random_uuid()) returning id",
                    pg_tenant(), carrier, number));
}

struct told {
    const char *id, *milestone, *code, *at; /* code: as JSON */
};

static enum err tell_body(struct str body)
{
    const char *why;
    struct json_object *settings;
    struct job j = { .ctx = *worker, .attempt = 1, .max_attempts = 12 };
    struct hook_account account = { .id = account_id, .tenant_id = pg_tenant() };
    assert_int_equal(json_parse(worker->arena, str_of("{}"), &json_request_limits, &settings, &why),
                     OK);
    account.settings = settings;
    return carrier_hooks[0].process(&j, arena_strdup(worker->arena, pg_sql("select uuid7()")), body,
                                    &account);
}

static enum err tell(const char *number, const struct told *list, int n)
{
    struct buf b = buf_in(worker->arena);
    buf_printf(&b, "{\"trackings\":[{\"tracker\":{\"trackingNumber\":\"%s\"},\"events\":[", number);
    for (int i = 0; i < n; i++)
        buf_printf(&b,
                   "%s{\"eventId\":\"%s\",\"status\":\"Words of %s\",\"occurrenceDatetime\":\"%s\","
                   "\"statusMilestone\":\"%s\",\"statusCode\":%s}",
                   i ? "," : "", list[i].id, list[i].id, list[i].at, list[i].milestone,
                   list[i].code);
    buf_puts(&b, "]}]}");
    return tell_body(buf_str(&b));
}

static void tell_one(const char *number, const char *id, const char *milestone, const char *code,
                     const char *at)
{
    const struct told one = { id, milestone, code, at };
    assert_int_equal(tell(number, &one, 1), OK);
}

static const char *status_of(const char *shipment)
{
    return pg_sql("select status from shipments where id = '%s'", shipment);
}

static long long seen(const char *code)
{
    return pg_int("select coalesce(sum(seen), 0) from carrier_codes where code = '%s'", code);
}

static void code_id(char *to, const char *code)
{
    keep(to, pg_sql("select id from carrier_codes where code = '%s'", code));
}

static const struct answer *at(const char *method, const char *id, const char *rest,
                               const char *body)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/codes/%s%s", id, rest);
    return ask(&agent, method, path, body);
}

static long long number(const struct answer *a, const char *key)
{
    assert_non_null(json_get(a->json, key));
    return json_object_get_int64(json_get(a->json, key));
}

/* ---- collected ---- */

static void collected_once_a_scan(void **state)
{
    (void)state;
    char id[40], code[40];
    add_shipment(id, "delhivery", "ODD1");
    for (int i = 0; i < 3; i++)
        tell_one("ODD1", "o1", "beamed_up", "null", "2026-03-02T10:00:00Z");
    assert_int_equal(seen("beamed_up"), 1);
    tell_one("ODD1", "o2", "beamed_up", "null", "2026-03-02T11:00:00Z");
    tell_one("ODD1", "o3", "beamed_up", "\"beamed_far\"", "2026-03-02T12:00:00Z");
    tell_one("ODD1", "o4", "in_transit", "\"transit_handover\"", "2026-03-02T12:00:00Z");
    assert_int_equal(seen("beamed_up"), 2);
    assert_int_equal(seen("beamed_far"), 1);
    assert_int_equal(pg_int("select count(*) from carrier_codes"), 2);
    code_id(code, "beamed_up");
    assert_int_equal(ask(&viewer, "GET", "/api/ship/codes", NULL)->status, 403);
    const struct answer *a = ask(&agent, "GET", "/api/ship/codes", NULL);
    assert_int_equal(a->status, 200);
    assert_int_equal(json_object_array_length(json_get(a->json, "codes")), 2);
    a = at("GET", code, "", NULL);
    assert_string_equal(json_text(a->json, "carrier"), "ship24");
    assert_string_equal(json_text(a->json, "example"), "Words of o2");
    assert_string_equal(json_text(a->json, "exampleShipmentId"), id);
    assert_null(json_get(a->json, "meaning"));
}

/* A code of any length is cut alike by us and by the database. */
static void cut_alike(void **state)
{
    (void)state;
    char id[40], code[40], text[420] = "\"", *p = text + 1;
    for (int i = 0; i < 130; i++, p += 2)
        memcpy(p, "é", 2);
    memcpy(p, "\"", 2);
    add_shipment(id, "delhivery", "LONG1");
    tell_one("LONG1", "l1", "odd", text, "2026-03-02T10:00:00Z");
    assert_int_equal(pg_int("select length(code) from carrier_codes where code like 'éé%%'"), 100);
    keep(code, pg_sql("select id from carrier_codes where code like 'éé%%'"));
    assert_int_equal(at("PUT", code, "", "{\"meaning\": \"in_transit\"}")->status, 200);
    assert_int_equal(number(at("GET", code, "/rerun", NULL), "change"), 1);
    tell_one("LONG1", "l2", "odd", text, "2026-03-02T11:00:00Z");
    assert_string_equal(status_of(id), "in_transit");
}

/* ---- mapped ---- */

static void mapped_from_now_on(void **state)
{
    (void)state;
    char id[40], code[40];
    add_shipment(id, "delhivery", "NOW1");
    tell_one("NOW1", "n1", "held_up", "null", "2026-03-02T10:00:00Z");
    code_id(code, "held_up");
    assert_int_equal(at("PUT", code, "", "{\"meaning\": \"lost\"}")->status, 422);
    assert_int_equal(at("PUT", code, "", "{}")->status, 422);
    assert_int_equal(
        at("PUT", "01970000-0000-7000-8000-00000000dead", "", "{\"meaning\": \"nothing\"}")->status,
        404);
    long long audited = pg_int("select count(*) from audit_history");
    const struct answer *a = at("PUT", code, "", "{\"meaning\": \"in_transit\"}");
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "meaning"), "in_transit");
    assert_int_equal(at("PUT", code, "", "{\"meaning\": \"in_transit\"}")->status, 200);
    assert_int_equal(pg_int("select count(*) from audit_history"), audited + 1);
    assert_string_equal(pg_sql("select action || ' ' || entity_type || ' ' || (after ->> "
                               "'meaning') from audit_history order by seq desc limit 1"),
                        "carrier_code.mapped carrier_code in_transit");
    assert_string_equal(status_of(id), "pending"); /* nothing of what was kept has moved */
    tell_one("NOW1", "n2", "held_up", "null", "2026-03-02T11:00:00Z");
    assert_string_equal(status_of(id), "in_transit");
    assert_int_equal(seen("held_up"), 1);
    assert_int_equal(at("PUT", code, "", "{\"meaning\": \"nothing\"}")->status, 200);
    tell_one("NOW1", "n3", "held_up", "null", "2026-03-02T12:00:00Z");
    assert_int_equal(seen("held_up"), 1);
    a = at("POST", code, "/unmap", NULL);
    assert_int_equal(a->status, 200);
    assert_null(json_get(a->json, "meaning"));
    tell_one("NOW1", "n4", "held_up", "null", "2026-03-02T13:00:00Z");
    assert_int_equal(seen("held_up"), 2);
}

/* Ship24 has no milestone for what is returned: its code tells. */
static void wins_over_the_table(void **state)
{
    (void)state;
    char id[40];
    const char *body = "{\"carrier\": \"ship24\", \"code\": \"exception_return\", \"meaning\": "
                       "\"returned\"}";
    const struct answer *a = ask(&agent, "POST", "/api/ship/codes", body);
    assert_int_equal(a->status, 201);
    assert_non_null(strstr(answer_header("Location"), "/api/ship/codes/"));
    assert_int_equal(ask(&agent, "POST", "/api/ship/codes", body)->status, 409);
    add_shipment(id, "delhivery", "BACK1");
    tell_one("BACK1", "b1", "exception", "\"exception_return\"", "2026-03-02T10:00:00Z");
    assert_string_equal(status_of(id), "returned");
    add_shipment(id, "delhivery", "BACK2");
    tell_one("BACK2", "b2", "exception", "\"exception_lost\"", "2026-03-02T10:00:00Z");
    assert_string_equal(status_of(id), "exception");
}

/* ---- over what was kept ---- */

static void over_what_was_kept(void **state)
{
    (void)state;
    char ids[4][40], code[40];
    for (int i = 0; i < 4; i++) {
        char name[16], one[16], two[16];
        snprintf(name, sizeof(name), "KEPT%d", i);
        snprintf(one, sizeof(one), "k%d", i);
        snprintf(two, sizeof(two), "kk%d", i);
        add_shipment(ids[i], "delhivery", name);
        tell_one(name, one, "at_the_door", "null", "2026-03-02T10:00:00Z");
        if (i == 3)
            tell_one(name, two, "delivered", "null", "2026-03-03T10:00:00Z");
    }
    (void)pg_sql("insert into shipments (tenant_id, carrier, tracking_number, public_token) values "
                 "('%s', 'other', 'OTHERS', 'token-of-the-other-carrier') returning id",
                 pg_tenant());
    code_id(code, "at_the_door");
    assert_int_equal(at("POST", code, "/rerun", NULL)->status, 409);
    assert_int_equal(at("PUT", code, "", "{\"meaning\": \"out_for_delivery\"}")->status, 200);
    const struct answer *a = at("GET", code, "/rerun", NULL);
    assert_int_equal(a->status, 200);
    assert_int_equal(number(a, "scans"), 4);
    assert_int_equal(number(a, "shipments"), 4);
    assert_int_equal(number(a, "change"), 3);
    assert_int_equal(number(a, "stay"), 1);
    assert_int_equal(number(a, "notices"), 0);
    assert_string_equal(
        json_text(json_object_array_get_idx(json_get(a->json, "changes"), 0), "from"), "pending");
    assert_string_equal(status_of(ids[0]), "pending");
    a = at("POST", code, "/rerun", NULL);
    assert_int_equal(a->status, 202);
    assert_string_equal(json_text(a->json, "rerunState"), "running");
    assert_int_equal(at("POST", code, "/rerun", NULL)->status, 409);
    (void)pg_sql("update jobs set state = 'parked' where kind = 'ship.reread' returning id");
    assert_string_equal(json_text(at("GET", code, "", NULL)->json, "rerunState"), "none");
    assert_int_equal(at("POST", code, "/rerun", NULL)->status, 202); /* its job was given up */
    (void)pg_sql("delete from jobs where kind = 'ship.reread' and state = 'parked' returning id");
    work();
    for (int i = 0; i < 3; i++)
        assert_string_equal(status_of(ids[i]), "out_for_delivery");
    assert_string_equal(status_of(ids[3]), "delivered");
    a = at("GET", code, "", NULL);
    assert_string_equal(json_text(a->json, "rerunState"), "done");
    assert_int_equal(number(a, "rerunScans"), 4);
    assert_int_equal(number(a, "rerunShipments"), 3);
    assert_int_equal(number(at("GET", code, "/rerun", NULL), "scans"), 0);
    assert_int_equal(pg_int("select count(*) from domain_events where entity_id = '%s' and name = "
                            "'ShipmentStatusChanged' and data ->> 'muted' = 'true'",
                            ids[0]),
                     1);
    assert_string_equal(pg_sql("select concat_ws('|', e.type, e.grade, e.status, e.mapper, "
                               "e.occurred_at = s.occurred_at, shipment_event_whole(e)) from "
                               "shipment_events e join shipment_events s on s.id = e.caused_by "
                               "where e.shipment_id = '%s'",
                               ids[0]),
                        "STATUS_SET|B|out_for_delivery|carrier.codes/1|t|t");
    assert_string_equal(pg_sql("select last_scan from shipments where id = '%s'", ids[0]),
                        "Words of k0");
    /* once more changes nothing; another meaning is read again */
    assert_int_equal(at("POST", code, "/rerun", NULL)->status, 202);
    work();
    assert_int_equal(
        pg_int("select count(*) from shipment_events where shipment_id = '%s'", ids[0]), 2);
    assert_int_equal(at("PUT", code, "", "{\"meaning\": \"delivered\"}")->status, 200);
    assert_int_equal(number(at("GET", code, "/rerun", NULL), "change"), 3);
    assert_int_equal(at("POST", code, "/rerun", NULL)->status, 202);
    work();
    assert_string_equal(status_of(ids[0]), "delivered");
}

/* More shipments than one job takes; a mapping that changes meanwhile ends a re-run. */
static void in_pieces(void **state)
{
    (void)state;
    char code[40], name[16], id[40], scan[16];
    for (int i = 0; i < 120; i++) {
        snprintf(name, sizeof(name), "MANY%d", i);
        snprintf(scan, sizeof(scan), "m%d", i);
        add_shipment(id, "delhivery", name);
        tell_one(name, scan, "rolling", "null", "2026-03-02T10:00:00Z");
    }
    assert_int_equal(seen("rolling"), 120);
    code_id(code, "rolling");
    assert_int_equal(at("PUT", code, "", "{\"meaning\": \"info_received\"}")->status, 200);
    assert_int_equal(at("POST", code, "/rerun", NULL)->status, 202);
    assert_int_equal(at("PUT", code, "", "{\"meaning\": \"in_transit\"}")->status, 200);
    work();
    assert_int_equal(pg_int("select count(*) from shipments where tracking_number like 'MANY%%' "
                            "and status = 'pending'"),
                     120);
    assert_int_equal(at("POST", code, "/rerun", NULL)->status, 202);
    work();
    assert_int_equal(pg_int("select count(*) from shipments where tracking_number like 'MANY%%' "
                            "and status = 'in_transit'"),
                     120);
    assert_int_equal(number(at("GET", code, "", NULL), "rerunShipments"), 120);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'ship.reread'"), 0);
}

/* ---- whose it is ---- */

static void the_id_we_gave(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "delhivery", "GIVEN1");
    const char *body = arena_printf(
        worker->arena,
        "{\"trackings\":[{\"tracker\":{\"trackingNumber\":\"OTHER1\",\"clientTrackerId\":\"%s\"},"
        "\"events\":[{\"eventId\":\"x\",\"statusMilestone\":\"in_transit\"}]}]}",
        id);
    assert_int_equal(tell_body(str_of(body)), OK);
    assert_string_equal(status_of(id), "in_transit");
}

/* The order's number tells two shipments of one number apart. */
static void told_apart_by_the_order(void **state)
{
    (void)state;
    char one[40], two[40];
    add_shipment(one, "ups", "APART1");
    add_shipment(two, "dhl", "APART1");
    (void)pg_sql("with p as (insert into purchase_orders (tenant_id, number) values ('%s', "
                 "'PO-APART') returning id) update shipments set purchase_order_id = p.id from p "
                 "where shipments.id = '%s' returning shipments.id",
                 pg_tenant(), two);
    assert_int_equal(
        tell_body(str_of("{\"trackings\":[{\"tracker\":{\"trackingNumber\":\"APART1\","
                         "\"shipmentReference\":\"PO-APART\"},\"events\":[{\"eventId\":\"a1\","
                         "\"statusMilestone\":\"in_transit\"}]}]}")),
        OK);
    assert_string_equal(status_of(one), "pending");
    assert_string_equal(status_of(two), "in_transit");
}

/* ---- days without a clock, parcels that nobody asks for ---- */

/* A day without a clock, and a clock of that day: whichever is told first, neither is refused. */
static void a_day_without_a_clock(void **state)
{
    (void)state;
    char id[40];
    add_shipment(id, "delhivery", "DAY1");
    tell_one("DAY1", "d1", "failed_attempt", "null", "2026-03-04T15:00:00Z");
    tell_one("DAY1", "d2", "out_for_delivery", "null", "2026-03-04");
    assert_string_equal(status_of(id), "out_for_delivery");
    assert_string_equal(pg_sql("select status_day_only from shipments where id = '%s'", id), "t");
    tell_one("DAY1", "d3", "available_for_pickup", "null", "2026-03-03");
    assert_string_equal(status_of(id), "out_for_delivery");
    tell_one("DAY1", "d4", "failed_attempt", "null", "2026-03-04T09:00:00Z");
    assert_string_equal(status_of(id), "failed_attempt");
    assert_string_equal(pg_sql("select status_day_only from shipments where id = '%s'", id), "f");
}

static void given_up_after_a_while(void **state)
{
    (void)state;
    const struct told one = { "old", "in_transit", "null", "2026-03-04" };
    assert_int_equal(tell("OLD1", &one, 1), ERR_NOT_FOUND);
    assert_int_equal(tell("OLD2", &one, 1), ERR_NOT_FOUND);
    (void)pg_sql("update unmatched_parcels set last_at = now() - interval '91 days' where "
                 "tracking_number = 'OLD1' returning id");
    (void)pg_sql("insert into jobs (queue, kind) values ('ship', 'ship.prune') returning id");
    work();
    assert_string_equal(pg_sql("select string_agg(tracking_number, ',') from unmatched_parcels"),
                        "OLD2");
}

static void on_pages(void **state)
{
    (void)state;
    char code[40], path[120];
    code_id(code, "beamed_up");
    const struct answer *a = ask(&agent, "GET", "/shipments/codes", NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "beamed_far"));
    struct call post = agent;
    post.method = "POST";
    post.type = "application/x-www-form-urlencoded";
    post.path = path;
    post.body = arena_printf(worker->arena, "csrfToken=%s&meaning=delivered", agent.csrf);
    snprintf(path, sizeof(path), "/shipments/codes/%s/meaning", code);
    assert_int_equal(call(&post)->status, 303);
    snprintf(path, sizeof(path), "/shipments/codes/%s", code);
    a = ask(&agent, "GET", path, NULL);
    assert_non_null(strstr(a->body, "<strong>1 shipment changes, 0 notices</strong>"));
    post.path = "/shipments/codes";
    post.body =
        arena_printf(worker->arena, "csrfToken=%s&carrier=ship24&code=x&meaning=y", agent.csrf);
    a = call(&post);
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "Meaning: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(collected_once_a_scan),
        cmocka_unit_test(cut_alike),
        cmocka_unit_test(mapped_from_now_on),
        cmocka_unit_test(wins_over_the_table),
        cmocka_unit_test(over_what_was_kept),
        cmocka_unit_test(in_pieces),
        cmocka_unit_test(a_day_without_a_clock),
        cmocka_unit_test(given_up_after_a_while),
        cmocka_unit_test(the_id_we_gave),
        cmocka_unit_test(told_apart_by_the_order),
        cmocka_unit_test(on_pages),
    };
    pg_start("ship_codes");
    call_start(domains);
    call_session(&agent, "agent");
    call_session(&viewer, "viewer");
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    worker = pg_ctx("track_worker");
    keep(account_id, pg_sql("insert into provider_accounts (tenant_id, provider, name) values "
                            "('%s', 'ship24', 'Ship24') returning id",
                            pg_tenant()));
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
