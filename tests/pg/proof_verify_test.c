/* What a superuser does to timelines, audit trail and roots behind everybody's back is found, and
 * the first row it was done to is named. */
#include "pg/asking.h"

#include "base/json.h"
#include "proof/roots.h"
#include "proof/verify.h"
#include "track/demo.h"
#include "track/track.h"

#include <string.h>

enum { TIMELINES = 14, TRIALS = 6 };

static char ids[TIMELINES][40];
static unsigned seed = 20251121;

static unsigned chance(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

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

/* ---- arranging ---- */

static void append(const char *id, enum event_type type, int n)
{
    struct ctx *c = worker();
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    json_set_int(detail, "number", n);
    struct timeline_event e = { .type = type, .source = "worker", .grade = 'C', .detail = detail };
    db_begin(c->db, pg_tenant());
    assert_int_equal(timeline_append(c, id, &e, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static void timelines_are_written(void **state)
{
    (void)state;
    static const enum event_type types[] = { EVENT_RELAYED, EVENT_DELIVERED, EVENT_NOTE,
                                             EVENT_DELAYED, EVENT_COMPLAINED };
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    for (int i = 0; i < TIMELINES; i++) {
        keep(ids[i], pg_sql("select id from communications where delivery_status = 'DRAFT' "
                            "order by id limit 1"));
        append(ids[i], EVENT_ENQUEUED, 0);
        for (unsigned n = 1 + chance(5); n > 0; n--)
            append(ids[i], types[chance(5)], (int)n);
    }
    struct verification v = verified();
    assert_int_equal(v.n, 0);
    assert_int_equal(v.communications, pg_int("select count(*) from communications"));
    assert_int_equal(v.events, pg_int("select count(*) from communication_events"));
    (void)pg_sql("create table kept_events as select * from communication_events; "
                 "create table kept_communications as select * from communications");
    (void)pg_sql("create function at_c() returns uuid language sql as "
                 "$$ select current_setting('at.c')::uuid $$; "
                 "create function at_k() returns int language sql as "
                 "$$ select current_setting('at.k')::int $$");
    /* Columns that the database makes itself cannot be put. */
    (void)pg_sql("create procedure put_back() language plpgsql as $$ declare names text; begin "
                 "select string_agg(quote_ident(attname), ', ') into names from pg_attribute where "
                 "attrelid = 'communications'::regclass and attnum > 0 and not attisdropped and "
                 "attgenerated = ''; execute format('insert into communications (%%s) select %%s "
                 "from kept_communications', names, names); end $$");
    (void)pg_sql("create procedure put_in() language plpgsql as $$ begin "
                 "create temp table kept_communications as select * from "
                 "public.kept_communications limit 1; "
                 "update pg_temp.kept_communications set id = at_c(), reference = 'forged'; "
                 "call put_back(); drop table pg_temp.kept_communications; end $$");
    (void)pg_sql("create procedure rehash() language plpgsql as $$ begin "
                 "update communication_events e set content_hash = event_content(salt, sentence, "
                 "detail) where communication_id = at_c() and seq = at_k(); "
                 "update communication_events e set hash = event_digest(e) "
                 "where communication_id = at_c() and seq = at_k(); end $$");
}

static void restore(void)
{
    (void)pg_sql("set session_replication_role = replica; "
                 "delete from communication_events; "
                 "insert into communication_events select * from kept_events; "
                 "delete from communications; call put_back()");
}

/* ---- the ways of tampering: at.c is the communication, at.k the event's number ---- */

#define HERE " where communication_id = at_c() and seq = at_k()"
#define SET(what) "update communication_events set " what HERE
#define CHANGES(what)                                                                              \
    {                                                                                              \
        "changed: " what, SET(what), CHAIN_CHANGED, .at = 1                                        \
    }
#define REWRITES(what)                                                                             \
    {                                                                                              \
        "rewritten: " what, SET(what) "; call rehash()", CHAIN_CHANGED, .at = 1                    \
    }
#define PUT(fields)                                                                                \
    "insert into communication_events select (jsonb_populate_record(e, " fields ")).* "

static const struct kind {
    const char *name, *sql;
    enum chain_break what;
    int at; /* which event is named: 0: none, 1: at.k, 2: the one behind the last */
} kinds[] = {
    CHANGES("sentence = sentence || ' '"),
    CHANGES("detail = '{\"forged\": true}'"),
    CHANGES("type = type || 'X'"),
    CHANGES("status_after = status_after || 'X'"),
    CHANGES("source = case source when 'user' then 'system' else 'user' end"),
    CHANGES("grade = case grade when 'A' then 'B' else 'A' end"),
    CHANGES("occurred_at = occurred_at - interval '1 millisecond'"),
    CHANGES("received_at = received_at - interval '1 microsecond'"),
    CHANGES("actor_name = 'Somebody Else'"),
    CHANGES("mapper = 'forged/1'"),
    CHANGES("id = uuid7()"),
    CHANGES("version = 1"),
    CHANGES("salt = uuid_send(gen_random_uuid())"),
    CHANGES("content_hash = sha256('forged')"),
    CHANGES("hash = sha256('forged')"),
    CHANGES("prev_hash = sha256('forged')"),
    CHANGES("seq = seq + 100"),
    CHANGES("seq = seq - 100"),
    REWRITES("sentence = 'Never sent.'"),
    REWRITES("grade = case grade when 'A' then 'B' else 'A' end"),
    REWRITES("occurred_at = occurred_at + interval '1 day'"),
    { "the status of the communication",
      "update communications set delivery_status = 'FAILED' where id = at_c()", CHAIN_CHANGED,
      .at = 0 },
    { "one removed", "delete from communication_events" HERE, CHAIN_REMOVED, .at = 1 },
    { "one removed, those behind it numbered anew",
      "delete from communication_events" HERE "; update communication_events set seq = seq - 1 "
      "where communication_id = at_c() and seq > at_k()",
      CHAIN_REMOVED, .at = 1 },
    { "the last removed",
      "delete from communication_events where communication_id = at_c() "
      "and seq = (select max(seq) from kept_events where communication_id = at_c())",
      CHAIN_REMOVED, .at = 0 },
    { "all events removed", "delete from communication_events where communication_id = at_c()",
      CHAIN_REMOVED, .at = 0 },
    { "the communication removed", "delete from communications where id = at_c()", CHAIN_REMOVED,
      .at = 0 },
    { "removed with its whole timeline",
      "delete from communication_events where communication_id = at_c(); "
      "delete from communications where id = at_c()",
      CHAIN_REMOVED, .at = 0 },
    { "one put beside",
      PUT("jsonb_build_object('id', uuid7(), 'sentence', 'Delivered.', 'received_at', "
          "received_at + interval '1 millisecond')") "from communication_events e" HERE,
      CHAIN_INSERTED, .at = 1 },
    { "a copy put behind it",
      PUT("jsonb_build_object('received_at', received_at + interval '1 millisecond')") "from "
                                                                                       "communicati"
                                                                                       "on_events "
                                                                                       "e" HERE,
      CHAIN_INSERTED, .at = 1 },
    { "one put before it, those behind it numbered anew",
      "update communication_events set seq = seq + 1 where communication_id = at_c() "
      "and seq >= at_k(); " PUT("jsonb_build_object('id', uuid7(), 'seq', at_k(), 'received_at', "
                                "received_at - interval '1 microsecond')") "from kept_events e" HERE
                                                                           "; call rehash()",
      CHAIN_INSERTED, .at = 1 },
    { "one put at the end, linked as it should be",
      PUT("jsonb_build_object('id', uuid7(), 'seq', seq + 1, 'prev_hash', hash)") "from "
                                                                                  "communication_"
                                                                                  "events e where "
                                                                                  "communication_"
                                                                                  "id = at_c() and "
                                                                                  "seq = (select "
                                                                                  "max(seq) "
                                                                                  "from "
                                                                                  "kept_events "
                                                                                  "where "
                                                                                  "communication_"
                                                                                  "id = at_c()); "
                                                                                  "select "
                                                                                  "set_config('at."
                                                                                  "k', "
                                                                                  "max(seq)::text, "
                                                                                  "false) from "
                                                                                  "communication_"
                                                                                  "events where "
                                                                                  "communication_"
                                                                                  "id = at_c(); "
                                                                                  "call rehash()",
      CHAIN_INSERTED, .at = 2 },
    { "a communication put in", "call put_in()", CHAIN_INSERTED, .at = 3 },
};

static long long last_of(const char *id)
{
    return pg_int("select max(seq) from kept_events where communication_id = '%s'", id);
}

static void assert_named(const struct kind *k, const char *id, long long seq,
                         const struct verification *v)
{
    if (v->n == 0)
        fail_msg("not found: %s (event %lld)", k->name, seq);
    const struct finding *f = &v->findings[0];
    bool right = strcmp(f->kind, "timeline") == 0 && f->what == k->what &&
                 strcmp(f->communication_id, id) == 0 && strstr(f->sentence, id);
    if (k->at == 1 && k->what != CHAIN_REMOVED)
        right = right && f->event_id &&
                pg_int("select count(*) from communication_events where id = '%s' and "
                       "(seq - %lld) %% 100 = 0",
                       f->event_id, seq);
    else if (k->at == 1)
        right = right && f->seq == seq;
    else if (k->at == 2)
        right = right && f->seq == last_of(id) + 1;
    if (!right)
        fail_msg("%s (event %lld of %lld of %s): %s", k->name, seq, last_of(id), id, f->sentence);
}

static void one_trial(const struct kind *k)
{
    char id[40];
    keep(id, ids[chance(TIMELINES)]);
    long long n = last_of(id), seq = 1 + chance((unsigned)n);
    if (k->at == 3)
        keep(id, pg_sql("select uuid7()"));
    (void)pg_sql("set session_replication_role = replica; set at.c = '%s'; set at.k = '%lld'", id,
                 seq);
    (void)pg_sql("%s", k->sql);
    struct verification v = verified();
    if (k->what != CHAIN_REMOVED || k->at == 1 || n > 0)
        assert_named(k, id, seq, &v);
    restore();
}

static void whatever_is_tampered_with_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (int n = 0; n < TRIALS; n++)
            one_trial(&kinds[i]);
    assert_int_equal(verified().n, 0);
}

static void a_moved_event_is_told_from_both_ends(void **state)
{
    (void)state;
    for (int i = 0; i < TRIALS; i++) {
        const char *from = ids[chance(TIMELINES)], *to = ids[chance(TIMELINES)];
        if (from == to)
            continue;
        (void)pg_sql("set session_replication_role = replica; update communication_events set "
                     "communication_id = '%s', seq = %lld where communication_id = '%s' and seq = "
                     "%lld",
                     to, i % 2 ? last_of(to) + 1 : 1, from, 1LL + chance((unsigned)last_of(from)));
        struct verification v = verified();
        assert_int_equal(v.n, 1);
        assert_non_null(strstr(v.findings[0].sentence, from));
        assert_non_null(strstr(v.findings[0].sentence, to));
        assert_int_equal(v.findings[0].what, strcmp(from, to) < 0 ? CHAIN_REMOVED : CHAIN_INSERTED);
        restore();
    }
}

/* ---- days ---- */

static int make_roots(void)
{
    int made;
    struct ctx *c = worker();
    assert_int_equal(roots_make(c, NULL, &made), OK);
    return made;
}

static void days_get_their_roots_in_order(void **state)
{
    (void)state;
    (void)pg_sql("set session_replication_role = replica; "
                 "update tenants set created_at = now() - interval '3 days'; "
                 "update communication_events set received_at = received_at - interval '2 days' "
                 "where communication_id = '%s'; set session_replication_role = origin",
                 ids[0]);
    (void)pg_sql("set session_replication_role = replica; drop table kept_events; "
                 "update communication_events e set hash = event_digest(e)");
    (void)pg_sql(
        "set session_replication_role = replica; do $$ declare e communication_events; "
        "h bytea = ''; begin for e in select * from communication_events where "
        "communication_id = '%s' order by seq loop e.prev_hash = h; h = event_digest(e); "
        "update communication_events set prev_hash = e.prev_hash, hash = h where id = e.id; "
        "end loop; update communications set event_head = h where id = '%s'; end $$",
        ids[0], ids[0]);
    int due = (int)pg_int("select ((now() - interval '1 hour') at time zone 'UTC')::date - "
                          "((now() - interval '3 days') at time zone 'UTC')::date");
    assert_int_equal(verified().n, 0);
    assert_int_equal(make_roots(), due);
    assert_int_equal(make_roots(), 0);
    pg_clock_shift(3LL * 86400 * 1000);
    assert_int_equal(make_roots(), 3);
    assert_int_equal(pg_int("select sum(events) from daily_roots"),
                     pg_int("select count(*) from communication_events"));
    assert_true(pg_int("select count(*) from daily_roots where events = 0") > 0);
    assert_int_equal(pg_int("select count(*) from daily_roots r where root <> sha256(previous || "
                            "convert_to(day::text, 'UTF8') || merkle)"),
                     0);
    struct verification v = verified();
    assert_int_equal(v.n, 0);
    assert_int_equal(v.days, due + 3);
    (void)pg_sql("create table kept_events as select * from communication_events; "
                 "drop table kept_communications; "
                 "create table kept_communications as select * from communications; "
                 "create table kept_roots as select * from daily_roots");
}

static void assert_day(enum chain_break what, const char *day)
{
    struct verification v = verified();
    assert_int_equal(v.n, 1);
    assert_string_equal(v.findings[0].kind, "day");
    assert_int_equal(v.findings[0].what, what);
    if (day)
        assert_string_equal(v.findings[0].day, day);
}

/* A chain that is written anew from end to end holds by itself. */
static void a_whole_chain_written_anew_is_found_by_its_day(void **state)
{
    (void)state;
    char day[16];
    for (int i = 0; i < TRIALS; i++) {
        const char *id = ids[chance(TIMELINES)];
        long long seq = 1 + chance((unsigned)last_of(id));
        keep(day, pg_sql("select to_char(received_at at time zone 'UTC', 'YYYY-MM-DD') from "
                         "communication_events where communication_id = '%s' and seq = %lld",
                         id, seq));
        (void)pg_sql(
            "set session_replication_role = replica; do $$ declare e communication_events; h bytea "
            "= ''; begin for e in select * from communication_events where communication_id = '%s' "
            "order by seq loop e.prev_hash = h; if e.seq = %lld then e.sentence = 'Never sent.'; "
            "e.content_hash = event_content(e.salt, e.sentence, e.detail); end if; "
            "h = event_digest(e); update communication_events set prev_hash = e.prev_hash, hash = "
            "h, "
            "sentence = e.sentence, content_hash = e.content_hash where id = e.id; end loop; "
            "update communications set event_head = h where id = '%s'; end $$",
            id, seq, id);
        assert_day(CHAIN_CHANGED, day);
        restore();
    }
    (void)pg_sql(
        "set session_replication_role = replica; delete from communication_events where "
        "communication_id = '%s'; update communications set event_seq = 0, event_head = '' "
        "where id = '%s'",
        ids[1], ids[1]);
    assert_day(CHAIN_REMOVED, NULL);
    restore();
}

static void roots_themselves_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum chain_break what;
    } ways[] = {
        { "update daily_roots set root = sha256('x') where day = "
          "(select min(day) + 1 from kept_roots)",
          CHAIN_CHANGED },
        { "update daily_roots set merkle = sha256('x') where day = "
          "(select min(day) + 1 from kept_roots)",
          CHAIN_CHANGED },
        { "update daily_roots set merkle = sha256('x'), root = sha256(previous || "
          "convert_to(day::text, 'UTF8') || sha256('x')) where day = (select max(day) from "
          "kept_roots)",
          CHAIN_CHANGED },
        { "delete from daily_roots where day = (select min(day) + 1 from kept_roots)",
          CHAIN_REMOVED },
        { "delete from daily_roots where day = (select min(day) from kept_roots)", CHAIN_REMOVED },
        { "delete from daily_roots where day = (select max(day) from kept_roots)", CHAIN_REMOVED },
    };
    (void)pg_sql("insert into proof_checks (tenant_id, communications, events, entries, days) "
                 "select '%s', 0, 0, 0, count(*) from daily_roots",
                 pg_tenant());
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        (void)pg_sql("set session_replication_role = replica; %s", ways[i].sql);
        assert_day(ways[i].what, NULL);
        (void)pg_sql("set session_replication_role = replica; delete from daily_roots; "
                     "insert into daily_roots select * from kept_roots");
    }
    assert_int_equal(verified().n, 0);
}

