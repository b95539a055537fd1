/* Imports against a real database: what a commit makes, twice, in part, and when it dies half-way.
 */
#include "pg/import/files.h"

#include "base/json.h"
#include "import/import.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Adds and commits in one transaction, as the command does. */
static enum err import(struct ctx *c, const char *text, struct str zip, bool good_rows_only,
                       struct json_object **out)
{
    struct import_new n = kept(c, text, zip);
    const char *id;
    c->problem = (struct problem){ .n = 0 };
    db_begin(c->db, c->tenant_id);
    enum err e = import_add(c, &n, &id);
    if (e == OK)
        e = import_commit(c, id, &(struct import_how){ .good_rows_only = good_rows_only });
    if (e == OK)
        e = import_get(c, id, out);
    return db_end(c->db, e);
}

static int64_t result(struct json_object *import, const char *key)
{
    return json_object_get_int64(json_get(json_get(import, "result"), key));
}

static void a_file_becomes_communications(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    struct str zip = zip_of(c, (const char *const[]){ "A\\1.PDF", "b.pdf", NULL }, "%PDF-1.7 x");
    assert_int_equal(import(c, two_rows, zip, false, &done), OK);
    assert_string_equal(json_text(done, "state"), "COMMITTED");
    assert_int_equal(result(done, "communications"), 3);
    assert_int_equal(result(done, "attachments"), 2);
    assert_int_equal(pg_int("select count(*) from buildings where code = 'B1' and city = 'Zürich'"),
                     1);
    assert_int_equal(pg_int("select count(*) from units"), 2);
    assert_int_equal(pg_int("select count(*) from communication_batches where year = 2024"), 1);
    assert_string_equal(pg_sql("select string_agg(channel || ':' || delivery_status || ':' || "
                               "coalesce(amount_minor::text, '-'), ' ' order by channel) "
                               "from communications"),
                        "EMAIL:DRAFT:1250 LETTER:DRAFT:1250 SMS:DRAFT:-");
    assert_string_equal(pg_sql("select recipient_name from communications where channel = 'EMAIL'"),
                        "Anna \"\\\" Meier");
    assert_int_equal(pg_int("select count(*) from communication_attachments "
                            "where content_type = 'application/pdf' and size = 10"),
                     2);
    assert_int_equal(pg_int("select sum(draft) from communication_counts"), 3);
    assert_int_equal(pg_int("select sum(communications) from unit_years"), 3);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'import.commit'"),
                     1);
}

static enum err look_on(void *to, int64_t written)
{
    (void)to;
    (void)written;
    return OK;
}

static enum err lose_one(void *to, int64_t written)
{
    struct ctx *c = to;
    const char *one = "select encode(sha256('%PDF-1.7 lost'), 'hex')";
    return written ? store_remove(pg_app()->store, c->arena, pg_sql("%s", one)) : OK;
}

/* Bytes that lay there, named by nothing, may be removed while an import writes that it has them.
 */
static void an_attachment_lost_meanwhile_is_brought_again(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct str zip = zip_of(c, (const char *const[]){ "a/1.pdf", NULL }, "%PDF-1.7 lost");
    struct import_new n = kept(c, two_rows, zip);
    const char *id;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(db_end(c->db, import_add(c, &n, &id)), OK);
    (void)pg_sql("update imports set state = 'IMPORTING'");
    const struct import_watch watch = { lose_one, c }, still = { look_on, NULL };
    db_begin(c->db, c->tenant_id);
    enum err e = import_commit(c, id, &(struct import_how){ .watch = &watch });
    assert_int_equal(db_end(c->db, e), ERR_RETRY);
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    db_begin(c->db, c->tenant_id);
    e = import_commit(c, id, &(struct import_how){ .watch = &still });
    assert_int_equal(db_end(c->db, e), OK);
    assert_string_equal(pg_sql("select state from imports"), "COMMITTED");
}

/* Which clocks a message goes by is a column of the file. */
static void the_file_says_whose_clocks(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    static const char head[] = "building_code,unit_number,recipient_name,delivery_preference,"
                               "subject,email,reference,retention_hint\n";
    const char *text = arena_printf(c->arena,
                                    "%sB1,1,Anna,email,Bill 2024,a@example.ch,R1,Court\n"
                                    "B1,2,Ben,email,Bill 2024,b@example.ch,R2,\n",
                                    head);
    assert_int_equal(import(c, text, (struct str){ 0 }, false, &done), OK);
    assert_string_equal(
        pg_sql("select string_agg(retention_hint, ' ' order by reference) from communications"),
        "court statement");
    static const char *const wrong[] = { "a b", "ä", "inbox", "INBOX" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        text = arena_printf(c->arena, "%sB1,3,Cleo,email,Bill 2024,c@example.ch,R3,%s\n", head,
                            wrong[i]);
        assert_int_equal(import(c, text, (struct str){ 0 }, false, &done), ERR_INVALID);
    }
}

