/* The third clock: a policy that says so ends the proof of messages as well. Nothing of them stays
   but hashes, and what is left still holds. */
#include "pg/needle.h"

#include "proof/roots.h"

/* two messages of one batch, and one of them under a hold; one whose proof stays */
static char ended[40], held_one[40], kept_one[40];
static const char *print_file, *scan, *scan_of_two;

/* An event of a day that ended. */
static int setup(void **state)
{
    (void)state;
    int made;
    char *const ids[] = { ended, held_one, kept_one };
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    const char *batch = arena_strdup(
        as("track_worker")->arena,
        pg_sql("select batch_id from communications where delivery_status = 'DRAFT' group by 1 "
               "order by count(*) desc, 1 limit 1"));
    for (int i = 0; i < 3; i++) {
        keep(ids[i], pg_sql("select id from communications where batch_id = '%s' and "
                            "delivery_status = 'DRAFT' order by id limit 1",
                            batch));
        came_long_ago(ids[i]);
        fill(ids[i], arena_printf(as("track_worker")->arena, "person%d@example.org", i));
        (void)pg_sql("set track.tenant = '%s'; update communications set last_event_at = " OLD
                     ", created_at = " OLD ", retention_hint = '%s' where id = '%s'",
                     pg_tenant(), ids[i] == kept_one ? "court" : "statement", ids[i]);
        (void)pg_sql("insert into letters (tenant_id, communication_id, attempt_no, sha256, pages, "
                     "sheets, grams) values ('%s', '%s', 1, '%s', 1, 1, 5)",
                     pg_tenant(), ids[i], blob(arena_printf(as("track_worker")->arena, "L%d", i)));
        (void)pg_sql("insert into suppressions (tenant_id, channel, address, reason, blocks, "
                     "sentence, communication_id) values ('%s', 'SMS', '+4179000000%d', 'opt_out', "
                     "true, 'Wrote STOP.', '%s')",
                     pg_tenant(), i, ids[i]);
    }
    print_file = arena_strdup(as("track_worker")->arena, blob("All letters"));
    scan = arena_strdup(as("track_worker")->arena, blob("The stamped list"));
    scan_of_two = arena_strdup(as("track_worker")->arena, blob("The stamped list of two"));
    (void)pg_sql(
        "with r as (insert into print_runs (tenant_id, year, no, sorted, separators, "
        "building_ids, pieces, sheets, grams, print_sha256, scan_sha256) values ('%s', 2014, 1, "
        "'walk', 'none', '{}', 1, 1, 5, '%s', '%s') returning tenant_id, id) insert into "
        "print_pieces "
        "(tenant_id, run_id, seq, communication_id, attempt_no, building_id, sort_group, "
        "class, sheets, grams) select r.tenant_id, r.id, 1, c.id, 1, c.building_id, '', "
        "'LETTER', 1, 5 from r, communications c where c.id = '%s'",
        pg_tenant(), print_file, scan, ended);
    (void)pg_sql(
        "with r as (insert into print_runs (tenant_id, year, no, sorted, separators, "
        "building_ids, pieces, sheets, grams, scan_sha256) values ('%s', 2014, 2, 'walk', "
        "'none', '{}', 2, 2, 10, '%s') returning tenant_id, id) insert into print_pieces "
        "(tenant_id, run_id, seq, communication_id, attempt_no, building_id, sort_group, "
        "class, sheets, grams, live) select r.tenant_id, r.id, row_number() over (), c.id, "
        "1, c.building_id, '', 'LETTER', 1, 5, c.id <> '%s' from r, communications c where "
        "c.id in ('%s', '%s')",
        pg_tenant(), scan_of_two, ended, ended, held_one);
    assert_int_equal(roots_make(as("track_worker"), NULL, &made), OK);
    assert_true(made >= 3);
    assert_int_equal(verified().n, 0);
    return 0;
}

