/* What carriers say on its way to timelines: proof of the sender, once however often it is said,
   alike in whatever order, and kept for a shipment that is not there yet. */
#include "pg/call.h"

#include "base/crypto.h"
#include "base/json.h"
#include "events/events.h"
#include "inbox/intake.h"
#include "jobs/jobs.h"
#include "ship/scan.h"
#include "ship/ship.h"
#include "web/domain.h"

#include <string.h>

#define SECRET "secret-of-ship24"
#define BEFORE "secret-before-it"
#define TOKEN "token-of-alpine"

const struct domain *const domains[] = { &web_domain, &inbox_domain, &carriers_domain, NULL };

static const struct hook *const ship24 = &carrier_hooks[0], *const callback = &carrier_hooks[1];
static struct ctx *web, *worker;
static struct intake *intake;
static struct call agent, viewer;
static char ship24_id[40], alpine_id[40];

/* ---- arranging ---- */

static void keep(char *to, const char *text)
{
    assert_non_null(text);
    memcpy(to, text, strlen(text) + 1);
}

static void add_account(char *id, const char *provider, const char *settings, const char *secrets)
{
    struct ctx *c = worker;
    keep(id, pg_sql("select uuid7()"));
    const char *where = arena_printf(c->arena, "provider_accounts|secrets|%s|%s", pg_tenant(), id);
    (void)pg_sql("insert into provider_accounts (tenant_id, id, provider, name, settings, secrets) "
                 "values ('%s', '%s', '%s', 'Account of %s', '%s', '%s') returning id",
                 pg_tenant(), id, provider, provider, settings,
                 secret_seal(c->app, c->arena, str_of(secrets), where));
}

static const char *add_shipment(const char *carrier, const char *number)
{
    return arena_strdup(worker->arena,
                        pg_sql("insert into shipments (tenant_id, carrier, tracking_number, "
                               "public_token) values ('%s', '%s', '%s', "
                               "'token-' || gen_random_uuid()) returning id",
                               pg_tenant(), carrier, number));
}

struct told {
    const char *message, *event, *milestone, *at, *words;
};

/* A body of Ship24 about one event. */
static const char *body_of(const char *number, const struct told *t)
{
    return arena_printf(
        worker->arena,
        "{\"trackings\":[{\"metadata\":{\"messageId\":\"%s\",\"generatedAt\":\"%s\"},\"tracker\":{"
        "\"trackingNumber\":\"%s\",\"clientTrackerId\":null},\"shipment\":{\"statusMilestone\":"
        "\"%s\"},\"events\":[{\"eventId\":\"%s\",\"status\":\"%s\",\"occurrenceDatetime\":\"%s\","
        "\"courierCode\":\"delhivery\",\"statusCode\":null,\"statusMilestone\":\"%s\"}]}]}",
        t->message, t->at, number, t->milestone, t->event, t->words, t->at, t->milestone);
}

static const struct told history[] = {
    { "m1", "e1", "info_received", "2026-03-02T10:02:00+05:30", "Shipment details received" },
    { "m2", "e2", "in_transit", "2026-03-02T18:41:20+05:30", "Picked up" },
    { "m3", "e3", "in_transit", "2026-03-03T06:12:05+05:30", "Arrived at sorting hub" },
    { "m4", "e4", "out_for_delivery", "2026-03-04T08:55:00+05:30", "Out for delivery" },
    { "m5", "e5", "delivered", "2026-03-04T13:20:31+05:30", "Delivered to consignee" },
};

static enum err process(const struct hook *hook, const char *account_id, const char *settings,
                        const char *body)
{
    const char *why;
    struct job j = { .ctx = *worker, .attempt = 1, .max_attempts = 12 };
    struct hook_account account = { .id = account_id, .tenant_id = pg_tenant() };
    const char *inbox_id = arena_strdup(worker->arena, pg_sql("select uuid7()"));
    assert_int_equal(
        json_parse(worker->arena, str_of(settings), &json_request_limits, &account.settings, &why),
        OK);
    return hook->process(&j, inbox_id, str_of(body), &account);
}

