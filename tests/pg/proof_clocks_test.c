/* Each layer by its own clock, by the hint of each message; files as long as something names them.
 */
#include "pg/needle.h"

static char old_one[40], held_one[40], young_one[40], other_one[40];

static void nothing(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    char *const ids[] = { old_one, held_one, young_one, other_one };
    for (int i = 0; i < 4; i++)
        keep(ids[i],
             pg_sql("select id from communications where delivery_status = 'DRAFT' order by "
                    "id offset %d limit 1",
                    i));
    (void)pg_sql("set track.tenant = '%s'", pg_tenant());
    fill(old_one, "old@example.org");
    fill(other_one, "other@example.org");
    (void)pg_sql("update communications set last_event_at = " OLD ", created_at = " OLD
                 ", retention_hint = case id when '%s' then 'court' else 'statement' end where id "
                 "in ('%s', '%s')",
                 other_one, old_one, other_one);
}

static void set_policy(const char *hint, long content, long person)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    const struct retention_policy p = { hint, content, person, 36500, true, false };
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, retention_set(c, &p, &d)), OK);
}

static long long run(void)
{
    struct retention_done done;
    assert_int_equal(retention_run(as("track_worker"), NULL, &done), OK);
    return done.communications;
}

static const char *layers(const char *id)
{
    return pg_sql("select concat_ws(' ', case when content_removed_at is not null then 'content' "
                  "end, case when person_removed_at is not null then 'person' end) from "
                  "communications where id = '%s'",
                  id);
}

static void a_hint_has_clocks_of_its_own(void **state)
{
    (void)state;
    set_policy("default", 30000, 30000);
    set_policy("court", 20000, 20000);
    set_policy("statement", 730, 20000);
    assert_int_equal(run(), 1);
    assert_string_equal(layers(old_one), "content");
    assert_string_equal(layers(other_one), "");
    set_policy("court", 20000, 730);
    assert_int_equal(run(), 1);
    assert_string_equal(layers(other_one), "person");
}

/* The address of an attempt stays while the person's clock runs; what was raw goes with either. */
static void each_layer_takes_what_is_its_own(void **state)
{
    (void)state;
    assert_int_equal(pg_int("select count(*) from communication_attempts where communication_id = "
                            "'%s' and address = 'old@example.org'",
                            old_one),
                     1);
    assert_int_equal(pg_int("select count(*) from communications where id = '%s' and email = "
                            "'old@example.org'",
                            old_one),
                     1);
    for (int i = 0; i < 2; i++) {
        const char *id = i ? other_one : old_one;
        assert_int_equal(pg_int("select count(*) from communication_attempts where "
                                "communication_id = '%s' and (error ? 'raw' or error::text like "
                                "'%%@example%%')",
                                id),
                         0);
        assert_int_equal(pg_int("select count(*) from communication_events where communication_id "
                                "= '%s' and (detail <> '{}' or length(hash) <> 32 or "
                                "length(content_hash) <> 32)",
                                id),
                         0);
        assert_int_equal(pg_int("select count(*) from inbox i join communication_events e on "
                                "e.inbox_id = i.id where e.communication_id = '%s' and (i.body <> "
                                "'' or i.body_sha256 is null)",
                                id),
                         0);
    }
    assert_int_equal(rows_with("other@example.org"), 1); /* the name of its PDF, which is content */
    assert_true(file_is_there("PDF of other@example.org"));
    set_policy("statement", 730, 730);
    assert_int_equal(run(), 1);
    assert_string_equal(layers(old_one), "content person");
    assert_int_equal(rows_with("old@example.org"), 0);
    assert_int_equal(verified().n, 0);
}

/* ---- files ---- */

static void swept(int expected)
{
    int n;
    age_files();
    assert_int_equal(files_sweep(as("track_worker"), 24, NULL, &n), OK);
    assert_int_equal(n, expected);
}

