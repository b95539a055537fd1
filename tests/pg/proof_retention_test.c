/* Retention and erasure in every store: what is to go is nowhere left, what is held stays, and the
 * proof of both holds. */
#include "pg/needle.h"

#include "track/tag.h"

/* three communications of one batch: to go, held, still young; and one of another batch */
static char old_one[40], held_one[40], young_one[40], other_one[40], unit_of_held[40];

static void everything_is_somewhere(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    const char *batch = "select batch_id from communications where delivery_status = 'DRAFT' "
                        "group by 1 order by count(*) desc, 1 limit 1";
    keep(old_one,
         pg_sql("select id from communications where delivery_status = 'DRAFT' and batch_id "
                "= (%s) order by id limit 1",
                batch));
    keep(held_one,
         pg_sql("select id from communications where delivery_status = 'DRAFT' and "
                "batch_id = (select batch_id from communications where id = '%s') and "
                "unit_id <> (select unit_id from communications where id = '%s') order by "
                "id limit 1",
                old_one, old_one));
    fill(old_one, "gone@example.org");
    fill(held_one, "held@example.org");
    keep(young_one, pg_sql("select id from communications where delivery_status = 'DRAFT' order by "
                           "id limit 1"));
    fill(young_one, "young@example.org");
    keep(other_one, pg_sql("select id from communications where delivery_status = 'DRAFT' order by "
                           "id limit 1"));
    fill(other_one, "erase@example.org");
    keep(unit_of_held, pg_sql("select unit_id from communications where id = '%s'", held_one));
    (void)pg_sql("insert into communication_attachments select tenant_id, '%s', 8, sha256, "
                 "'shared.pdf', content_type, size from communication_attachments where "
                 "communication_id = '%s' and position = 7",
                 young_one, held_one);
    (void)pg_sql("update communications set last_event_at = " OLD ", created_at = " OLD
                 " where id in "
                 "('%s', '%s')",
                 old_one, held_one);
    /* As if the first events had been written before digests were salted. */
    (void)pg_sql(
        "set session_replication_role = replica; do $$ declare e communication_events; h "
        "bytea = ''; begin for e in select * from communication_events where "
        "communication_id = '%s' order by seq loop e.prev_hash = h; if e.seq < 3 then "
        "e.version = 1; e.salt = null; e.content_hash = null; end if; h = event_digest(e); "
        "update communication_events set version = e.version, salt = e.salt, content_hash = "
        "e.content_hash, prev_hash = e.prev_hash, hash = h where id = e.id; end loop; "
        "update communications set event_head = h where id = '%s'; end $$; set "
        "session_replication_role = origin",
        old_one, old_one);
    assert_int_equal(verified().n, 0);
    assert_true(rows_with("gone@example.org") >= 15);
}

/* ---- the clocks ---- */

static struct retention_done run(void)
{
    struct retention_done done;
    assert_int_equal(retention_run(as("track_worker"), NULL, &done), OK);
    return done;
}

static struct json_object *document(void)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, retention_document(c, &d)), OK);
    return d;
}

static long long figure(struct json_object *d, const char *key)
{
    return json_object_get_int64(json_get(d, key));
}

static void set_policy(const char *hint, long days, bool deletes)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(
        db_end(c->db,
               retention_set(
                   c, &(struct retention_policy){ hint, days, days, 3650, deletes, false }, &d)),
        OK);
}

static void nothing_goes_unless_a_policy_says_so(void **state)
{
    (void)state;
    long long before = rows_with("gone@example.org");
    assert_int_equal(run().communications, 0);
    struct json_object *d = document();
    assert_int_equal(figure(d, "planned"), 2);
    assert_int_equal(figure(d, "due"), 0);
    struct json_object *plan = json_get(d, "plan");
    bool partition = false;
    for (size_t i = 0; i < json_object_array_length(plan); i++) {
        struct json_object *o = json_object_array_get_idx(plan, i);
        assert_false(json_object_get_boolean(json_get(o, "deletes")));
        partition =
            partition || (strcmp(json_text(o, "store"), "communication_events") == 0 &&
                          strncmp(json_text(o, "relation"), "communication_events_", 21) == 0 &&
                          figure(o, "rows") == 12 && figure(o, "bytes") > 500);
    }
    assert_true(partition);
    set_policy("statement", 730, false);
    assert_int_equal(run().communications, 0);
    assert_int_equal(rows_with("gone@example.org"), before);
    assert_int_equal(pg_int("select count(*) from retention_runs"), 0);
}

