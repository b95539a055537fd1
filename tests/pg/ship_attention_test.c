/* What shipments ask for: one priority, moved by what happens and by the clock, counted as it
   moves; what fell silent is told once; days of delivery that are told anew. */
#include "pg/parcels.h"

#include "ship/attention.h"

#include <stdlib.h>

static struct ctx *worker;

/* ---- arranging ---- */

/* A time so long before now, as scans have it. */
static const char *ago(const char *interval)
{
    return arena_strdup(worker->arena,
                        pg_sql("select to_char((now() - interval '%s') at time zone 'UTC', "
                               "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
                               interval));
}

static const char *day(int from_today)
{
    return arena_strdup(
        worker->arena,
        pg_sql("select ((now() at time zone 'Europe/Zurich')::date + %d)::text", from_today));
}

/* One that was added so long ago; `more` are its other columns, with their values. */
static const char *parcel_old(const char *age, const char *columns, const char *values)
{
    return arena_strdup(
        worker->arena,
        pg_sql("insert into shipments (tenant_id, carrier, tracking_number, public_token, "
               "created_at%s%s) values ('%s', 'dhl', 'A%d', 'token-' || gen_random_uuid(), now() - "
               "interval '%s'%s%s) returning id",
               *columns ? ", " : "", columns, pg_tenant(), ++numbers, age, *values ? ", " : "",
               values));
}

static const char *parcel(void)
{
    return parcel_old("1 hour", "", "");
}

/* By the one connection: parcels.h takes one for each. */
static void add_event(const char *id, const struct shipment_event *e)
{
    db_begin(worker->db, pg_tenant());
    assert_int_equal(shipment_append(worker, id, e, 1, false, NULL, NULL), OK);
    assert_int_equal(db_commit(worker->db), OK);
}

static void seen(const char *id, enum parcel_status status, const char *when)
{
    const struct shipment_event e =
        scan(status, when, arena_printf(worker->arena, "key-%d", ++numbers));
    add_event(id, &e);
}

static void expect_day(const char *id, const char *on, const char *when)
{
    struct json_object *detail = json_own(worker->arena, json_object_new_object());
    json_set_text(detail, "expectedOn", on);
    const struct shipment_event e = { .type = "ESTIMATE",
                                      .source = "carrier",
                                      .grade = 'C',
                                      .claim = PARCEL_NOTHING,
                                      .sentence = "Expected.",
                                      .detail = detail,
                                      .occurred_at = when,
                                      .mapper = "dhl/1",
                                      .dedupe_key = arena_printf(worker->arena, "day:%s", on),
                                      .expected_on = on };
    add_event(id, &e);
}

static const char *asks(const char *id)
{
    return pg_sql("select concat_ws(' ', attention, attention_reason) from shipments where id = "
                  "'%s'",
                  id);
}

/* The clock job, whatever its schedule. */
static void watch(void)
{
    struct job j = { .ctx = *worker, .id = 0, .attempt = 1, .max_attempts = 3 };
    j.ctx.tenant_id = NULL;
    assert_int_equal(shipments_watch(&j), OK);
}

/* It is `hours` later for one shipment. */
static void later(const char *id, int hours)
{
    (void)pg_sql("update shipments set created_at = created_at - %d * interval '1 hour', "
                 "last_scan_at = last_scan_at - %d * interval '1 hour', status_at = status_at - %d "
                 "* interval '1 hour', delivered_at = delivered_at - %d * interval '1 hour', "
                 "answered_at = answered_at - %d * interval '1 hour' where id = '%s' returning id",
                 hours, hours, hours, hours, hours, id);
    watch();
}

static long long silences(const char *id)
{
    return pg_int("select count(*) from domain_events where name = 'ShipmentSilent' and "
                  "entity_type = 'shipment' and entity_id = '%s'",
                  id);
}

static long long hours_left(const char *id)
{
    return pg_int("select round(extract(epoch from claim_due_at - now()) / 3600) from shipments "
                  "where id = '%s'",
                  id);
}

static const struct answer *answer(const char *id, const char *body)
{
    return at(&agent, "POST", id, "/answer", body);
}

/* ---- the priority ---- */