/* A run looks into every attachment: that must not keep it for ever. */
static void what_was_found_out_keeps_no_file(void **state)
{
    (void)state;
    (void)pg_sql(
        "insert into file_checks (tenant_id, sha256) select distinct tenant_id, sha256 from "
        "communication_attachments where communication_id in ('%s', '%s') and position = 7",
        old_one, other_one);
    int n;
    age_files();
    assert_int_equal(files_sweep(as("track_worker"), 24, NULL, &n), OK);
    assert_false(file_is_there("PDF of old@example.org"));
    assert_true(file_is_there("PDF of other@example.org"));
}

/* Letters and papers of three messages' run: the first that goes takes what is of all with it. */
static void papers_go_with_the_first_of_their_people(void **state)
{
    (void)state;
    struct ctx *c = as("track_worker");
    static const char *const papers[] = { "print", "slip", "labels", "scan" };
    struct buf set = buf_in(c->arena);
    for (int i = 0; i < 4; i++)
        buf_printf(&set, "%s%s_sha256 = '%s'", i ? ", " : "", papers[i],
                   blob(arena_printf(c->arena, "%s of the run", papers[i])));
    (void)pg_sql("insert into print_runs (tenant_id, year, no, sorted, separators, building_ids, "
                 "pieces, sheets, grams) values ('%s', 2026, 77, 'walk', 'none', '{}', 2, 2, 10)",
                 pg_tenant());
    (void)pg_sql("update print_runs set %s where no = 77", set.p);
    const char *two[] = { held_one, young_one };
    for (int i = 0; i < 2; i++) {
        const char *letter = blob(arena_printf(c->arena, "letter %d", i));
        const char *photo = blob(arena_printf(c->arena, "photo %d", i));
        (void)pg_sql("insert into letters (tenant_id, communication_id, attempt_no, sha256, pages, "
                     "sheets, grams, return_photo_sha256) values ('%s', '%s', 1, '%s', 1, 1, 5, "
                     "'%s')",
                     pg_tenant(), two[i], letter, photo);
        (void)pg_sql("insert into print_pieces (tenant_id, run_id, seq, communication_id, "
                     "attempt_no, building_id, sort_group, class, sheets, grams) select "
                     "c.tenant_id, r.id, %d, c.id, 1, c.building_id, '', 'LETTER', 1, 5 from "
                     "communications c, print_runs r where c.id = '%s' and r.no = 77",
                     i + 1, two[i]);
    }
    swept(0);
    (void)pg_sql("update communications set last_event_at = " OLD ", created_at = " OLD
                 " where id = '%s'",
                 held_one);
    assert_int_equal(run(), 1);
    assert_false(file_is_there("letter 0"));
    assert_false(file_is_there("photo 0"));
    assert_false(file_is_there("print of the run"));
    assert_false(file_is_there("slip of the run"));
    assert_false(file_is_there("labels of the run"));
    assert_true(file_is_there("scan of the run"));
    assert_true(file_is_there("letter 1"));
    assert_true(file_is_there("photo 1"));
}

/* An export that goes takes no file with it that something else names. */
static void forgetting_asks_every_column(void **state)
{
    (void)state;
    const char *sha = arena_strdup(as("track_worker")->arena,
                                   pg_sql("select scan_sha256 from print_runs where no = 77"));
    const char *alone = blob("nobody's");
    assert_string_equal(pg_sql("select blob_forget('%s')", sha), "f");
    assert_string_equal(pg_sql("select blob_forget('%s')", alone), "t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing),
        cmocka_unit_test(a_hint_has_clocks_of_its_own),
        cmocka_unit_test(each_layer_takes_what_is_its_own),
        cmocka_unit_test(what_was_found_out_keeps_no_file),
        cmocka_unit_test(papers_go_with_the_first_of_their_people),
        cmocka_unit_test(forgetting_asks_every_column),
    };
    pg_start("proof_clocks");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