static void set_policy(const char *hint, long proof_days, bool ends)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    const struct retention_policy p = { hint, 730, 730, proof_days, true, ends };
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, retention_set(c, &p, &d)), OK);
}

static struct retention_done run(void)
{
    struct retention_done done;
    assert_int_equal(retention_run(as("track_worker"), NULL, &done), OK);
    return done;
}

static long long figure(const char *key)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, retention_document(c, &d)), OK);
    return json_object_get_int64(json_get(d, key));
}

static enum err refused(const char *hint, bool deletes, const char *field)
{
    struct ctx *c = as("track_web");
    const struct retention_policy p = { hint, 730, 730, 800, deletes, true };
    enum err e = retention_check(c, &p);
    assert_int_equal(c->problem.n, 1);
    assert_string_equal(c->problem.faults[0].field, field);
    return e;
}

static void only_of_messages_and_last_of_all(void **state)
{
    (void)state;
    assert_int_equal(refused("statement", false, "deleteProof"), ERR_INVALID);
    assert_int_equal(refused("inbox", true, "deleteProof"), ERR_INVALID);
    assert_int_equal(refused("parcels", true, "deleteProof"), ERR_INVALID);
}

/* What is removed by a run is proof for at least a night more: the plan told of no more. */
static void proof_stays_unless_a_policy_ends_it(void **state)
{
    (void)state;
    set_policy("default", 800, false);
    struct retention_done done = run();
    assert_int_equal(done.communications, 3);
    assert_int_equal(done.proofs, 0);
    assert_int_equal(figure("proof"), 0);
    assert_int_equal(figure("planned"), 3);
    done = run();
    assert_int_equal(done.communications + done.proofs, 0);
    set_policy("statement", 20000, true);
    assert_int_equal(figure("proof") + figure("planned"), 1);
    assert_int_equal(run().proofs, 0);
}

static long long rows_of(const char *id)
{
    return pg_int(
        "create or replace function rows_of(message uuid) returns bigint language plpgsql as $$ "
        "declare t text; n bigint; total bigint = 0; begin for t in select c.oid::regclass::text "
        "from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = "
        "'communication_id' where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', "
        "'p') and not c.relispartition and c.relname not in ('retention_items', 'ended_events') "
        "loop execute format('select count(*) from %%s where communication_id = $1', t) into n "
        "using message; total = total + n; end loop; return total + (select count(*) from "
        "communications where id = message); end $$; select rows_of('%s')",
        id);
}

static long long counted(const char *batch)
{
    return pg_int("select sum(draft + held + enqueued + sent + delivered + opened + failed + "
                  "bounced + manual + cancelled + skipped) - (select count(*) from communications "
                  "c where (c.building_id, c.year) = (b.building_id, b.year)) from "
                  "communication_counts k join communication_batches b on b.building_id = "
                  "k.building_id and b.year = k.year where b.id = '%s' group by b.building_id, "
                  "b.year",
                  batch);
}

static const char *unnamed(const char *sha256)
{
    return pg_sql("set track.tenant = '%s'; select blob_unnamed('%s')", pg_tenant(), sha256);
}

/* ---- the bundle ---- */

static const char *bundle(void)
{
    return arena_strdup(as("track_worker")->arena,
                        pg_sql("select sha256 from archives where removed_at is null"));
}

static bool bundled(int person)
{
    struct arena *a = as("track_worker")->arena;
    const char *sha256 = bundle();
    bool line = bundle_has(sha256, arena_printf(a, "\"person%d@example.org\"", person));
    assert_int_equal(bundle_has(sha256, arena_printf(a, "PDF of person%d@example.org", person)),
                     line);
    assert_int_equal(bundle_has(sha256, arena_printf(a, "mail to person%d@example.org", person)),
                     line);
    return line;
}

static bool file_of(const char *sha256)
{
    struct str bytes;
    struct ctx *c = as("track_worker");
    return store_get(pg_app()->store, c->arena, sha256, &bytes) == OK;
}