static struct json_object *hold(const char *scope, const char *value)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    enum err e =
        hold_add(c, &(struct hold_new){ scope, value, "Court case 7", "Legal", "2027-01-31" }, &d);
    return db_end(c->db, e) == OK ? d : NULL;
}

static void lift(struct json_object *h)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(hold_lifting(c, json_text(h, "id"), &d), OK);
    const char *token = json_text(d, "planToken");
    assert_int_equal(db_end(c->db, hold_lift(c, json_text(h, "id"), token, &d)), OK);
    assert_non_null(json_text(d, "liftedAt"));
}

static void every_scope_holds(void **state)
{
    (void)state;
    static const char *const scopes[] = { "unit", "communication", "batch", "building" };
    static const char *const columns[] = { "unit_id", "id", "batch_id", "building_id" };
    set_policy("statement", 730, true);
    assert_int_equal(figure(document(), "due"), 2);
    for (int i = 0; i < 4; i++) {
        struct json_object *h = hold(scopes[i], pg_sql("select %s from communications where id = "
                                                       "'%s'",
                                                       columns[i], held_one));
        assert_int_equal(figure(document(), "held"), i < 2 ? 1 : 2);
        lift(h);
    }
    struct json_object *h = hold("person", "  Held@Example.org ");
    assert_int_equal(figure(document(), "held"), 1);
    lift(h);
    assert_int_equal(figure(document(), "held"), 0);
    assert_null(hold("unit", old_one));
    assert_non_null(hold("unit", unit_of_held));
}

static void what_is_due_goes_and_the_proof_stays(void **state)
{
    (void)state;
    long long held = rows_with("held@example.org"), young = rows_with("young@example.org");
    struct retention_done done = run();
    assert_int_equal(done.communications, 1);
    assert_int_equal(done.archives, 1);
    assert_int_equal(rows_with("gone@example.org"), 0);
    assert_int_equal(rows_with("held@example.org"), held);
    assert_int_equal(rows_with("young@example.org"), young);
    assert_int_equal(pg_int("select count(*) from communication_tags where communication_id in "
                            "('%s', '%s')",
                            old_one, held_one),
                     1);
    assert_int_equal(pg_int("select count(*) from note_mentions where communication_id in ('%s', "
                            "'%s')",
                            old_one, held_one),
                     1);
    assert_int_equal(pg_int("select count(*) from communication_events where communication_id = "
                            "'%s' and sentence = 'Content removed.' and salt is null",
                            old_one),
                     6);
    assert_int_equal(pg_int("select count(*) from communications where id = '%s' and "
                            "content_removed_at is not null and person_removed_at is not null and "
                            "removed_by = 'policy “statement”' and delivery_status = 'BOUNCED'",
                            old_one),
                     1);
    assert_int_equal(pg_int("select count(*) from communication_events e where communication_id = "
                            "'%s' and event_detail(e) = '{\"contentDigest\": "
                            "\"digest-of-its-words\", \"mailSha256\": \"hash-of-its-mail\"}' "
                            "and seq in (2, 5) and type = 'SENT'",
                            old_one),
                     2);
    assert_int_equal(pg_int("select count(*) from communication_events e where communication_id = "
                            "'%s' and event_detail(e) = '{}'",
                            old_one),
                     4);
    struct verification v = verified();
    assert_int_equal(v.n, 0);
    assert_int_equal(pg_int("select communications from retention_runs"), 1);
    assert_int_equal(
        pg_int(
            "select (s ->> 'rows')::int from retention_runs, jsonb_array_elements(certificate -> "
            "'stores') s where s ->> 'store' = 'communication_events'"),
        6);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'retention.purged' "
                            "and entity_id = (select id::text from retention_runs)"),
                     1);
    assert_int_equal(run().communications, 0);
    /* Nobody puts new words on what has lost its own. */
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(communication_tag(c, old_one, "again", true), ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, "Content removed on"));
    db_rollback(c->db);
}

static void the_bundle_has_what_went(void **state)
{
    (void)state;
    struct ctx *c = as("track_worker");
    const char *sha = pg_sql("select sha256 from archives where communications = 1 and files >= 2");
    assert_non_null(sha);
    sha = arena_strdup(c->arena, sha);
    assert_true(bundle_has(sha, "gone@example.org"));
    assert_true(bundle_has(sha, "for-gone@example.org"));
    assert_true(bundle_has(sha, "PDF of gone@example.org"));
    assert_false(bundle_has(sha, "held@example.org"));
}

/* ---- tampering with what was purged ---- */

