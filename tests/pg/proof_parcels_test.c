/* Shipments' timelines under proof: what a superuser does to them is named, and the roots of days
 * cover them from the first that was made with them on. */
#include "pg/parcels.h"

#include "proof/documents.h"
#include "proof/roots.h"
#include "proof/verify.h"

enum { SHIPMENTS = 6, EVENTS = 4 };

static char ids[SHIPMENTS][40];

static struct ctx *worker(void)
{
    static struct ctx *c;
    if (!c)
        c = pg_ctx("track_worker");
    c->tenant_id = pg_tenant();
    return c;
}

static struct verification verified(void)
{
    struct verification v;
    struct ctx *c = worker();
    assert_int_equal(proof_verify(c, NULL, &v), OK);
    return v;
}

static void told(const char *id, int n)
{
    bool moved;
    struct ctx *c = worker();
    const char *when = arena_printf(c->arena, "2025-11-21T10:0%d:00Z", n);
    struct shipment_event e = scan(PARCEL_IN_TRANSIT, when, arena_printf(c->arena, "key %d", n));
    db_begin(c->db, pg_tenant());
    assert_int_equal(shipment_append(c, id, &e, 1, false, NULL, &moved), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static void timelines_are_written(void **state)
{
    (void)state;
    char order[40], purchase[40];
    order_new(order, purchase);
    for (int i = 0; i < SHIPMENTS; i++) {
        shipment_new(purchase, ids[i]);
        for (int n = 1; n < EVENTS; n++)
            told(ids[i], n);
        assert_chained(ids[i]);
    }
    struct verification v = verified();
    assert_int_equal(v.n, 0);
    assert_int_equal(v.shipments, SHIPMENTS);
    assert_int_equal(v.events, pg_int("select count(*) from shipment_events"));
    (void)pg_sql("create table kept_events as select * from shipment_events; "
                 "create table kept_register as select * from shipment_register; "
                 "create table kept_status as select id, status, event_seq from shipments");
}

/* ---- tampering: $ stands for the shipment, its second event is the one at hand ---- */

#define HERE " where shipment_id = '$' and seq = 2"
#define SET(what) "update shipment_events set " what HERE

static const struct kind {
    const char *name, *sql, *undo; /* undo: besides the events; NULL */
    enum chain_break what;
    long long seq;
} kinds[] = {
    { "a sentence", SET("sentence = 'Never.'"), NULL, CHAIN_CHANGED, 2 },
    { "a detail", SET("detail = '{\"forged\": true}'"), NULL, CHAIN_CHANGED, 2 },
    { "a claim", SET("status = 'delivered'"), NULL, CHAIN_CHANGED, 2 },
    { "a grade", SET("grade = 'A'"), NULL, CHAIN_CHANGED, 2 },
    { "a time", SET("occurred_at = occurred_at - interval '1 day'"), NULL, CHAIN_CHANGED, 2 },
    { "a hash", SET("hash = sha256('x')"), NULL, CHAIN_CHANGED, 2 },
    { "words taken out by nobody", SET("salt = null, sentence = 'Content removed.', detail = '{}'"),
      NULL, CHAIN_CHANGED, 2 },
    { "rewritten with its hash",
      SET("grade = 'A'") "; update shipment_events e set hash = shipment_event_digest(e)" HERE,
      NULL, CHAIN_CHANGED, 2 },
    { "the status", "update shipments set status = 'delivered' where id = '$'",
      "update shipments s set status = k.status from kept_status k where k.id = s.id",
      CHAIN_CHANGED, 0 },
    { "one removed", "delete from shipment_events" HERE, NULL, CHAIN_REMOVED, 2 },
    { "the last removed", "delete from shipment_events where shipment_id = '$' and seq = 4", NULL,
      CHAIN_REMOVED, 4 },
    { "one put beside",
      "insert into shipment_events select (jsonb_populate_record(e, jsonb_build_object('id', "
      "uuid7(), 'sentence', 'Delivered.', 'received_at', received_at + interval '1 "
      "millisecond'))).* from shipment_events e" HERE,
      NULL, CHAIN_INSERTED, 2 },
    { "not in the register", "delete from shipment_register where '$' = any (shipments)",
      "delete from shipment_register; insert into shipment_register select * from kept_register",
      CHAIN_INSERTED, 0 },
    { "removed, and still registered",
      "insert into shipment_register (tenant_id, shipments) select tenant_id, "
      "array['00000000-0000-7000-8000-000000000001'::uuid] from shipments where id = '$'",
      "delete from shipment_register; insert into shipment_register select * from kept_register",
      CHAIN_REMOVED, 0 },
};

static const char *of(const char *sql, const char *id)
{
    struct buf b = buf_in(worker()->arena);
    for (; *sql; sql++)
        if (*sql == '$')
            buf_puts(&b, id);
        else
            buf_putc(&b, *sql);
    return b.p;
}

static void whatever_is_tampered_with_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct kind *k = &kinds[i];
        const char *id = ids[i % SHIPMENTS];
        (void)pg_sql("set session_replication_role = replica; %s", of(k->sql, id));
        struct verification v = verified();
        const struct finding *f = &v.findings[0];
        if (v.n != 1)
            fail_msg("%s: %d findings", k->name, v.n);
        bool same = strstr(k->name, "still registered") || strcmp(f->shipment_id, id) == 0;
        if (strcmp(f->kind, "parcel") != 0 || f->what != k->what || !same || f->communication_id ||
            (k->seq && f->seq != k->seq) || !strstr(f->sentence, f->shipment_id))
            fail_msg("%s: %s", k->name, f->sentence);
        assert_int_equal(v.broken_shipments, 1);
        assert_int_equal(v.broken, 0);
        (void)pg_sql("set session_replication_role = replica; delete from shipment_events; insert "
                     "into shipment_events select * from kept_events; %s",
                     k->undo ? k->undo : "select 1");
        assert_int_equal(verified().n, 0);
    }
}