static const char *before; /* the bundle as it was made */

static void all_of_a_message_goes_and_its_hashes_stay(void **state)
{
    (void)state;
    assert_string_equal(unnamed(print_file), "t");
    struct ctx *c = as("track_worker");
    struct json_object *d;
    const char *batch = arena_strdup(
        c->arena, pg_sql("select batch_id from communications where id = '%s'", ended));
    const char *unit =
        arena_strdup(c->arena, pg_sql("select unit_id from communications where id = '%s'", ended));
    static const char of_unit[] = "select coalesce(sum(communications), 0) - (select count(*) from "
                                  "communications where unit_id = '%s') from unit_years where "
                                  "unit_id = '%s'";
    c = as("track_web");
    db_begin(c->db, pg_tenant());
    const struct hold_new hold = { "communication", held_one, "Court case 7", "Legal",
                                   "2027-01-31" };
    assert_int_equal(db_end(c->db, hold_add(c, &hold, &d)), OK);
    assert_int_equal(counted(batch), 0);
    set_policy("statement", 800, true);
    assert_int_equal(figure("proof"), 1);
    assert_int_equal(figure("held"), 1);
    long long planned = figure("rows");
    assert_true(rows_of(ended) >= 12 && planned >= 12);
    before = bundle();
    for (int i = 0; i < 3; i++)
        assert_true(bundled(i));
    struct retention_done done = run();
    assert_int_equal(done.proofs, 1);
    assert_int_equal(done.communications, 0);
    assert_int_equal(rows_of(ended), 0);
    assert_true(rows_of(held_one) >= 12);
    assert_true(rows_of(kept_one) >= 12);
    assert_int_equal(
        pg_int("select count(*) from ended_events where communication_id = '%s'", ended), 7);
    assert_int_equal(pg_int("select sum((s ->> 'rows')::int) from retention_runs r, "
                            "jsonb_array_elements(r.certificate -> 'stores') s where "
                            "r.certificate ->> 'layers' = 'proof'"),
                     planned);
    assert_int_equal(counted(batch), 0);
    assert_int_equal(pg_int(of_unit, unit, unit), 0);
    assert_int_equal(pg_int("select count(*) from unit_years where unit_id = '%s' and year = "
                            "(select year from communication_batches where id = '%s')",
                            unit, batch),
                     0);
    assert_int_equal(pg_int("select ended from communication_batches where id = '%s'", batch), 1);
    assert_int_equal(pg_int("select count(*) from suppressions where address = '+41790000000' and "
                            "communication_id is null and lifted_at is null"),
                     1);
    assert_int_equal(verified().n, 0);
    assert_int_equal(run().proofs, 0);
}

/* It may be all that is left of the others: nobody asked for it to go. */
static void a_bundle_that_cannot_be_read_stays_for_the_next_night(void **state)
{
    (void)state;
    const char *was = bundle();
    (void)pg_sql("update archives set outdated = 1, sha256 = '%s'", blob("No bundle"));
    (void)run();
    assert_int_equal(pg_int("select count(*) from archives where removed_at is null and outdated = "
                            "1"),
                     1);
    (void)pg_sql("update archives set outdated = 0, sha256 = '%s'", was);
}

static void the_bundle_is_written_anew_without_it(void **state)
{
    (void)state;
    int n;
    assert_int_equal(pg_int("select count(*) from archives where communications = 2 and outdated = "
                            "0 and written_at is not null and removed_at is null"),
                     1);
    assert_string_not_equal(bundle(), before);
    assert_false(bundled(0));
    assert_true(bundled(1));
    assert_true(bundled(2));
    assert_string_equal(unnamed(before), "t");
    assert_string_equal(pg_sql("select before ->> 'sha256' || (after ->> 'sha256') from "
                               "audit_history where action = 'archive.written_anew'"),
                        arena_printf(as("track_worker")->arena, "%s%s", before, bundle()));
    (void)pg_sql("update blobs set created_at = " OLD);
    age_files();
    assert_int_equal(files_sweep(as("track_worker"), 24, NULL, &n), OK);
    assert_false(file_of(before));
    assert_true(file_of(bundle()));
}