static void tampering_after_a_purge_is_found(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "update communication_events set grade = 'A' where communication_id = '%s' and seq = 1",
        "update communication_events set status_after = 'DELIVERED' where communication_id = '%s' "
        "and seq = 5",
        "update communication_events e set grade = 'A' where communication_id = '%s' and seq = 2; "
        "update communication_events e set content_hash = event_seal(e) where communication_id = "
        "'%1$s' and seq = 2",
        "update communication_events set sentence = 'Delivered.' where communication_id = '%s' and "
        "seq = 4",
        "delete from communication_events where communication_id = '%s' and seq = 3",
        "delete from retention_items where communication_id = '%s'",
        "update retention_items set kept = '{\"2\": \"another\"}' where communication_id = '%s'",
    };
    struct ctx *c = as("track_worker");
    (void)pg_sql("create table kept_events as select * from communication_events; create table "
                 "kept_items as select * from retention_items");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct buf b = buf_in(c->arena);
        for (const char *p = ways[i]; *p; p++) {
            size_t skip = strncmp(p, "%s", 2) == 0 ? 2 : strncmp(p, "%1$s", 4) == 0 ? 4 : 0;
            if (skip) {
                buf_puts(&b, old_one);
                p += skip - 1;
            } else {
                buf_putc(&b, *p);
            }
        }
        (void)pg_sql("set session_replication_role = replica; %s", b.p);
        struct verification v = verified();
        assert_true(v.n > 0);
        if (strstr(ways[i], "another")) /* kept as it was before there were several */
            assert_string_equal(pg_sql("select event_detail(e) from communication_events e where "
                                       "communication_id = '%s' and seq = 2",
                                       old_one),
                                "{\"contentDigest\": \"another\"}");
        (void)pg_sql("set session_replication_role = replica; delete from communication_events; "
                     "insert into communication_events select * from kept_events; delete from "
                     "retention_items; insert into retention_items select * from kept_items; set "
                     "session_replication_role = origin");
    }
    /* Words taken out without a run that says so. */
    (void)pg_sql("set session_replication_role = replica; update communication_events set salt = "
                 "null, sentence = 'Content removed.', detail = '{}' where communication_id = '%s' "
                 "and seq = 2",
                 young_one);
    struct verification v = verified();
    assert_int_equal(v.n, 1);
    assert_string_equal(v.findings[0].communication_id, young_one);
    assert_int_equal(v.findings[0].seq, 2);
    (void)pg_sql("set session_replication_role = replica; delete from communication_events; insert "
                 "into communication_events select * from kept_events; drop table kept_events, "
                 "kept_items; set "
                 "session_replication_role = origin");
    assert_int_equal(verified().n, 0);
}

static void only_the_worker_may_and_only_by_the_function(void **state)
{
    (void)state;
    struct ctx *c = as("track_worker");
    const char *purge = arena_printf(
        c->arena, "select retention_purge(uuid7(), '{%s}', '{content}', 'x')", young_one);
    assert_int_equal(attempt("track_web", purge), ERR_DENIED);
    assert_int_equal(attempt("track_worker", purge), OK);
    assert_int_equal(attempt("track_worker", arena_printf(c->arena,
                                                          "select retention_purge(uuid7(), '{%s}', "
                                                          "'{content}', 'x')",
                                                          held_one)),
                     ERR_DENIED);
    assert_int_equal(attempt("track_worker",
                             "select set_config('track.purging', 'on', true); update "
                             "communication_events set sentence = 'Content removed.'"),
                     ERR_DENIED);
}

/* ---- files ---- */

static void files_go_when_nothing_names_them(void **state)
{
    (void)state;
    int n;
    struct ctx *c = as("track_worker");
    assert_true(file_is_there("PDF of gone@example.org"));
    assert_int_equal(pg_int("select count(*) from blobs where removed_at is not null"), 0);
    age_files();
    assert_int_equal(files_sweep(c, 24, NULL, &n), OK);
    assert_int_equal(n, 2);
    assert_false(file_is_there("PDF of gone@example.org"));
    assert_false(file_is_there("mail to gone@example.org"));
    assert_true(file_is_there("PDF of held@example.org"));
    assert_true(file_is_there("PDF of young@example.org"));
    assert_int_equal(files_sweep(c, 24, NULL, &n), OK);
    assert_int_equal(n, 0);
    blob("PDF of gone@example.org");
    assert_true(file_is_there("PDF of gone@example.org"));
    assert_int_equal(pg_int("select count(*) from blobs where removed_at is not null"), 1);
    assert_int_equal(files_sweep(c, 24, NULL, &n), OK);
    assert_int_equal(n, 0); /* just put: who did may be about to name it */
}

/* ---- one person ---- */