static void each_status_asks_for_its_own(void **state)
{
    (void)state;
    static const struct {
        enum parcel_status status;
        const char *asks;
    } table[] = {
        { PARCEL_INFO_RECEIVED, "on_the_way" },
        { PARCEL_IN_TRANSIT, "on_the_way" },
        { PARCEL_OUT_FOR_DELIVERY, "on_the_way" },
        { PARCEL_FAILED_ATTEMPT, "act_now attempt" },
        { PARCEL_AVAILABLE_FOR_PICKUP, "pickup_point" },
        { PARCEL_EXCEPTION, "act_now exception" },
        { PARCEL_DELIVERED, "done" },
        { PARCEL_RETURNED, "act_now dispute" },
        { PARCEL_CANCELLED, "done" },
    };
    assert_string_equal(asks(parcel()), "on_the_way");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *id = parcel();
        seen(id, table[i].status, ago("30 min"));
        assert_string_equal(asks(id), table[i].asks);
    }
}

/* Late before silent, and neither where it only waits to be fetched. */
static void what_comes_first(void **state)
{
    (void)state;
    const char *promised = arena_printf(worker->arena, "'%s'", day(-2));
    const char *late = parcel_old("10 days", "promised_on", promised);
    assert_string_equal(asks(late), "late");
    later(late, 24 * 5);
    assert_string_equal(asks(late), "late");
    assert_int_equal(silences(late), 1); /* and silent all the same */
    seen(late, PARCEL_AVAILABLE_FOR_PICKUP, ago("1 hour"));
    assert_string_equal(asks(late), "pickup_point");
    seen(late, PARCEL_FAILED_ATTEMPT, ago("1 minute"));
    assert_string_equal(asks(late), "act_now attempt");
    seen(late, PARCEL_DELIVERED, ago("1 second"));
    assert_string_equal(asks(late), "done");
}

static void a_day_promised_ends_where_the_tenant_is(void **state)
{
    (void)state;
    const char *today = arena_printf(worker->arena, "'%s'", day(0));
    const char *id = parcel_old("1 day", "promised_on", today);
    assert_string_equal(asks(id), "on_the_way");
    assert_int_equal(pg_int("select count(*) from shipments where id = '%s' and attention_due_at = "
                            "(promised_on + 1)::timestamp at time zone 'Europe/Zurich'",
                            id),
                     1);
    const char *yesterday = arena_printf(worker->arena, "'%s'", day(-1));
    assert_string_equal(asks(parcel_old("1 day", "promised_on", yesterday)), "late");
}

static void an_order_promises_too(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    (void)pg_sql("update orders set promised_on = '%s' where id = '%s' returning id", day(-1),
                 order);
    (void)pg_sql("update purchase_orders set order_id = null where id = '%s' returning id", po);
    shipment_new(po, id);
    assert_string_equal(asks(id), "on_the_way");
    char path[100], body[80];
    snprintf(path, sizeof(path), "/api/purchase-orders/%s", po);
    snprintf(body, sizeof(body), "{\"orderId\": \"%s\"}", order);
    assert_int_equal(ask(&agent, "PATCH", path, body)->status, 200);
    assert_string_equal(asks(id), "late");
}

static void an_estimate_after_the_promise_is_late_at_once(void **state)
{
    (void)state;
    const char *id =
        parcel_old("1 day", "promised_on", arena_printf(worker->arena, "'%s'", day(2)));
    expect_day(id, day(2), ago("2 hours"));
    assert_string_equal(asks(id), "on_the_way");
    expect_day(id, day(4), ago("1 hour"));
    assert_string_equal(asks(id), "late");
    expect_day(id, day(1), ago("1 minute"));
    assert_string_equal(asks(id), "on_the_way");
    id = parcel(); /* nothing promised */
    expect_day(id, day(-1), ago("30 min"));
    assert_string_equal(asks(id), "late");
}

static void a_failure_of_its_delivery_asks_first(void **state)
{
    (void)state;
    char order[40], po[40], id[40], reservation[40];
    order_new(order, po);
    shipment_new(po, id);
    keep(reservation,
         pg_sql("insert into delivery_reservations (tenant_id, order_id, parcel, "
                "purchase_order_id, carrier, dry_run, our_ref, asked, request, state, step, "
                "shipment_id) values ('%s', '%s', 1, '%s', 'shiprocket', true, 'R-%d', '{}', "
                "'{}', 'saved', 'done', '%s') returning id",
                pg_tenant(), order, po, numbers, id));
    char failure[40];
    keep(failure,
         pg_sql("insert into delivery_failures (tenant_id, order_id, reservation_id, step, "
                "kind, sentence, retry) values ('%s', '%s', '%s', 'pickup', 'refused', "
                "'No.', 'none') returning id",
                pg_tenant(), order, reservation));
    assert_string_equal(asks(id), "act_now failure");
    assert_int_equal(answer(id, "{}")->status, 409);
    seen(id, PARCEL_DELIVERED, ago("1 second"));
    assert_string_equal(asks(id), "act_now failure");
    (void)pg_sql("update delivery_failures set resolved_at = now() where id = '%s' returning id",
                 failure);
    assert_string_equal(asks(id), "done");
}