static enum err tell(const char *body)
{
    return process(ship24, ship24_id, "{}", body);
}

static void work(void)
{
    static volatile const int go;
    jobs_work(worker->app, worker->db, &go, true);
}

static const char *status_of(const char *shipment)
{
    return pg_sql("select status from shipments where id = '%s'", shipment);
}

static long long changes(const char *shipment)
{
    return pg_int("select count(*) from domain_events where name = 'ShipmentStatusChanged' and "
                  "entity_id = '%s'",
                  shipment);
}

static long long events(const char *shipment)
{
    return pg_int("select count(*) from shipment_events where shipment_id = '%s'", shipment);
}

/* ---- the proof of the sender ---- */

static struct delivery *deliver(const char *method, const char *path, const char *header,
                                const char *value, const char *body)
{
    struct delivery *d = arena_new_of(web->arena, struct delivery);
    const char **headers = arena_zalloc(web->arena, 3, sizeof(*headers));
    headers[0] = header;
    headers[1] = value;
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

static const struct delivery *post(const char *secret, const char *body)
{
    return deliver("POST", SHIP24_HOOK_PATH, "authorization",
                   arena_printf(web->arena, "Bearer %s", secret), body);
}

static void only_who_knows_the_secret(void **state)
{
    (void)state;
    const char *body = body_of("QX1", &history[0]);
    long long before = pg_int("select count(*) from inbox");
    static const char *const forged[] = { "", "other", SECRET "x", "secret-of-ship2" };
    for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++)
        assert_int_equal(post(forged[i], body)->answer.status, 401);
    assert_int_equal(deliver("POST", SHIP24_HOOK_PATH, NULL, NULL, body)->answer.status, 401);
    assert_int_equal(
        deliver("POST", SHIP24_HOOK_PATH, "authorization", SECRET, body)->answer.status, 401);
    assert_int_equal(
        deliver("POST", SHIP24_HOOK_PATH, "authorization", "Basic " SECRET, body)->answer.status,
        401);
    assert_int_equal(deliver("HEAD", SHIP24_HOOK_PATH, NULL, NULL, "")->answer.status, 200);
    assert_int_equal(deliver("GET", SHIP24_HOOK_PATH, NULL, NULL, "")->answer.status, 405);
    assert_null(deliver("POST", "/api/webhooks/other", NULL, NULL, body)->hook);
    assert_int_equal(pg_int("select count(*) from inbox"), before);
    const struct delivery *d = post(SECRET, body);
    assert_int_equal(d->answer.status, 200);
    assert_string_equal(d->answer.body.p, "{\"success\":true}");
    assert_int_equal(
        deliver("POST", SHIP24_HOOK_PATH, "authorization", "bearer " BEFORE, body)->answer.status,
        200);
    assert_int_equal(post(SECRET, "not json")->answer.status, 200); /* seen in the inbox */
    assert_int_equal(pg_int("select count(*) from inbox"), before + 2);
    assert_string_equal(pg_sql("select headers ->> 'authorization' from inbox limit 1"),
                        "[redacted]");
    (void)pg_sql("delete from jobs returning id");
}