/* What a message is written from is one, too; a reminder about a statement is another message. */
static void the_file_says_from_which_template(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    struct str zip = zip_of(c, (const char *const[]){ "r.pdf", NULL }, "%PDF-1.7 r");
    static const char head[] = "building_code,unit_number,recipient_name,delivery_preference,"
                               "subject,email,reference,template,attachment\n";
    static const char statement[] = "B1,1,Anna,email,Bill 2024,a@example.ch,R1,,\n";
    static const char reminder[] = "B1,1,Anna,email,Bill 2024,a@example.ch,R1,Reminder,r.pdf\n";
    const char *text = arena_printf(c->arena, "%s%s", head, statement);
    assert_int_equal(import(c, text, (struct str){ 0 }, false, &done), OK);
    for (int again = 0; again < 2; again++) {
        text = arena_printf(c->arena, "%s%s%s", head, statement, reminder);
        assert_int_equal(import(c, text, zip, false, &done), OK);
        assert_int_equal(result(done, "communications"), again ? 0 : 1);
    }
    assert_string_equal(
        pg_sql("select string_agg(template || ':' || (select count(*) from "
               "communication_attachments a where a.communication_id = c.id), ' ' order by "
               "template) from communications c"),
        "reminder:1 statement:0");
    text = arena_printf(c->arena, "%sB1,2,Ben,email,Bill 2024,b@example.ch,R2,frame,\n", head);
    assert_int_equal(import(c, text, (struct str){ 0 }, false, &done), ERR_INVALID);
    text = arena_printf(c->arena, "%s%s%s", head, reminder, reminder);
    assert_int_equal(import(c, text, zip, false, &done), ERR_INVALID);
}

static void the_same_file_twice_changes_nothing(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    assert_int_equal(import(c, two_rows, (struct str){ 0 }, false, &done), OK);
    pg_sql("update communications set recipient_name = 'Changed' where channel = 'SMS'; select ''");
    assert_int_equal(import(c, two_rows, (struct str){ 0 }, false, &done), OK);
    assert_int_equal(result(done, "communications"), 0);
    assert_int_equal(result(done, "alreadyThere"), 3);
    assert_int_equal(pg_int("select count(*) from communications"), 3);
    assert_int_equal(pg_int("select count(*) from communication_batches"), 1);
    assert_int_equal(pg_int("select sum(draft) from communication_counts"), 3);
    assert_int_equal(pg_int("select count(*) from communications where recipient_name = 'Changed'"),
                     1);
    assert_int_equal(json_object_array_length(json_get(json_get(done, "result"), "batches")), 1);
}

static void late_attachments_reach_what_is_not_sent(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    assert_int_equal(import(c, two_rows, (struct str){ 0 }, false, &done), OK);
    struct str zip = zip_of(c, (const char *const[]){ "a/1.pdf", NULL }, "%PDF-1.7 y");
    assert_int_equal(import(c, two_rows, zip, false, &done), OK);
    assert_int_equal(result(done, "attachments"), 2);
    assert_int_equal(import(c, two_rows, zip, false, &done), OK);
    assert_int_equal(result(done, "attachments"), 0);
}

static void errors_stop_it_unless_good_rows_are_asked_for(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    const char *text =
        arena_printf(c->arena, "%sB1,House,1.03,,x,,,,,CH,email,Bill 2024,,,,R3,\n", two_rows);
    assert_int_equal(import(c, text, (struct str){ 0 }, false, &done), ERR_INVALID);
    assert_non_null(strstr(c->problem.detail, "2 errors"));
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    assert_int_equal(pg_int("select count(*) from imports"), 0);
    assert_int_equal(import(c, text, (struct str){ 0 }, true, &done), OK);
    assert_int_equal(pg_int("select count(*) from communications"), 3);
}

static void bad_attachments_are_refused(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    struct str none = zip_of(c, (const char *const[]){ "other.pdf", NULL }, "%PDF-1.7");
    assert_int_equal(import(c, two_rows, none, false, &done), ERR_INVALID);
    struct str text = zip_of(c, (const char *const[]){ "a/1.pdf", NULL }, "MZ no pdf");
    assert_int_equal(import(c, two_rows, text, false, &done), ERR_INVALID);
    struct str leads_out = zip_of(c, (const char *const[]){ "../a/1.pdf", NULL }, "%PDF-1.7");
    assert_int_equal(import(c, two_rows, leads_out, false, &done), ERR_INVALID);
    assert_string_equal(c->problem.faults[0].field, "attachments");
    assert_int_equal(import(c, two_rows, STR("no zip at all"), false, &done), ERR_INVALID);
    assert_int_equal(pg_int("select count(*) from communications"), 0);
}

static void a_committed_import_cannot_be_committed_again(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    assert_int_equal(import(c, two_rows, (struct str){ 0 }, false, &done), OK);
    const char *id = json_text(done, "id");
    db_begin(c->db, c->tenant_id);
    assert_int_equal(import_commit(c, id, &(struct import_how){ .good_rows_only = false }),
                     ERR_CONFLICT);
    db_rollback(c->db);
    db_begin(c->db, c->tenant_id);
    assert_int_equal(import_change(c, id, &(struct import_options){ .year = 2020 }), ERR_CONFLICT);
    db_rollback(c->db);
    db_begin(c->db, c->tenant_id);
    assert_int_equal(import_get(c, "00000000-0000-7000-8000-000000000000", &done), ERR_NOT_FOUND);
    assert_int_equal(db_commit(c->db), OK);
}