/* ---- clocks ---- */

static void an_attempt_is_answered_in_time(void **state)
{
    (void)state;
    const char *id = parcel();
    seen(id, PARCEL_FAILED_ATTEMPT, ago("4 hours"));
    assert_int_equal(hours_left(id), 20);
    assert_int_equal(answer(id, "{\"note\": \"Told them to ring twice.\"}")->status, 200);
    assert_string_equal(asks(id), "on_the_way");
    assert_int_equal(answer(id, "{}")->status, 409);
    const struct answer *a = at(&viewer, "GET", id, "", NULL);
    struct json_object *event = json_object_array_get_idx(json_get(a->json, "events"), 0);
    assert_string_equal(json_text(event, "sentence"), "The failed attempt was answered.");
    assert_string_equal(json_text(event, "note"), "Told them to ring twice.");
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'shipment.answered' "
                            "and entity_id = '%s'",
                            id),
                     1);
    seen(id, PARCEL_FAILED_ATTEMPT, ago("0 seconds"));
    assert_string_equal(asks(id), "act_now attempt"); /* another one */
    later(id, 30);
    assert_string_equal(asks(id), "act_now attempt"); /* over, and still to be seen to */
    assert_int_equal(hours_left(id), -6);
    assert_int_equal(at(&stranger, "POST", id, "/answer", "{}")->status, 403);
}

static void what_can_no_longer_be_claimed_is_done(void **state)
{
    (void)state;
    const char *id = parcel(), *proof = parcel();
    seen(id, PARCEL_RETURNED, ago("1 hour"));
    assert_int_equal(hours_left(id), 71);
    later(id, 72);
    assert_string_equal(asks(id), "done");
    seen(proof, PARCEL_DELIVERED, ago("2 hours"));
    assert_string_equal(asks(proof), "done");
    seen(proof, PARCEL_EXCEPTION, ago("1 hour")); /* somebody says otherwise */
    assert_string_equal(asks(proof), "act_now proof");
    assert_int_equal(hours_left(proof), 166);
    assert_int_equal(answer(proof, "{}")->status, 200);
    assert_string_equal(asks(proof), "done");
}

static void terms_are_the_tenants(void **state)
{
    (void)state;
    struct call admin = { 0 };
    call_session(&admin, "admin");
    const char *id = parcel();
    seen(id, PARCEL_FAILED_ATTEMPT, ago("4 hours"));
    const char *path = "/api/ship/claim-terms";
    assert_int_equal(ask(&agent, "PUT", path, "{\"claim\": \"attempt\", \"hours\": 48}")->status,
                     403);
    assert_int_equal(ask(&admin, "PUT", path, "{\"claim\": \"attempt\", \"hours\": 48}")->status,
                     200);
    assert_int_equal(hours_left(id), 44);
    assert_int_equal(
        ask(&admin, "PUT", path, "{\"carrier\": \"DHL\", \"claim\": \"attempt\", \"hours\": 12}")
            ->status,
        200);
    assert_int_equal(hours_left(id), 8);
    const struct answer *a = ask(&viewer, "GET", path, NULL);
    assert_int_equal(json_object_array_length(json_get(a->json, "terms")), 5);
    for (int i = 0; i < 2; i++)
        (void)ask(&admin, "PUT", path,
                  i ? "{\"claim\": \"attempt\", \"hours\": 0}"
                    : "{\"carrier\": \"dhl\", \"claim\": \"attempt\", \"hours\": 0}");
    assert_int_equal(hours_left(id), 20);
    assert_int_equal(ask(&admin, "PUT", path, "{\"claim\": \"attempt\", \"hours\": 9000}")->status,
                     422);
    assert_int_equal(ask(&admin, "PUT", path, "{\"claim\": \"weight\", \"hours\": 9}")->status,
                     422);
}