static void a_carrier_speaks_for_itself(void **state)
{
    (void)state;
    const char *body =
        "{\"trackingNumber\":\"AP1\",\"events\":[{\"status\":\"in_transit\",\"occurredAt\":"
        "\"2026-03-05\"}]}";
    const char *path = "/api/carriers/alpine/callback";
    long long before = pg_int("select count(*) from inbox");
    assert_int_equal(deliver("POST", path, "x-api-key", "wrong", body)->answer.status, 401);
    assert_int_equal(
        deliver("POST", "/api/carriers/dhl/callback", "x-api-key", TOKEN, body)->answer.status,
        401);
    assert_null(deliver("POST", "/api/carriers//callback", "x-api-key", TOKEN, body)->hook);
    assert_null(deliver("POST", "/api/carriers/a/b/callback", "x-api-key", TOKEN, body)->hook);
    assert_null(deliver("POST", "/api/carriers/alpine/callbacks", "x-api-key", TOKEN, body)->hook);
    const struct delivery *d = deliver("POST", path, "x-api-key", TOKEN, "{\"events\":[]}");
    assert_int_equal(d->answer.status, 422);
    assert_string_equal(d->answer.field, "trackingNumber");
    assert_int_equal(pg_int("select count(*) from inbox"), before);
    assert_int_equal(deliver("POST", path, "x-api-key", TOKEN, body)->answer.status, 202);
    assert_int_equal(deliver("POST", path, "authorization", "Bearer " TOKEN, body)->answer.status,
                     202);
    assert_int_equal(deliver("HEAD", path, NULL, NULL, "")->answer.status, 200);
    assert_int_equal(pg_int("select count(*) from inbox"), before + 1);
    (void)pg_sql("delete from jobs returning id");
}

/* ---- timelines ---- */

static void said_fifty_times(void **state)
{
    (void)state;
    const char *id = add_shipment("delhivery", "FIFTY1");
    const char *body = body_of("FIFTY1", &history[1]);
    for (int i = 0; i < 50; i++)
        assert_int_equal(post(SECRET, body)->answer.status, 200);
    assert_int_equal(pg_int("select count(*) from inbox where dedupe_key = 'm2'"), 1);
    work();
    assert_string_equal(pg_sql("select state from inbox where dedupe_key = 'm2'"), "processed");
    assert_string_equal(status_of(id), "in_transit");
    for (int i = 0; i < 50; i++)
        assert_int_equal(tell(body), OK);
    assert_int_equal(events(id), 1);
    assert_int_equal(changes(id), 1);
    assert_string_equal(
        pg_sql("select concat_ws('|', type, source, grade, status, sentence, mapper, dedupe_key, "
               "detail ->> 'milestone', inbox_id = (select id from inbox where dedupe_key = 'm2')) "
               "from shipment_events where shipment_id = '%s'",
               id),
        "SCAN|carrier|B|in_transit|Picked up|ship24.tracking/1|ship24:e2|in_transit|t");
}

static void permute(int order[5], int from, int *made)
{
    if (from == 5) {
        const char *number = arena_printf(worker->arena, "PERM%d", ++*made);
        const char *id = add_shipment("delhivery", number);
        for (int i = 0; i < 5; i++)
            assert_int_equal(tell(body_of(number, &history[order[i]])), OK);
        assert_int_equal(events(id), 5);
        return;
    }
    for (int i = from; i < 5; i++) {
        int kept = order[from];
        order[from] = order[i];
        order[i] = kept;
        permute(order, from + 1, made);
        order[i] = order[from];
        order[from] = kept;
    }
}

static void in_any_order_alike(void **state)
{
    (void)state;
    int order[5] = { 0, 1, 2, 3, 4 }, made = 0;
    permute(order, 0, &made);
    assert_int_equal(made, 120);
    assert_int_equal(pg_int("select count(*) from (select distinct status, status_at, last_scan, "
                            "last_scan_at, delivered_at, evidence_grade, contradiction from "
                            "shipments where tracking_number like 'PERM%%') x"),
                     1);
    assert_string_equal(pg_sql("select distinct status || ' ' || last_scan from shipments where "
                               "tracking_number like 'PERM%%'"),
                        "delivered Delivered to consignee");
    assert_int_equal(pg_int("select count(*) from shipments s where tracking_number like 'PERM%%' "
                            "and (select count(*) from domain_events e where e.entity_id = "
                            "s.id::text and e.data ->> 'to' = 'delivered') <> 1"),
                     0);
}

static void late_news_moves_nothing_back(void **state)
{
    (void)state;
    const char *id = add_shipment("delhivery", "LATE1");
    assert_int_equal(tell(body_of("LATE1", &history[4])), OK);
    assert_int_equal(tell(body_of("LATE1", &history[2])), OK);
    assert_string_equal(status_of(id), "delivered");
    assert_int_equal(events(id), 2);
    assert_int_equal(changes(id), 1);
    assert_string_equal(pg_sql("select last_scan from shipments where id = '%s'", id),
                        "Delivered to consignee");
}