/* What was begun on a day whose root is made comes too late for it. */
static void an_event_of_a_rooted_day_is_refused(void **state)
{
    (void)state;
    struct ctx *c = worker();
    (void)pg_sql("set session_replication_role = origin");
    db_begin(c->db, pg_tenant());
    assert_int_equal(
        db_script(c->db, arena_printf(c->arena,
                                      "insert into communication_events (tenant_id, "
                                      "communication_id, type, source, grade, status_after, "
                                      "occurred_at, received_at, sentence, seq, prev_hash, hash) "
                                      "values ('%s', '%s', 'NOTE', 'user', 'A', 'SENT', now(), "
                                      "now() - interval '1 day', 'Late.', 0, '', '')",
                                      pg_tenant(), ids[2])),
        ERR_RETRY);
    db_rollback(c->db);
}

/* ---- who may not ---- */

/* Every table that refuses changes, as the catalog knows them; of partitions, what they were
   granted. */
static void append_only_tables_refuse_the_application(void **state)
{
    (void)state;
    static const char *const roles[] = { "track_web", "track_worker" };
    const char *tables =
        "select r.oid::regclass::text as t from pg_class r where not "
        "r.relispartition and exists (select from pg_trigger where tgrelid = r.oid "
        "and tgname = 'append_only') order by 1";
    long long n = pg_int("select count(*) from (%s) x", tables);
    assert_true(n >= 7);
    assert_int_equal(pg_int("select count(*) from pg_trigger t, unnest(array['track_web', "
                            "'track_worker']) r, unnest(array['update', 'delete', 'truncate']) p "
                            "where t.tgname = 'append_only' and "
                            "has_table_privilege(r, t.tgrelid, p)"),
                     0);
    for (int r = 0; r < 2; r++) {
        struct ctx *c = pg_ctx(roles[r]);
        for (long long i = 0; i < n; i++) {
            const char *t = pg_sql("%s offset %lld limit 1", tables, i);
            const char *texts[] = { arena_printf(c->arena, "update %s set tenant_id = tenant_id",
                                                 t),
                                    arena_printf(c->arena, "delete from %s", t),
                                    arena_printf(c->arena, "truncate %s", t) };
            for (int k = 0; k < 3; k++) {
                db_begin(c->db, pg_tenant());
                if (db_script(c->db, texts[k]) != ERR_DENIED)
                    fail_msg("%s may %s", roles[r], texts[k]);
                db_rollback(c->db);
            }
        }
    }
}