/* ---- silence ---- */

static void silence_is_told_once(void **state)
{
    (void)state;
    const char *id = parcel();
    seen(id, PARCEL_IN_TRANSIT, ago("30 min"));
    later(id, 95);
    assert_string_equal(asks(id), "on_the_way");
    assert_int_equal(silences(id), 0);
    later(id, 1);
    assert_string_equal(asks(id), "silent");
    watch();
    later(id, 1);
    assert_int_equal(silences(id), 1);
    assert_int_equal(pg_int("select count(*) from shipment_events where shipment_id = '%s' and "
                            "sentence = 'Silent: no scan for 4 days, longer than is usual.'",
                            id),
                     1);
    assert_int_equal(pg_int("select count(*) from domain_events where name = 'ShipmentSilent' and "
                            "entity_id = '%s' and data ->> 'trackingNumber' is not null and (data "
                            "->> 'quietHours')::int = 96",
                            id),
                     1);
    assert_chained(id);
    seen(id, PARCEL_IN_TRANSIT, ago("1 minute"));
    assert_string_equal(asks(id), "on_the_way");
    later(id, 97);
    assert_int_equal(silences(id), 2);
}

static void a_loss_is_claimed_while_it_can_be(void **state)
{
    (void)state;
    const char *id = parcel();
    seen(id, PARCEL_IN_TRANSIT, ago("1 minute"));
    later(id, 24 * 22);
    assert_string_equal(asks(id), "silent");
    later(id, 25);
    assert_string_equal(asks(id), "act_now loss");
    const char *other = parcel();
    seen(other, PARCEL_IN_TRANSIT, ago("1 minute"));
    later(other, 24 * 24);
    assert_string_equal(asks(other), "act_now loss");
    later(other, 24 * 7);
    assert_string_equal(asks(other), "silent");
    assert_int_equal(answer(id, "{\"note\": \"Form 12.\"}")->status, 200);
    assert_string_equal(asks(id), "on_the_way");
    later(id, 97);
    assert_string_equal(asks(id), "silent"); /* claimed already */
}

static void nothing_is_expected_of_these(void **state)
{
    (void)state;
    const char *none = pg_sql("insert into shipments (tenant_id, carrier, public_token, "
                              "created_at) values ('%s', 'dhl', 'token-' || gen_random_uuid(), "
                              "now() - interval '20 days') returning id",
                              pg_tenant());
    none = arena_strdup(worker->arena, none);
    const char *rehearsed = parcel_old("20 days", "dry_run, promised_on", "true, '2026-01-01'");
    const char *handed_over = parcel_old("90 hours", "", "");
    watch();
    assert_string_equal(asks(none), "on_the_way");
    assert_string_equal(asks(rehearsed), "on_the_way");
    assert_string_equal(asks(handed_over), "on_the_way");
    later(handed_over, 7);
    assert_string_equal(asks(handed_over), "silent");
}

/* Parcels of a carrier whose scans lie so many hours apart. */
static void lane_of(const char *carrier, const char *service, int parcels, int hours)
{
    for (int i = 0; i < parcels; i++) {
        const char *id = arena_strdup(
            worker->arena,
            pg_sql("insert into shipments (tenant_id, carrier, service, tracking_number, "
                   "public_token, destination_country) values ('%s', '%s', '%s', 'L%d', 'token-' "
                   "|| gen_random_uuid(), 'CH') returning id",
                   pg_tenant(), carrier, service, ++numbers));
        for (int k = 6; k > 0; k--)
            seen(id, PARCEL_IN_TRANSIT,
                 ago(arena_printf(worker->arena, "%d hours", 24 + k * hours)));
    }
}