/* A first message with all that was, as Ship24 sends it: one change, from nothing to the end. */
static void a_history_is_one_change(void **state)
{
    (void)state;
    const char *id = add_shipment("delhivery", "HIST1");
    struct buf body = buf_in(worker->arena);
    buf_puts(&body, "{\"trackings\":[{\"tracker\":{\"trackingNumber\":\"hist 1\"},\"events\":[");
    for (int i = 5; i-- > 0;)
        buf_printf(&body,
                   "{\"eventId\":\"%s\",\"status\":\"%s\",\"occurrenceDatetime\":\"%s\","
                   "\"statusMilestone\":\"%s\"}%s",
                   history[i].event, history[i].words, history[i].at, history[i].milestone,
                   i ? "," : "]}]}");
    assert_int_equal(tell(body.p), OK);
    assert_int_equal(events(id), 5);
    assert_int_equal(changes(id), 1);
    assert_string_equal(pg_sql("select concat_ws(' ', data ->> 'from', data ->> 'to', data ->> "
                               "'source') from domain_events where entity_id = '%s'",
                               id),
                        "pending delivered carrier");
    assert_int_equal(pg_int("select count(*) from shipment_events e where shipment_id = '%s' and "
                            "not shipment_event_whole(e)",
                            id),
                     0);
}

static void an_unknown_code_moves_nothing(void **state)
{
    (void)state;
    const char *id = add_shipment("delhivery", "CODE1");
    const struct told odd = { "m9", "e9", "beamed_up", "2026-03-02T10:02:00Z", "Beamed up" };
    assert_int_equal(tell(body_of("CODE1", &odd)), OK);
    assert_string_equal(status_of(id), "pending");
    assert_int_equal(changes(id), 0);
    assert_string_equal(pg_sql("select sentence || '|' || (detail ->> 'milestone') from "
                               "shipment_events where shipment_id = '%s'",
                               id),
                        "Beamed up|beamed_up");
}

/* ---- whose it is ---- */

static void one_number_of_two_carriers(void **state)
{
    (void)state;
    const char *theirs = add_shipment("delhivery", "TWICE1"),
               *other = add_shipment("dhl", "TWICE1");
    assert_int_equal(tell(body_of("TWICE1", &history[1])), OK);
    assert_string_equal(status_of(theirs), "in_transit");
    assert_string_equal(status_of(other), "pending");
    (void)add_shipment("dhl", "TWICE2");
    (void)add_shipment("ups", "TWICE2");
    assert_int_equal(tell(body_of("TWICE2", &history[1])), ERR_NOT_FOUND);
    assert_int_equal(
        pg_int("select count(*) from unmatched_parcels where tracking_number = 'TWICE2'"), 1);
}

static void no_carrier_speaks_for_another(void **state)
{
    (void)state;
    const char *ours = add_shipment("alpine", "ALP1"), *other = add_shipment("dhl", "ALP2");
    const char *settings = "{\"carrier\":\"alpine\",\"utcOffset\":\"+01:00\"}";
    const char *const form = "{\"trackingNumber\":\"%s\",\"events\":[{\"id\":\"1\",\"status\":"
                             "\"out_for_delivery\",\"occurredAt\":\"2026-03-05T08:00\"}]}";
    struct buf one = buf_in(worker->arena), two = buf_in(worker->arena);
    const char *rest = strstr(form, "%s") + 2;
    buf_printf(&one, "{\"trackingNumber\":\"%s%s", "alp 1", rest);
    buf_printf(&two, "{\"trackingNumber\":\"%s%s", "ALP2", rest);
    assert_int_equal(process(callback, alpine_id, settings, one.p), OK);
    assert_string_equal(status_of(ours), "out_for_delivery");
    assert_string_equal(pg_sql("select to_char(status_at at time zone 'utc', 'HH24:MI') from "
                               "shipments where id = '%s'",
                               ours),
                        "07:00");
    assert_int_equal(process(callback, alpine_id, settings, two.p), ERR_NOT_FOUND);
    assert_string_equal(status_of(other), "pending");
}