static struct json_object *asked(const struct person *who, enum err expected)
{
    struct json_object *d = NULL;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, erasure_ask(c, who, &d)), expected);
    if (expected == ERR_CONFLICT)
        assert_non_null(strstr(c->problem.detail, "Court case 7"));
    return d;
}

static void a_held_person_is_not_forgotten(void **state)
{
    (void)state;
    asked(&(struct person){ .email = "held@example.org" }, ERR_CONFLICT);
    asked(&(struct person){ .unit_id = unit_of_held }, ERR_CONFLICT);
    asked(&(struct person){ 0 }, ERR_INVALID);
    assert_true(rows_with("held@example.org") > 10);
}

static void a_person_is_forgotten_everywhere(void **state)
{
    (void)state;
    struct json_object *d;
    (void)pg_sql("insert into http_calls (tenant_id, provider, method, url, entity, request, "
                 "duration_ms) values ('%s', 'msgraph', 'GET', 'https://x/?q=erase@example.org', "
                 "'mailbox:1', 'To: Erase@Example.org', 1)",
                 pg_tenant());
    posted("erase@example.org, by itself");
    (void)pg_sql("insert into idempotency_keys (tenant_id, key, route, request_hash, body) values "
                 "('%s', 'k', 'r', '', convert_to('erase@example.org', 'UTF8'))",
                 pg_tenant());
    const char *csv = blob("name,email\nX,erase@example.org\n");
    (void)pg_sql("insert into imports (tenant_id, file_name, file_sha256, state, preview) values "
                 "('%s', 'x.csv', '%s', 'COMMITTED', '{\"errors\": [\"erase@example.org\"]}')",
                 pg_tenant(), csv);
    const char *corrected = blob("name,email\nX,erase@\n");
    (void)pg_sql("with i as (insert into imports (tenant_id, file_name, file_sha256, state, "
                 "preview) values ('%s', 'y.csv', '%s', 'COMMITTED', '{}') returning tenant_id, "
                 "id) insert into import_corrections (tenant_id, import_id, line, column_name, "
                 "value, was) select tenant_id, id, 2, 'email', 'erase@example.org', 'erase@' "
                 "from i",
                 pg_tenant(), corrected);
    age_files();
    const char *export = blob("an export of just now, with erase@example.org");
    (void)pg_sql("insert into communication_exports (tenant_id, state, format, words, sha256, "
                 "expires_at, all_buildings, created_by, created_by_kind) values ('%s', 'READY', "
                 "'csv', 'all', '%s', now() + interval '1 day', true, uuid7(), 'user')",
                 pg_tenant(), export);
    (void)pg_sql("insert into communication_exports (tenant_id, state, format, words, "
                 "all_buildings, created_by, created_by_kind) values ('%s', 'RUNNING', 'csv', "
                 "'all', true, uuid7(), 'user')",
                 pg_tenant());
    (void)blob("an evidence pack of just now, which no row names");
    long long before = pg_int("select count(*) from blobs where removed_at is not null");
    d = asked(&(struct person){ .email = "Erase@example.org" }, OK);
    char id[40];
    keep(id, json_text(d, "id"));
    assert_string_equal(json_text(d, "state"), "QUEUED");
    work();
    struct ctx *c = as("track_web");
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, erasure_get(c, id, &d)), OK);
    assert_string_equal(json_text(d, "state"), "DONE");
    assert_int_equal(rows_with("erase@example.org"), 0);
    assert_int_equal(rows_with("Erase@"), 0);
    assert_int_equal(pg_int("select count(*) from erasures where email is not null"), 0);
    assert_false(file_is_there("PDF of erase@example.org"));
    assert_false(file_is_there("mail to erase@example.org"));
    assert_false(file_is_there("name,email\nX,erase@example.org\n"));
    assert_false(file_is_there("name,email\nX,erase@\n"));
    assert_false(file_is_there("an export of just now, with erase@example.org"));
    assert_false(file_is_there("an evidence pack of just now, which no row names"));
    assert_int_equal(pg_int("select count(*) from communication_exports where state in ('READY', "
                            "'RUNNING')"),
                     0);
    struct json_object *done = json_get(d, "certificate");
    assert_int_equal(figure(done, "communications"), 1);
    assert_int_equal(figure(done, "imports"), 2);
    assert_int_equal(figure(done, "files"),
                     pg_int("select count(*) from blobs where removed_at is not null") - before);
    assert_int_equal(figure(done, "files"), 8);
    assert_int_equal(figure(json_get(done, "stores"), "communication_events"), 6);
    assert_int_equal(figure(json_get(done, "stores"), "inbox by address"), 1);
    assert_int_equal(verified().n, 0);
}