static void a_moved_event_is_told_from_both_ends(void **state)
{
    (void)state;
    (void)pg_sql("set session_replication_role = replica; update shipment_events set shipment_id "
                 "= '%s', seq = 5 where shipment_id = '%s' and seq = 3",
                 ids[1], ids[0]);
    struct verification v = verified();
    assert_int_equal(v.n, 1);
    assert_int_equal(v.broken_shipments, 2);
    assert_non_null(strstr(v.findings[0].sentence, ids[0]));
    assert_non_null(strstr(v.findings[0].sentence, ids[1]));
    (void)pg_sql("set session_replication_role = replica; delete from shipment_events; insert into "
                 "shipment_events select * from kept_events; set session_replication_role = "
                 "origin");
}

/* ---- days ---- */

static int make_roots(void)
{
    int made;
    struct ctx *c = worker();
    assert_int_equal(roots_make(c, NULL, &made), OK);
    return made;
}

/* Moves a shipment's events back by so many days, its chain made anew. */
static void move_back(const char *id, int days)
{
    (void)pg_sql("set session_replication_role = replica; do $$ declare e shipment_events; h bytea "
                 "= ''; begin for e in select * from shipment_events where shipment_id = '%s' "
                 "order by seq loop e.prev_hash = h; e.received_at = e.received_at - interval '%d "
                 "days'; h = shipment_event_digest(e); update shipment_events set prev_hash = "
                 "e.prev_hash, hash = h, received_at = e.received_at where id = e.id; end loop; "
                 "update shipments set event_head = h where id = '%s'; end $$; set "
                 "session_replication_role = origin",
                 id, days, id);
}