/* Where a night ended before it was written, the next one does it, and then it is done. */
static void a_bundle_left_behind_is_caught_up_with(void **state)
{
    (void)state;
    const char *was = bundle();
    (void)pg_sql("update archives set outdated = 2");
    (void)run();
    assert_int_equal(pg_int("select outdated from archives"), 0);
    assert_string_equal(bundle(), was);
}

static const char *forgotten(const char *email)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, erasure_ask(c, &(struct person){ .email = email }, &d)), OK);
    work();
    return pg_sql("select concat_ws(' ', state, certificate ->> 'archives', error) from erasures "
                  "where id = '%s'",
                  json_text(d, "id"));
}

/* Of neither the database says any more who it was. */
static void who_is_forgotten_leaves_the_bundle_of_others(void **state)
{
    (void)state;
    assert_non_null(strstr(forgotten("person1@example.org"), "REFUSED The legal hold"));
    assert_true(bundled(1));
    assert_string_equal(forgotten("erson2@example.org"), "DONE 0");
    assert_true(bundled(2));
    assert_string_equal(forgotten("person2@example.org"), "DONE 1");
    assert_false(bundled(2));
    assert_true(bundled(1));
    assert_int_equal(verified().n, 0);
}

static void only_the_worker_may_and_only_what_is_due(void **state)
{
    (void)state;
    static const char ends[] = "select proof_ends(uuid7(), '{%s}')";
    struct ctx *c = as("track_worker");
    const char *not_due = arena_printf(c->arena, ends, held_one);
    assert_int_equal(attempt("track_web", not_due), ERR_DENIED);
    assert_int_equal(attempt("track_worker", not_due), ERR_RETRY);
    assert_int_equal(attempt("track_worker", arena_printf(c->arena, ends, kept_one)), ERR_RETRY);
    for (int i = 0; i < 2; i++)
        assert_int_equal(attempt(i ? "track_web" : "track_worker",
                                 "select set_config('track.purging', 'proof', true); delete from "
                                 "communication_events"),
                         ERR_DENIED);
    assert_int_equal(attempt("track_worker", "delete from ended_events"), ERR_DENIED);
}

/* As the superuser, who can do all; each is found, and undone but for the last. */
static void tampering_with_what_is_left_is_found(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "delete from ended_events where seq = 1",
        "update ended_events set hash = sha256('x') where seq = 1",
        "update ended_events set content_hash = sha256('x') where seq = 2",
        "delete from retention_items where layers = '{proof}'",
    };
    (void)pg_sql("create table kept_ended as select * from ended_events; create table kept_items "
                 "as select * from retention_items");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        (void)pg_sql("set session_replication_role = replica; %s", ways[i]);
        assert_true(verified().n > 0);
        (void)pg_sql("delete from ended_events; insert into ended_events select * from kept_ended; "
                     "delete from retention_items; insert into retention_items select * from "
                     "kept_items");
        assert_int_equal(verified().n, 0);
    }
    (void)pg_sql("delete from communication_events where communication_id = '%s'; delete from "
                 "communications where id = '%s'",
                 held_one, held_one);
    struct verification v = verified();
    assert_true(v.n > 0);
    assert_string_equal(v.findings[0].communication_id, held_one);
}

/* A print run of one letter: its file went with the content of that, and stays unnamed when nothing
   is left of it. */
static void a_print_file_is_not_named_again(void **state)
{
    (void)state;
    assert_string_equal(unnamed(print_file), "t");
}

static void a_posting_list_goes_with_the_last_of_its_letters(void **state)
{
    (void)state;
    assert_string_equal(unnamed(scan), "t");
    assert_string_equal(unnamed(scan_of_two), "f");
}