/* Whom retention already forgot is still in the bundle that was made then. */
static void bundles_go_with_the_person(void **state)
{
    (void)state;
    age_files();
    assert_int_equal(pg_int("select count(*) from archives where removed_at is null"), 1);
    asked(&(struct person){ .email = "gone@example.org" }, OK);
    work();
    assert_int_equal(pg_int("select count(*) from archives where removed_at is null"), 0);
    assert_int_equal(pg_int("select count(*) from erasures where state = 'DONE'"), 2);
    assert_int_equal(pg_int("select (certificate ->> 'archives')::int from erasures order by "
                            "asked_at desc limit 1"),
                     1);
    assert_int_equal(verified().n, 0);
}

/* A file that nothing names and that the sweep comes to last. */
static const char *last_file(void)
{
    const char *sha = "";
    for (int i = 0; strncmp(sha, "ff", 2) != 0; i++) {
        sha = blob(arena_printf(as("track_worker")->arena, "one more %d", i));
    }
    return sha;
}

/* The first try takes all out but one file; the second finds neither messages nor addresses. */
static void a_certificate_tells_of_every_try(void **state)
{
    (void)state;
    char id[40], unit[40];
    keep(id, pg_sql("select id from communications where delivery_status = 'DRAFT' and unit_id <> "
                    "'%s' and content_removed_at is null order by id desc limit 1",
                    unit_of_held));
    fill(id, "twice@example.org");
    keep(unit, pg_sql("select unit_id from communications where id = '%s'", id));
    struct json_object *d = asked(&(struct person){ .unit_id = unit }, OK);
    char erasure[40];
    keep(erasure, json_text(d, "id"));
    long long before = pg_int("select count(*) from blobs where removed_at is not null");
    const char *last = last_file();
    (void)pg_sql("begin");
    (void)pg_sql("select blob_lock('%s')", last);
    work();
    (void)pg_sql("rollback");
    assert_string_equal(pg_sql("select state from erasures where id = '%s'", erasure), "QUEUED");
    assert_true(pg_int("select count(*) from blobs where removed_at is not null") > before);
    posted("twice@example.org, late");
    (void)pg_sql("update jobs set run_at = now() where kind = 'proof.erase'");
    work();
    struct ctx *c = as("track_web");
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, erasure_get(c, erasure, &d)), OK);
    assert_string_equal(json_text(d, "state"), "DONE");
    struct json_object *done = json_get(d, "certificate");
    assert_int_equal(figure(done, "communications"),
                     pg_int("select count(*) from communications where unit_id = '%s'", unit));
    assert_int_equal(figure(done, "files"),
                     pg_int("select count(*) from blobs where removed_at is not null") - before);
    assert_true(figure(json_get(done, "stores"), "communication_events") >= 6);
    assert_int_equal(figure(json_get(done, "stores"), "inbox by address"), 1);
    assert_int_equal(rows_with("twice@example.org"), 0);
}

static void webhooks_have_clocks_of_their_own(void **state)
{
    (void)state;
    (void)pg_sql("update inbox set received_at = now() - interval '40 days'");
    assert_int_equal(run().communications, 0);
    assert_true(pg_int("select count(*) from inbox where body <> ''") > 0);
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(
        db_end(c->db, retention_set(
                          c, &(struct retention_policy){ "inbox", 30, 30, 400, true, false }, &d)),
        OK);
    (void)run();
    assert_int_equal(pg_int("select count(*) from inbox where body <> ''"),
                     2); /* of the held one */
    (void)pg_sql("update inbox set received_at = now() - interval '401 days'");
    (void)run();
    assert_int_equal(pg_int("select count(*) from inbox"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_somewhere),
        cmocka_unit_test(nothing_goes_unless_a_policy_says_so),
        cmocka_unit_test(every_scope_holds),
        cmocka_unit_test(what_is_due_goes_and_the_proof_stays),
        cmocka_unit_test(the_bundle_has_what_went),
        cmocka_unit_test(tampering_after_a_purge_is_found),
        cmocka_unit_test(only_the_worker_may_and_only_by_the_function),
        cmocka_unit_test(files_go_when_nothing_names_them),
        cmocka_unit_test(a_held_person_is_not_forgotten),
        cmocka_unit_test(a_person_is_forgotten_everywhere),
        cmocka_unit_test(bundles_go_with_the_person),
        cmocka_unit_test(a_certificate_tells_of_every_try),
        cmocka_unit_test(webhooks_have_clocks_of_their_own),
    };
    pg_start("proof_retention");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