/* ---- the audit trail ---- */

static void the_audit_trail_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum chain_break what;
        long long seq;
    } ways[] = {
        { "update audit_history set action = 'x' where seq = 60", CHAIN_CHANGED, 60 },
        { "delete from audit_history where seq = 60", CHAIN_REMOVED, 60 },
        { "delete from audit_history where seq = 1", CHAIN_REMOVED, 1 },
        { "delete from audit_history where seq = (select max(seq) from audit_history)",
          CHAIN_REMOVED, 0 },
        { "insert into audit_history select (jsonb_populate_record(h, jsonb_build_object('seq', "
          "seq "
          "+ 1))).* from audit_history h order by seq desc limit 1",
          CHAIN_INSERTED, 0 },
    };
    (void)pg_sql("set session_replication_role = origin; set track.tenant = '%s'; "
                 "insert into audit_history (tenant_id, actor_kind, action, entity_type) "
                 "select '%s', 'user', 'a', 'b' from generate_series(1, 120)",
                 pg_tenant(), pg_tenant());
    assert_int_equal(verified().n, 0);
    (void)pg_sql("create table kept_audit as select * from audit_history");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        (void)pg_sql("set session_replication_role = replica; %s", ways[i].sql);
        struct verification v = verified();
        assert_int_equal(v.n, 1);
        assert_string_equal(v.findings[0].kind, "audit");
        assert_int_equal(v.findings[0].what, ways[i].what);
        if (ways[i].seq)
            assert_int_equal(v.findings[0].seq, ways[i].seq);
        (void)pg_sql("set session_replication_role = replica; delete from audit_history; "
                     "insert into audit_history select * from kept_audit");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timelines_are_written),
        cmocka_unit_test(whatever_is_tampered_with_is_named),
        cmocka_unit_test(a_moved_event_is_told_from_both_ends),
        cmocka_unit_test(days_get_their_roots_in_order),
        cmocka_unit_test(a_whole_chain_written_anew_is_found_by_its_day),
        cmocka_unit_test(roots_themselves_are_checked),
        cmocka_unit_test(an_event_of_a_rooted_day_is_refused),
        cmocka_unit_test(append_only_tables_refuse_the_application),
        cmocka_unit_test(the_audit_trail_is_checked),
    };
    pg_start("proof_verify");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