/* The root of three days ago as an older program made it, over communications alone. */
static void an_older_root_is_over_communications_alone(void **state)
{
    (void)state;
    (void)pg_sql("update tenants set created_at = now() - interval '3 days'");
    move_back(ids[0], 3);
    move_back(ids[1], 2);
    assert_int_equal(verified().n, 0);
    (void)pg_sql("insert into daily_roots (tenant_id, day, events, merkle, previous, root) select "
                 "'%s', x.day, 0, sha256(''), decode(repeat('00', 32), 'hex'), "
                 "sha256(decode(repeat('00', 32), 'hex') || convert_to(x.day::text, 'UTF8') || "
                 "sha256('')) from (select ((now() - interval '3 days') at time zone 'UTC')::date "
                 "as day) x",
                 pg_tenant());
    assert_true(make_roots() >= 1);
    assert_int_equal(verified().n, 0);
    assert_string_equal(pg_sql("select covers from daily_roots order by day limit 1"),
                        "{communications}");
    assert_int_equal(pg_int("select count(*) from daily_roots where 'parcels' = any (covers) and "
                            "events = %d",
                            EVENTS),
                     1);
}

/* What was begun on a day whose root covers shipments comes too late for it. */
static void an_event_of_a_covered_day_is_refused(void **state)
{
    (void)state;
    static const char insert[] =
        "insert into shipment_events (tenant_id, shipment_id, type, source, status_after, "
        "occurred_at, received_at, sentence, seq, content_hash, prev_hash, hash) values ('%s', "
        "'%s', 'NOTE', 'user', 'in_transit', now(), now() - interval '%d days', 'Late.', 0, '', "
        "'', '')";
    struct ctx *c = worker();
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_script(c->db, arena_printf(c->arena, insert, pg_tenant(), ids[2], 2)),
                     ERR_RETRY);
    db_rollback(c->db);
}

static void changes_on_a_covered_day_break_its_root(void **state)
{
    (void)state;
    (void)pg_sql("set session_replication_role = replica; do $$ declare e shipment_events; h bytea "
                 "= ''; begin for e in select * from shipment_events where shipment_id = '%s' "
                 "order by seq loop e.prev_hash = h; e.sentence = 'Written anew.'; e.content_hash "
                 "= event_content(e.salt, e.sentence, e.detail); h = shipment_event_digest(e); "
                 "update shipment_events set prev_hash = e.prev_hash, hash = h, sentence = "
                 "e.sentence, content_hash = e.content_hash where id = e.id; end loop; update "
                 "shipments set event_head = h where id = '%s'; end $$",
                 ids[1], ids[1]);
    struct verification v = verified();
    assert_int_equal(v.n, 1);
    assert_string_equal(v.findings[0].kind, "day");
    assert_int_equal(v.findings[0].what, CHAIN_CHANGED);
}

/* The way to the root, and no way where the root is of an older program. */
static void a_shipments_event_is_shown_under_its_root(void **state)
{
    (void)state;
    struct json_object *d;
    struct ctx *c = pg_ctx("track_web");
    c->tenant_id = pg_tenant();
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(
        inclusion_document(
            c,
            pg_sql("select id from shipment_events where shipment_id = '%s' and seq = 1", ids[0]),
            &d),
        ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, "before roots covered shipments"));
    assert_int_equal(
        inclusion_document(
            c,
            pg_sql("select id from shipment_events where shipment_id = '%s' and seq = 3", ids[1]),
            &d),
        OK);
    assert_int_equal(json_object_array_length(json_get(d, "path")), 2);
    assert_int_equal(json_object_get_int64(json_get(json_get(d, "leaf"), "index")), 2);
    assert_string_equal(json_text(json_get(d, "event"), "shipmentId"), ids[1]);
    db_rollback(c->db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timelines_are_written),
        cmocka_unit_test(whatever_is_tampered_with_is_named),
        cmocka_unit_test(a_moved_event_is_told_from_both_ends),
        cmocka_unit_test(an_older_root_is_over_communications_alone),
        cmocka_unit_test(an_event_of_a_covered_day_is_refused),
        cmocka_unit_test(a_shipments_event_is_shown_under_its_root),
        cmocka_unit_test(changes_on_a_covered_day_break_its_root),
    };
    pg_start("proof_parcels");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