static void another_year_makes_another_batch(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    assert_int_equal(import(c, two_rows, (struct str){ 0 }, false, &done), OK);
    pg_sql("update communication_batches set state = 'COMPLETED', completed_at = now(); select ''");
    assert_int_equal(import(c, HEADER "B1,,1.01,Anna,anna@example.ch,,,,,,email,Bill 2025,,,,R1,\n",
                            (struct str){ 0 }, false, &done),
                     OK);
    assert_int_equal(pg_int("select count(*) from communication_batches"), 2);
    assert_string_equal(pg_sql("select name from buildings"), "House One");
    assert_int_equal(pg_int("select count(*) from communication_batches where state = 'COMPLETED'"),
                     1);
    assert_int_equal(import(c, HEADER "B1,,1.09,Cora,cora@example.ch,,,,,,email,Bill 2024,,,,R9,\n",
                            (struct str){ 0 }, false, &done),
                     OK);
    assert_int_equal(pg_int("select count(*) from communication_batches where state = 'COMPLETED'"),
                     0);
}

/* A child is killed with -9 while it inserts: the database knows nothing of it. */
static void a_death_half_way_leaves_nothing(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *text = many_rows(c, 20000);
    pid_t child = fork();
    if (child == 0) {
        struct ctx *own = pg_ctx("track_web");
        struct json_object *done;
        import(own, text, (struct str){ 0 }, false, &done);
        _exit(0);
    }
    while (
        pg_int(
            "select count(*) from pg_stat_activity where query like '%%with r as materialized%%' "
            "and xact_start is not null and pid <> pg_backend_pid()") == 0) {
        assert_int_equal(waitpid(child, NULL, WNOHANG), 0); /* it must not end before */
        usleep(1000);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (pg_int(
        "select count(*) from pg_stat_activity where query like '%%with r as materialized%%' "
        "and xact_start is not null and pid <> pg_backend_pid()"))
        usleep(1000);
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    assert_int_equal(pg_int("select count(*) from buildings"), 0);
    assert_int_equal(pg_int("select count(*) from imports"), 0);
    struct json_object *done;
    assert_int_equal(import(c, text, (struct str){ 0 }, false, &done), OK);
    assert_int_equal(result(done, "communications"), 20000);
    assert_int_equal(pg_int("select sum(draft) from communication_counts"), 20000);
}

static long long entries_read(void)
{
    (void)pg_sql("select pg_stat_clear_snapshot()");
    return pg_int("select sum(idx_tup_read) + (select sum(seq_tup_read) from pg_stat_user_tables "
                  "where schemaname = 'public') from pg_stat_user_indexes where schemaname = "
                  "'public'");
}

/* Tables that were full, hold no row and were looked at since: the planner takes them for empty
   however much comes. What is read must not grow with the square of the rows. */
static void tables_known_to_be_empty_are_filled_by_keys(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *done;
    enum { ROWS = 6000 };
    struct import_new n = kept(c, many_rows(c, ROWS), (struct str){ 0 });
    const char *id;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(import_add(c, &n, &id), OK);
    assert_int_equal(import_commit(c, id, &(struct import_how){ .good_rows_only = false }), OK);
    db_rollback(c->db);
    (void)pg_sql("vacuum (truncate off, analyze) buildings, units, communication_batches, "
                 "communications, unit_years, communication_counts");
    assert_string_equal(pg_sql("select reltuples || ' ' || (relpages > 50) from pg_class where "
                               "oid = 'communications'::regclass"),
                        "0 true");
    long long before = entries_read();
    struct ctx *other = pg_ctx("track_web");
    assert_int_equal(import(other, many_rows(c, ROWS), (struct str){ 0 }, false, &done), OK);
    assert_int_equal(result(done, "communications"), ROWS);
    db_begin(other->db, other->tenant_id);
    (void)!db_script(other->db, "select pg_stat_force_next_flush()");
    assert_int_equal(db_commit(other->db), OK);
    /* The first thousand may be read with their square. */
    assert_in_range(entries_read() - before, ROWS, 5 * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_communications),
        cmocka_unit_test(the_file_says_from_which_template),
        cmocka_unit_test(the_file_says_whose_clocks),
        cmocka_unit_test(an_attachment_lost_meanwhile_is_brought_again),
        cmocka_unit_test(the_same_file_twice_changes_nothing),
        cmocka_unit_test(late_attachments_reach_what_is_not_sent),
        cmocka_unit_test(errors_stop_it_unless_good_rows_are_asked_for),
        cmocka_unit_test(bad_attachments_are_refused),
        cmocka_unit_test(a_committed_import_cannot_be_committed_again),
        cmocka_unit_test(another_year_makes_another_batch),
        cmocka_unit_test(a_death_half_way_leaves_nothing),
        cmocka_unit_test(tables_known_to_be_empty_are_filled_by_keys),
    };
    pg_start("import_commit");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