/* Else each page of 500 reads the whole of a table, or each row of it does, by its foreign key. */
static void what_goes_is_found_by_an_index(void **state)
{
    (void)state;
    assert_string_equal(
        pg_sql("select coalesce(string_agg(s.relation, ' ' order by s.relation), '') from "
               "proof_stores s where s.which = 't.communication_id = any ($1)' and not exists "
               "(select from pg_index i where i.indrelid = s.relation::regclass and "
               "pg_get_indexdef(i.indexrelid, 1, true) = 'tenant_id' and "
               "pg_get_indexdef(i.indexrelid, 2, true) = 'communication_id' and "
               "(i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = "
               "'(communication_id IS NOT NULL)'))"),
        "");
}

/* One policy ends proof early and another keeps much: what that keeps is not read for the first. */
static void what_is_kept_is_not_read_for_what_is_due(void **state)
{
    (void)state;
    (void)pg_sql(
        "set session_replication_role = replica; insert into communications (tenant_id, batch_id, "
        "building_id, unit_id, year, channel, delivery_status, recipient_name, subject, "
        "created_at, retention_hint, content_removed_at, person_removed_at) select '%s', uuid7(), "
        "uuid7(), uuid7(), 2014, 'EMAIL', 'DELIVERED', '', '', now() - interval '4 years', case "
        "when i %% 100 = 0 then 'statement' else 'kept' end, now(), now() from generate_series(1, "
        "20000) i",
        pg_tenant());
    (void)pg_sql("insert into retention_policies (tenant_id, hint, content_days, person_days, "
                 "proof_days) values ('%s', 'kept', 730, 730, 20000)",
                 pg_tenant());
    (void)pg_sql("set session_replication_role = origin");
    (void)pg_sql("vacuum analyze communications");
    (void)pg_sql("create function plan_of(asked text) returns text language plpgsql as $p$ declare "
                 "line text; plan text = ''; begin for line in execute 'explain (costs off) ' || "
                 "asked loop plan = plan || line || E'\\n'; end "
                 "loop; return plan; end $p$");
    static const char *const roles[] = { "track_web", "track_worker", "track_owner" };
    for (int i = 0; i < 3; i++) {
        (void)pg_sql("set role %s", roles[i]);
        (void)pg_sql("set track.tenant = '%s'", pg_tenant());
        const char *plan = pg_sql("select plan_of('select id from proof_due(now() + interval ''1 "
                                  "hour'', null)')");
        if (!strstr(plan, "communications_proof") || strstr(plan, "Seq Scan on communications") ||
            !strstr(plan, "(moved_at < p.over) AND"))
            fail_msg("%s", plan);
        (void)pg_sql("reset role");
    }
    assert_int_equal(pg_int("select count(*) from proof_due(now() + interval '1 hour', null) where "
                            "hint = 'statement'") >= 200,
                     true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_is_found_by_an_index),
        cmocka_unit_test(only_of_messages_and_last_of_all),
        cmocka_unit_test(proof_stays_unless_a_policy_ends_it),
        cmocka_unit_test(all_of_a_message_goes_and_its_hashes_stay),
        cmocka_unit_test(a_bundle_that_cannot_be_read_stays_for_the_next_night),
        cmocka_unit_test(a_print_file_is_not_named_again),
        cmocka_unit_test(a_posting_list_goes_with_the_last_of_its_letters),
        cmocka_unit_test(the_bundle_is_written_anew_without_it),
        cmocka_unit_test(a_bundle_left_behind_is_caught_up_with),
        cmocka_unit_test(who_is_forgotten_leaves_the_bundle_of_others),
        cmocka_unit_test(only_the_worker_may_and_only_what_is_due),
        cmocka_unit_test(tampering_with_what_is_left_is_found),
        cmocka_unit_test(what_is_kept_is_not_read_for_what_is_due),
    };
    pg_start("proof_ends");
    return pg_end(cmocka_run_group_tests(tests, setup, NULL));
}