/* ---- kept until there is a shipment ---- */

static long long unmatched(const char *number)
{
    return pg_int("select count(*) from unmatched_parcels where tracking_number = '%s'", number);
}

static void match_later(const char *id)
{
    db_begin(worker->db, worker->tenant_id);
    enum err e = scans_match_later(worker, id);
    assert_int_equal(db_end(worker->db, e), OK);
}

/* A carrier's document about the day, without a time of its own: it is told when it comes in. */
static void expect_day(const char *number, const char *day, const char *came_in)
{
    struct job j = { .ctx = *worker, .attempt = 1, .max_attempts = 12 };
    struct hook_account account = { .id = alpine_id, .tenant_id = pg_tenant() };
    const char *why, *settings = "{\"carrier\":\"alpine\"}";
    assert_int_equal(
        json_parse(worker->arena, str_of(settings), &json_request_limits, &account.settings, &why),
        OK);
    const char *body = arena_printf(
        worker->arena, "{\"trackingNumber\":\"%s\",\"estimatedDelivery\":\"%s\"}", number, day);
    const char *inbox_id = arena_strdup(
        worker->arena,
        pg_sql("insert into inbox (tenant_id, account_id, provider, dedupe_key, method, path, "
               "headers, body, body_sha256, verdict, mapper, received_at) values ('%s', '%s', "
               "'generic.callback', 'at %s', 'POST', '/', '{}', '', '', 'kept', 'm/1', '%s') "
               "returning id",
               pg_tenant(), alpine_id, came_in, came_in));
    for (int i = 0; i < 2; i++) /* processed twice */
        assert_int_equal(callback->process(&j, inbox_id, str_of(body), &account), OK);
}

static void a_day_told_again_after_another_is_told(void **state)
{
    (void)state;
    const char *id = add_shipment("alpine", "ETA1");
    expect_day("ETA1", "2026-06-03", "2026-06-01T08:00:00Z");
    expect_day("ETA1", "2026-06-03", "2026-06-01T09:00:00Z");
    expect_day("ETA1", "2026-06-05", "2026-06-01T10:00:00Z");
    expect_day("ETA1", "2026-06-03", "2026-06-01T11:00:00Z");
    assert_string_equal(pg_sql("select string_agg(concat_ws(' ', expected_on, told_by, "
                               "to_char(told_at at time zone 'UTC', 'HH24')), ', ' order by seq) "
                               "from shipment_estimates where shipment_id = '%s'",
                               id),
                        "2026-06-03 alpine 08, 2026-06-05 alpine 10, 2026-06-03 alpine 11");
    assert_string_equal(pg_sql("select expected_on::text from shipments where id = '%s'", id),
                        "2026-06-03");
}

static void a_shipment_that_comes_later(void **state)
{
    (void)state;
    static const int order[] = { 3, 1, 0, 2 };
    for (int i = 0; i < 4; i++) {
        struct told t = history[order[i]];
        t.message = arena_printf(worker->arena, "later-%s", t.message);
        assert_int_equal(post(SECRET, body_of("SOON1", &t))->answer.status, 200);
    }
    work();
    assert_int_equal(pg_int("select count(*) from inbox where dedupe_key like 'later-%%' and state "
                            "= 'ignored' and error like 'No shipment has%%'"),
                     4);
    assert_int_equal(unmatched("SOON1"), 1);
    assert_string_equal(
        pg_sql("select messages || ' ' || cardinality(inbox_ids) || ' ' || "
               "last_status from unmatched_parcels where tracking_number = 'SOON1'"),
        "4 4 Out for delivery");
    const char *id = add_shipment("delhivery", "SOON1");
    match_later(id);
    work();
    assert_string_equal(status_of(id), "out_for_delivery");
    assert_int_equal(events(id), 4);
    assert_int_equal(changes(id), 1);
    assert_int_equal(unmatched("SOON1"), 0);
    assert_int_equal(pg_int("select count(*) from inbox where dedupe_key like 'later-%%' and state "
                            "= 'processed' and error is null"),
                     4);
    assert_string_equal(pg_sql("select string_agg(detail ->> 'rawStatus', ', ' order by seq) from "
                               "shipment_events where shipment_id = '%s'",
                               id),
                        "Shipment details received, Picked up, Arrived at sorting hub, Out for "
                        "delivery");
    match_later(id);
    work();
    assert_int_equal(events(id), 4);
}

