/* Random events, purged at random, go on being events: what holds, holds; what is then changed,
   removed or put in is named. */
#include "pg/needle.h"

enum { TIMELINES = 12, ROUNDS = 4, TRIALS = 5 };

static char ids[TIMELINES][40];
static unsigned seed = 20261121;

static unsigned chance(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void set_policy(const char *hint, long content, long person)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    const struct retention_policy p = { hint, content, person, 36500, true, false };
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, retention_set(c, &p, &d)), OK);
}

/* A few events of any type, with words of somebody in each. */
static void blow(const char *id)
{
    const char *whom = arena_printf(as("track_worker")->arena, "storm-%.8s@example.org", id + 28);
    for (unsigned n = 1 + chance(6); n > 0; n--)
        event(id, (enum event_type)chance(EVENT_TYPE_COUNT), chance(4) ? NULL : posted(whom), whom);
}

/* Which clock ran out for whom is chance; those on their way have none. */
static void age(const char *id)
{
    static const char *const hints[] = { "both", "content", "person", "none" };
    (void)pg_sql("update communications set retention_hint = '%s', last_event_at = " OLD
                 ", created_at = " OLD " where id = '%s'",
                 hints[chance(4)], id);
}

static void purge_all(void)
{
    struct retention_done done;
    assert_int_equal(retention_run(as("track_worker"), NULL, &done), OK);
}

static void a_storm_over_purges_holds(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)pg_sql("set track.tenant = '%s'", pg_tenant());
    for (int i = 0; i < TIMELINES; i++) {
        keep(ids[i], pg_sql("select id from communications where delivery_status in ('DRAFT', "
                            "'BOUNCED', 'SENT', 'DELIVERED') order by id offset %d limit 1",
                            i));
        fill(ids[i],
             arena_printf(as("track_worker")->arena, "storm-%.8s@example.org", ids[i] + 28));
    }
    set_policy("both", 730, 730);
    set_policy("content", 730, 36500);
    set_policy("person", 36500, 730);
    set_policy("none", 36500, 36500);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < TIMELINES; i++) {
            blow(ids[i]);
            if (chance(3))
                age(ids[i]);
        }
        purge_all();
        assert_int_equal(verified().n, 0);
    }
    assert_true(pg_int("select count(*) from communications where content_removed_at is not null "
                       "and person_removed_at is not null") > 2);
    assert_true(pg_int("select count(*) from communications where (content_removed_at is null) <> "
                       "(person_removed_at is null)") > 0);
    assert_true(pg_int("select count(*) from retention_items i join communications c on c.id = "
                       "i.communication_id where c.event_seq > i.upto") > 0);
    for (int i = 0; i < TIMELINES; i++)
        if (pg_int("select count(*) from communications c join retention_items i on "
                   "i.communication_id = c.id and i.upto = c.event_seq where c.id = '%s' and "
                   "content_removed_at is not null and person_removed_at is not null",
                   ids[i]))
            assert_int_equal(rows_with(arena_printf(as("track_worker")->arena,
                                                    "storm-%.8s@example.org", ids[i] + 28)),
                             0);
}

/* ---- tampering: at_c() is a purged communication, at_k() one of its events ---- */

#define HERE " where communication_id = at_c() and seq = at_k()"
#define ITEM " where communication_id = at_c() and run_id = at_r()"
#define RUN " where id = at_r()"