static void a_lane_has_its_usual_gap(void **state)
{
    (void)state;
    lane_of("lanes", "fast", 4, 20); /* 20 gaps */
    lane_of("lanes", "slow", 5, 60);
    lane_of("lanes", "rare", 3, 100); /* 15: too few */
    int64_t job;
    db_begin(worker->db, pg_tenant());
    assert_int_equal(job_add(worker, &(struct job_new){ .kind = "ship.lanes" }, &job), OK);
    assert_int_equal(db_commit(worker->db), OK);
    work();
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'ship.lanes'"), 0);
    assert_string_equal(pg_sql("select string_agg(concat_ws(' ', whole, service, destination, "
                               "extract(epoch from gap)::int / 3600, samples), ', ' order by "
                               "whole, service) from carrier_lanes where carrier = 'lanes'"),
                        "f fast CH 20 20, f slow CH 60 25, t   60 60");
    static const struct {
        const char *service, *country;
        int hours; /* twice the gap */
    } table[] = {
        { "fast", "CH", 40 }, { "slow", "CH", 120 }, { "rare", "CH", 120 }, { "fast", "DE", 120 }
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *id = arena_strdup(
            worker->arena,
            pg_sql("insert into shipments (tenant_id, carrier, service, tracking_number, "
                   "public_token, destination_country) values ('%s', 'lanes', '%s', 'L%d', "
                   "'token-' || gen_random_uuid(), '%s') returning id",
                   pg_tenant(), table[i].service, ++numbers, table[i].country));
        seen(id, PARCEL_IN_TRANSIT, ago("1 minute"));
        assert_int_equal(pg_int("select round(extract(epoch from silent_after - greatest("
                                "last_scan_at, created_at)) / 3600) from shipments where id = '%s'",
                                id),
                         table[i].hours);
    }
}

/* ---- days of delivery ---- */

static const char *days_told(const char *id)
{
    return pg_sql("select string_agg((expected_on - '%s'::date) || ' ' || told_by, ', ' order by "
                  "told_at, seq) from shipment_estimates where shipment_id = '%s'",
                  day(0), id);
}

static void a_day_that_returns_is_told_again(void **state)
{
    (void)state;
    const char *id = parcel();
    const char *first = ago("5 hours"), *second = ago("4 hours"), *third = ago("3 hours");
    expect_day(id, day(1), first);
    expect_day(id, day(1), ago("270 min")); /* the same: nothing new */
    expect_day(id, day(3), second);
    expect_day(id, day(1), third);
    assert_string_equal(days_told(id), "1 dhl/1, 3 dhl/1, 1 dhl/1");
    expect_day(id, day(1), first); /* told again, late and in any order */
    expect_day(id, day(3), second);
    expect_day(id, day(1), third);
    assert_string_equal(days_told(id), "1 dhl/1, 3 dhl/1, 1 dhl/1");
    assert_string_equal(pg_sql("select (expected_on - '%s'::date)::text from shipments where id = "
                               "'%s'",
                               day(0), id),
                        "1");
    expect_day(id, day(2), ago("210 min")); /* of before the last: known, not what holds */
    assert_string_equal(days_told(id), "1 dhl/1, 3 dhl/1, 2 dhl/1, 1 dhl/1");
    assert_string_equal(pg_sql("select (expected_on - '%s'::date)::text from shipments where id = "
                               "'%s'",
                               day(0), id),
                        "1");
    const struct answer *a = at(&viewer, "GET", id, "", NULL);
    struct json_object *list = json_get(a->json, "estimates");
    assert_int_equal(json_object_array_length(list), 4);
    assert_string_equal(json_text(json_object_array_get_idx(list, 0), "expectedOn"), day(1));
    assert_string_equal(json_text(a->json, "expectedOn"), day(1));
    assert_chained(id);
}

/* ---- figures ---- */

static void counts_are_those_of_the_rows(void **state)
{
    (void)state;
    enum { PARCELS = 40, EVENTS = 600 };
    const char *ids[PARCELS];
    unsigned seed = 7;
    for (int i = 0; i < PARCELS; i++)
        ids[i] = parcel();
    for (int i = 0; i < EVENTS; i++) {
        seed = seed * 1103515245 + 12345;
        const char *id = ids[(seed >> 16) % PARCELS];
        seen(id, (enum parcel_status)((seed >> 8) % PARCEL_STATUS_COUNT),
             ago(arena_printf(worker->arena, "%u minutes", EVENTS - (unsigned)i)));
        if (i % 100 == 0)
            watch();
    }
    (void)pg_sql("delete from shipment_words where shipment_id in (select id from shipments where "
                 "tracking_number is null) returning shipment_id");
    (void)pg_sql("delete from shipments where tracking_number is null returning id");
    static const char difference[] =
        "select string_agg(attention, ', ') from (select attention, sum(shipments)::bigint as n "
        "from shipment_counts group by 1) k full join (select attention, count(*) as n from "
        "shipments group by 1) s using (attention) where coalesce(k.n, 0) <> coalesce(s.n, 0)";
    assert_null(pg_sql(difference));
    const struct answer *a = ask(&viewer, "GET", "/api/ship/shipments/count", NULL);
    assert_int_equal(json_object_get_int64(json_get(a->json, "total")),
                     pg_int("select count(*) from shipments"));
    a = ask(&viewer, "GET", "/api/ship/shipments/board", NULL);
    struct json_object *columns = json_get(a->json, "columns");
    assert_int_equal(json_object_array_length(columns), 6);
    for (size_t i = 0; attention_names[i]; i++) {
        struct json_object *column = json_object_array_get_idx(columns, i);
        long long n =
            pg_int("select count(*) from shipments where attention = '%s'", attention_names[i]);
        assert_string_equal(json_text(column, "attention"), attention_names[i]);
        assert_int_equal(json_object_get_int64(json_get(column, "count")), n);
        assert_int_equal(json_object_array_length(json_get(column, "shipments")), n < 20 ? n : 20);
    }
}