/* Two shipments of one number: each gets what is its own, and what could be either's waits. */
static void kept_for_two(void **state)
{
    (void)state;
    const struct told own = { "both-m1", "both-e1", "in_transit", "2026-03-02T10:00Z", "Own" };
    assert_int_equal(post(SECRET, body_of("BOTH1", &own))->answer.status, 200);
    const char *other = "{\"trackings\":[{\"metadata\":{\"messageId\":\"both-m2\"},\"tracker\":{"
                        "\"trackingNumber\":\"BOTH1\"},\"events\":[{\"eventId\":\"both-e2\","
                        "\"status\":\"Any\",\"statusMilestone\":\"delivered\",\"courierCode\":"
                        "\"somebody\",\"occurrenceDatetime\":\"2026-03-02T11:00Z\"}]}]}";
    assert_int_equal(post(SECRET, other)->answer.status, 200);
    work();
    const char *dhl = add_shipment("dhl", "BOTH1"), *theirs = add_shipment("delhivery", "BOTH1");
    match_later(dhl);
    work();
    assert_string_equal(status_of(theirs), "in_transit");
    assert_string_equal(status_of(dhl), "pending");
    assert_int_equal(unmatched("BOTH1"), 1);
    assert_string_equal(pg_sql("select messages || ' ' || (select dedupe_key from inbox where id = "
                               "inbox_ids[1]) from unmatched_parcels where tracking_number = "
                               "'BOTH1'"),
                        "1 both-m2");
    assert_string_equal(pg_sql("select state from inbox where dedupe_key = 'both-m1'"),
                        "processed");
    assert_string_equal(pg_sql("select state from inbox where dedupe_key = 'both-m2'"), "ignored");
    match_later(theirs);
    work();
    assert_int_equal(events(theirs), 1);
    (void)pg_sql("update shipments set carrier = 'somebody' where id = '%s' returning id", dhl);
    match_later(dhl);
    work();
    assert_string_equal(status_of(dhl), "delivered");
    assert_int_equal(unmatched("BOTH1"), 0);
}

/* Whoever looks waits for whoever keeps: what is being kept is not missed. */
static void kept_while_it_is_looked_for(void **state)
{
    (void)state;
    size_t n;
    bool found = true;
    const char *why;
    struct parcel_news *news;
    struct ctx *keeping = pg_ctx("track_worker");
    const struct told one = { "race-m", "race-e", "in_transit", "2026-03-02T10:00Z", "Picked up" };
    const char *body = body_of("RACE1", &one);
    assert_int_equal(post(SECRET, body)->answer.status, 200);
    (void)pg_sql("delete from jobs returning id");
    const char *inbox_id =
        arena_strdup(worker->arena, pg_sql("select id from inbox where dedupe_key = 'race-m'"));
    const struct news_origin from = { "ship24", ship24_id, inbox_id, "ship24.tracking/1" };
    assert_int_equal(news_read(worker->arena, "ship24", str_of(body), NULL, &news, &n, &why), OK);
    db_begin(keeping->db, keeping->tenant_id);
    assert_int_equal(news_apply(keeping, news, &from, &found), OK);
    assert_false(found);
    const char *id = add_shipment("delhivery", "RACE1");
    match_later(id);
    long seconds = pg_settings()->database_seconds;
    pg_settings()->database_seconds = 1;
    work();
    pg_settings()->database_seconds = seconds;
    assert_int_equal(db_commit(keeping->db), OK);
    assert_int_equal(events(id), 0);
    (void)pg_sql("update jobs set run_at = now() returning id");
    work();
    assert_int_equal(events(id), 1);
    assert_int_equal(unmatched("RACE1"), 0);
}