static const struct way {
    const char *sql, *kind; /* of the finding */
    bool of_event;          /* the event is named, else the communication or the run */
} ways[] = {
    { "update communication_events set sentence = 'Delivered.'" HERE, "timeline", true },
    { "update communication_events set detail = '{\"x\": 1}'" HERE, "timeline", true },
    { "update communication_events set type = type || 'X'" HERE, "timeline", true },
    { "update communication_events set status_after = status_after || 'X'" HERE, "timeline", true },
    { "update communication_events set source = case source when 'user' then 'system' else 'user' "
      "end" HERE,
      "timeline", true },
    { "update communication_events set grade = case grade when 'A' then 'B' else 'A' end" HERE,
      "timeline", true },
    { "update communication_events set occurred_at = occurred_at - interval '1 day'" HERE,
      "timeline", true },
    { "update communication_events set actor_name = 'Somebody'" HERE, "timeline", true },
    { "update communication_events set salt = uuid_send(gen_random_uuid())" HERE, "timeline",
      true },
    { "update communication_events set content_hash = sha256('x')" HERE, "timeline", true },
    { "update communication_events set hash = sha256('x')" HERE, "timeline", true },
    { "update communication_events set prev_hash = sha256('x')" HERE, "timeline", true },
    { "delete from communication_events" HERE, "timeline", true },
    { "insert into communication_events select (jsonb_populate_record(e, jsonb_build_object('id', "
      "uuid7(), 'received_at', received_at + interval '1 millisecond'))).* from "
      "communication_events "
      "e" HERE,
      "timeline", false },
    { "delete from communication_events where communication_id = at_c()", "timeline", false },
    { "delete from communications where id = at_c()", "timeline", false },
    { "update retention_items set upto = 0" ITEM, "retention", false },
    { "update retention_items set seal = sha256('x')" ITEM, "retention", false },
    { "update retention_items set layers = '{}'" ITEM, "retention", false },
    { "delete from retention_items" ITEM, "retention", false },
    { "insert into retention_items select tenant_id, at_r(), uuid7(), '{content}', 1, '' from "
      "communications where id = at_c()",
      "retention", false },
    { "update retention_runs set reason = 'Because.'" RUN, "retention", false },
    { "update retention_runs set communications = communications + 1" RUN, "retention", false },
    { "update retention_runs set kind = 'inbox'" RUN, "retention", false },
    { "update retention_runs set certificate = certificate || '{\"stores\": []}'" RUN, "retention",
      false },
    { "update retention_runs set at = at - interval '1 day'" RUN, "retention", false },
    { "update retention_runs set archive_id = uuid7()" RUN, "retention", false },
    { "update retention_runs set items_hash = sha256('x')" RUN, "retention", false },
    { "delete from retention_runs" RUN, "retention", false },
    { "insert into retention_runs select tenant_id, uuid7(), kind, reason, at, archive_id, 0, "
      "certificate, retention_items_hash(tenant_id, uuid7()) from retention_runs" RUN,
      "retention", false },
};

static void put_back(void)
{
    (void)pg_sql(
        "set session_replication_role = replica; "
        "delete from communication_events; insert into communication_events select * from "
        "kept_events; delete from retention_items; insert into retention_items select * "
        "from kept_items; delete from retention_runs; insert into retention_runs select * "
        "from kept_runs; delete from communications where id = at_c(); do $$ declare names "
        "text; begin select string_agg(quote_ident(attname), ', ') into names from "
        "pg_attribute where attrelid = 'communications'::regclass and attnum > 0 and not "
        "attisdropped and attgenerated = ''; execute format('insert into communications "
        "(%%s) select %%s from kept_communications where id = at_c()', names, names); end "
        "$$");
}

static const struct finding *found(const struct verification *v, const char *kind)
{
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->findings[i].kind, kind) == 0)
            return &v->findings[i];
    return NULL;
}

static void one_trial(const struct way *w)
{
    char id[40], run[40];
    keep(id,
         pg_sql("select communication_id from kept_items order by md5(communication_id::text || "
                "%u) limit 1",
                chance(1000000)));
    keep(run, pg_sql("select run_id from kept_items where communication_id = '%s' order by "
                     "md5(run_id::text || %u) limit 1",
                     id, chance(1000000)));
    long long upto = pg_int("select max(upto) from kept_items where communication_id = '%s'", id);
    long long seq = 1 + chance((unsigned)upto);
    (void)pg_sql("set session_replication_role = replica; set at.c = '%s'; set at.k = '%lld'; set "
                 "at.r = '%s'",
                 id, seq, run);
    (void)pg_sql("%s", w->sql);
    struct verification v;
    assert_int_equal(proof_verify(as("track_worker"), NULL, &v), OK);
    const struct finding *f = found(&v, w->kind);
    if (!f)
        fail_msg("not found: %s", w->sql);
    if (w->of_event && f->seq != seq)
        fail_msg("%s: event %lld is named in place of %lld", w->sql, f->seq, seq);
    if (!strstr(f->sentence, id) && !strstr(f->sentence, run) && strstr(w->sql, "uuid7()") == NULL)
        fail_msg("%s: %s names neither %s nor %s", w->sql, f->sentence, id, run);
    put_back();
}

static void whatever_is_tampered_with_is_named(void **state)
{
    (void)state;
    (void)pg_sql("create table kept_events as select * from communication_events; create table "
                 "kept_items as select * from retention_items; create table kept_runs as select * "
                 "from retention_runs; create table kept_communications as select * from "
                 "communications");
    (void)pg_sql(
        "create function at_c() returns uuid language sql as $$ select "
        "current_setting('at.c')::uuid $$; create function at_r() returns uuid language sql "
        "as $$ select current_setting('at.r')::uuid $$; create function at_k() returns int "
        "language sql as $$ select current_setting('at.k')::int $$");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        for (int n = 0; n < TRIALS; n++)
            one_trial(&ways[i]);
    assert_int_equal(verified().n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_storm_over_purges_holds),
        cmocka_unit_test(whatever_is_tampered_with_is_named),
    };
    pg_start("proof_storm");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