/* How many of the first page of the table a bar leaves. */
static size_t in_the_table(const char *q)
{
    struct call c = viewer;
    c.method = "GET";
    c.path = "/api/ship/shipments";
    c.query = arena_printf(worker->arena, "q=%s", q);
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    return json_object_array_length(json_get(a->json, "shipments"));
}

/* A column of the board is the same in the table, a page of fifty at a time. */
static void a_column_is_found_in_the_table(void **state)
{
    (void)state;
    long long all = pg_int("select count(*) from shipments");
    for (size_t i = 0; attention_names[i]; i++) {
        const char *name = attention_names[i];
        long long n = pg_int("select count(*) from shipments where attention = '%s'", name);
        size_t in = in_the_table(arena_printf(worker->arena, "attention%%3A%s", name));
        assert_int_equal(in, n < 50 ? n : 50);
        in = in_the_table(arena_printf(worker->arena, "-attention%%3A%s", name));
        assert_int_equal(in, all - n < 50 ? all - n : 50);
    }
    long long silent = pg_int("select count(*) from shipments where silent_since is not null");
    assert_true(silent > 0 && silent < 50);
    assert_int_equal(in_the_table("is%3Asilent"), silent);
    assert_int_equal(in_the_table("-is%3Asilent"), all - silent < 50 ? all - silent : 50);
}

static void the_board_is_in_order(void **state)
{
    (void)state;
    const struct answer *a = ask(&viewer, "GET", "/api/ship/shipments/board", NULL);
    struct json_object *cards =
        json_get(json_object_array_get_idx(json_get(a->json, "columns"), 0), "shipments");
    size_t n = json_object_array_length(cards);
    assert_true(n > 2);
    for (size_t i = 1; i < n; i++) {
        const char *before = json_text(json_object_array_get_idx(cards, i - 1), "claimDueAt");
        const char *due = json_text(json_object_array_get_idx(cards, i), "claimDueAt");
        assert_true(!before || (due && strcmp(before, due) <= 0));
    }
    assert_int_equal(ask(&stranger, "GET", "/api/ship/shipments/board", NULL)->status, 403);
    assert_int_equal(ask(&stranger, "GET", "/shipments", NULL)->status, 403);
    a = ask(&viewer, "GET", "/shipments", NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "Answer the failed attempt"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_asks_for_its_own),
        cmocka_unit_test(what_comes_first),
        cmocka_unit_test(a_day_promised_ends_where_the_tenant_is),
        cmocka_unit_test(an_order_promises_too),
        cmocka_unit_test(an_estimate_after_the_promise_is_late_at_once),
        cmocka_unit_test(a_failure_of_its_delivery_asks_first),
        cmocka_unit_test(an_attempt_is_answered_in_time),
        cmocka_unit_test(what_can_no_longer_be_claimed_is_done),
        cmocka_unit_test(terms_are_the_tenants),
        cmocka_unit_test(silence_is_told_once),
        cmocka_unit_test(a_loss_is_claimed_while_it_can_be),
        cmocka_unit_test(nothing_is_expected_of_these),
        cmocka_unit_test(a_lane_has_its_usual_gap),
        cmocka_unit_test(a_day_that_returns_is_told_again),
        cmocka_unit_test(counts_are_those_of_the_rows),
        cmocka_unit_test(a_column_is_found_in_the_table),
        cmocka_unit_test(the_board_is_in_order),
    };
    pg_start("ship_attention");
    call_start(domains);
    worker = pg_ctx("track_worker");
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