static void the_list(void **state)
{
    (void)state;
    (void)pg_sql("delete from unmatched_parcels returning id");
    for (int i = 0; i < 52; i++) {
        const char *number = arena_printf(worker->arena, "LIST%02d", i);
        assert_int_equal(tell(body_of(number, &history[1])), ERR_NOT_FOUND);
    }
    agent.method = viewer.method = "GET";
    agent.path = viewer.path = "/api/ship/unmatched";
    assert_int_equal(call(&viewer)->status, 403);
    const struct answer *a = call(&agent);
    assert_int_equal(a->status, 200);
    struct json_object *items = json_get(a->json, "items");
    assert_int_equal(json_object_array_length(items), 50);
    struct json_object *first = json_object_array_get_idx(items, 0);
    assert_string_equal(json_text(first, "trackingNumber"), "LIST51");
    assert_string_equal(json_text(first, "lastStatus"), "Picked up");
    assert_string_equal(json_text(first, "account"), "Account of ship24");
    agent.query = arena_printf(worker->arena, "after=%s", json_text(a->json, "nextCursor"));
    a = call(&agent);
    assert_int_equal(json_object_array_length(json_get(a->json, "items")), 2);
    assert_null(json_get(a->json, "nextCursor"));
    agent.path = "/shipments/unmatched";
    agent.query = NULL;
    a = call(&agent);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "LIST51"));
    agent.query = "after=nonsense";
    agent.path = "/api/ship/unmatched";
    assert_int_equal(call(&agent)->status, 422);
    agent.query = NULL;
}

static void nobody_elses(void **state)
{
    (void)state;
    assert_int_equal(pg_int("select count(*) from unmatched_parcels"), 52);
    struct ctx *other = pg_ctx("track_worker");
    struct json_object *d;
    other->tenant_id = "01970000-0000-7000-8000-00000000dead";
    db_begin(other->db, other->tenant_id);
    assert_int_equal(unmatched_list(other, NULL, &d), OK);
    assert_int_equal(db_commit(other->db), OK);
    assert_int_equal(json_object_array_length(json_get(d, "items")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_knows_the_secret),
        cmocka_unit_test(a_carrier_speaks_for_itself),
        cmocka_unit_test(said_fifty_times),
        cmocka_unit_test(in_any_order_alike),
        cmocka_unit_test(late_news_moves_nothing_back),
        cmocka_unit_test(a_history_is_one_change),
        cmocka_unit_test(an_unknown_code_moves_nothing),
        cmocka_unit_test(one_number_of_two_carriers),
        cmocka_unit_test(no_carrier_speaks_for_another),
        cmocka_unit_test(a_day_told_again_after_another_is_told),
        cmocka_unit_test(a_shipment_that_comes_later),
        cmocka_unit_test(kept_for_two),
        cmocka_unit_test(kept_while_it_is_looked_for),
        cmocka_unit_test(the_list),
        cmocka_unit_test(nobody_elses),
    };
    pg_start("ship_scans");
    call_start(domains);
    worker = pg_ctx("track_worker");
    web = pg_ctx("track_web");
    add_account(ship24_id, "ship24", "{}",
                "{\"webhookSecret\":\"" SECRET "\",\"webhookSecretBefore\":\"" BEFORE "\"}");
    add_account(alpine_id, "generic", "{\"carrier\":\"alpine\",\"utcOffset\":\"+01:00\"}",
                "{\"token\":\"" TOKEN "\"}");
    (void)call_session(&agent, "agent");
    (void)call_session(&viewer, "viewer");
    intake = intake_new(web->app, web->arena, web->db, domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
