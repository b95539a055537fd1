/* Corrections of an import's file: what is kept, who may, what is refused, and that commits read
 * them. */
#include "pg/import/files.h"

#include "import/correction.h"

static const char *add(struct ctx *c, const char *text)
{
    struct import_new n = kept(c, text, (struct str){ 0 });
    const char *id;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(db_end(c->db, import_add(c, &n, &id)), OK);
    return id;
}

static enum err correct(struct ctx *c, const char *id, long line, const char *column,
                        const char *value, bool alike)
{
    c->problem = (struct problem){ .n = 0 };
    db_begin(c->db, c->tenant_id);
    return db_end(c->db,
                  import_correct(c, id, &(struct import_mend){ line, column, value, alike }));
}

static enum err take_back(struct ctx *c, const char *id, const char *correction, bool alike)
{
    c->problem = (struct problem){ .n = 0 };
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, import_take_back(c, id, correction, alike));
}

static struct json_object *document(struct ctx *c, const char *id)
{
    struct json_object *import;
    db_begin_reading(c->db, c->tenant_id);
    assert_int_equal(db_end(c->db, import_get(c, id, &import)), OK);
    return import;
}

static int64_t errors(struct ctx *c, const char *id)
{
    return json_object_get_int64(json_get(json_get(document(c, id), "preview"), "errorCount"));
}

static const char *all(void)
{
    return pg_sql("select coalesce(string_agg(format('%%s %%s: %%s > %%s', line, column_name, was, "
                  "value), ', ' order by line, column_name), '') from import_corrections");
}

#define HEAD "building;unit;name;E-Mail;versand;betreff;betrag;currency;land;Referenz\n"

static const char faulty[] = HEAD "K1;1;Anna;anna@;email;Bill 2024;10;CHF;CH;R1\n"
                                  "K1;2;Ben;ben@example.ch;pigeon;Bill 2024;10;;CH;R2\n"
                                  "K1;3;Cleo;cleo@example.ch;pigeon;Bill 2024;10;;CH;R3\n"
                                  "K1;3;Dora;dora@example.ch;email;Bill 2024;10;CHF;CH;R4\n";

static void a_correction_is_kept_beside_the_file(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *id = add(c, faulty), *file = pg_sql("select file_sha256 from imports");
    file = arena_strdup(c->arena, file);
    assert_int_equal(errors(c, id), 5);
    assert_int_equal(correct(c, id, 2, "E-Mail", "  still@ ", false), OK);
    assert_int_equal(errors(c, id), 5);
    assert_int_equal(correct(c, id, 2, "email", "anna@example.ch", false), OK);
    assert_string_equal(all(), "2 E-Mail: anna@ > anna@example.ch");
    assert_int_equal(errors(c, id), 4);
    struct json_object *list = json_get(document(c, id), "corrections");
    struct json_object *one = json_object_array_get_idx(list, 0);
    assert_int_equal(json_object_array_length(list), 1);
    assert_string_equal(json_text(one, "correctedByName"), c->actor.name);
    assert_string_equal(pg_sql("select file_sha256 from imports"), file);
    assert_string_equal(pg_sql("select after::text from audit_history where action = "
                               "'import.correct' order by seq desc limit 1"),
                        "{\"lines\": [2], \"column\": \"E-Mail\"}");
    assert_int_equal(correct(c, id, 2, "E-Mail", "anna@", false), OK);
    assert_string_equal(all(), "");
    assert_int_equal(errors(c, id), 5);
}

static void alike_errors_are_corrected_and_taken_back_at_once(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *id = add(c, faulty);
    assert_int_equal(correct(c, id, 4, "versand", "email", true), OK);
    assert_int_equal(correct(c, id, 3, "currency", "CHF", true), OK);
    assert_string_equal(all(), "3 currency:  > CHF, 3 versand: pigeon > email, 4 currency:  > CHF, "
                               "4 versand: pigeon > email");
    assert_int_equal(errors(c, id), 1);
    const char *one = arena_strdup(
        c->arena, pg_sql("select id from import_corrections where line = 3 and value = 'CHF'"));
    assert_int_equal(take_back(c, id, one, false), OK);
    assert_int_equal(errors(c, id), 2);
    one = arena_strdup(
        c->arena, pg_sql("select id from import_corrections where line = 4 and value = 'email'"));
    assert_int_equal(take_back(c, id, one, true), OK);
    assert_string_equal(all(), "4 currency:  > CHF");
    assert_int_equal(take_back(c, id, one, false), ERR_NOT_FOUND);
    assert_int_equal(errors(c, id), 4);
    assert_int_equal(correct(c, id, 5, "betreff", "Bill 2023", true), OK); /* at no fault */
    assert_string_equal(all(), "4 currency:  > CHF, 5 betreff: Bill 2024 > Bill 2023");
}

static void assert_refused(struct ctx *c, enum err e, const char *field)
{
    assert_int_equal(e, ERR_INVALID);
    assert_int_equal(c->problem.n, 1);
    assert_string_equal(c->problem.faults[0].field, field);
}

static void what_is_not_there_is_refused_by_its_name(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *id = add(c, faulty);
    char text[402];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_refused(c, correct(c, id, 1, "E-Mail", "x", false), "line");
    assert_refused(c, correct(c, id, 6, "E-Mail", "x", false), "line");
    assert_refused(c, correct(c, id, 2, "Fax", "x", false), "column");
    assert_refused(c, correct(c, id, 2, "phone", "x", false), "column");
    assert_refused(c, correct(c, id, 2, "Referenz", text, false), "value");
    assert_refused(c, correct(c, id, 2, "currency", "12345678901", false), "value");
    assert_int_equal(correct(c, "nonsense", 2, "E-Mail", "x", false), ERR_NOT_FOUND);
    assert_int_equal(take_back(c, id, "00000000-0000-7000-8000-000000000000", true), ERR_NOT_FOUND);
    assert_string_equal(all(), "");
    const char *broken = add(c, "building;unit\nK2;\"1\nK2;2\n");
    assert_refused(c, correct(c, broken, 2, "street", "x", false), "column");
}

static void another_tenants_are_not_there(void **state)
{
    (void)state;
    struct ctx *c = context(), *other = pg_ctx("track_web");
    const char *id = add(c, faulty);
    other->tenant_id = arena_strdup(
        other->arena, pg_sql("insert into tenants (slug, name) values ('other', 'Other') "
                             "on conflict (slug) do update set name = excluded.name returning id"));
    assert_int_equal(correct(c, id, 2, "E-Mail", "anna@example.ch", false), OK);
    const char *one = arena_strdup(c->arena, pg_sql("select id from import_corrections"));
    assert_int_equal(correct(other, id, 2, "E-Mail", "x", false), ERR_NOT_FOUND);
    assert_int_equal(take_back(other, id, one, false), ERR_NOT_FOUND);
    assert_string_equal(all(), "2 E-Mail: anna@ > anna@example.ch");
}

static void a_commit_reads_them_and_ends_them(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct json_object *import;
    const char *id = add(c, faulty);
    assert_int_equal(correct(c, id, 2, "E-Mail", "anna@example.ch", false), OK);
    assert_int_equal(correct(c, id, 3, "versand", "email", true), OK);
    assert_int_equal(correct(c, id, 3, "currency", "CHF", true), OK);
    assert_int_equal(correct(c, id, 5, "Referenz", "R3", false), OK);
    assert_int_equal(errors(c, id), 1); /* unit 3 has that reference already */
    assert_int_equal(correct(c, id, 5, "unit", "4", false), OK);
    assert_int_equal(errors(c, id), 0);
    db_begin(c->db, c->tenant_id);
    assert_int_equal(import_commit(c, id, &(struct import_how){ .good_rows_only = false }), OK);
    assert_int_equal(db_end(c->db, import_get(c, id, &import)), OK);
    assert_string_equal(json_text(import, "state"), "COMMITTED");
    assert_string_equal(pg_sql("select string_agg(u.number || ' ' || c.email, ', ' order by "
                               "u.number) from communications c join units u on u.id = c.unit_id"),
                        "1 anna@example.ch, 2 ben@example.ch, 3 cleo@example.ch, 4 "
                        "dora@example.ch");
    assert_int_equal(correct(c, id, 2, "E-Mail", "other@example.ch", false), ERR_CONFLICT);
    const char *one = arena_strdup(c->arena, pg_sql("select id from import_corrections limit 1"));
    assert_int_equal(take_back(c, id, one, false), ERR_CONFLICT);
    for (int i = 0; i < 2; i++) {
        (void)pg_sql("update imports set state = '%s'", i ? "QUEUED" : "IMPORTING");
        assert_int_equal(correct(c, id, 2, "E-Mail", "x", false), ERR_CONFLICT);
    }
}

/* They are of the file, not of how it is read. */
static void other_columns_leave_them_there(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *id = add(c, faulty);
    struct import_options o = { .choice.column = { [COLUMN_EMAIL] = "Referenz" } };
    assert_int_equal(correct(c, id, 2, "E-Mail", "anna@example.ch", false), OK);
    db_begin(c->db, c->tenant_id);
    assert_int_equal(db_end(c->db, import_change(c, id, &o)), OK);
    assert_int_equal(errors(c, id), 8);
    o.choice.column[COLUMN_EMAIL] = NULL;
    o.year = 2020;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(db_end(c->db, import_change(c, id, &o)), OK);
    assert_int_equal(errors(c, id), 4);
    assert_string_equal(all(), "2 E-Mail: anna@ > anna@example.ch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_correction_is_kept_beside_the_file),
        cmocka_unit_test(alike_errors_are_corrected_and_taken_back_at_once),
        cmocka_unit_test(what_is_not_there_is_refused_by_its_name),
        cmocka_unit_test(another_tenants_are_not_there),
        cmocka_unit_test(a_commit_reads_them_and_ends_them),
        cmocka_unit_test(other_columns_leave_them_there),
    };
    pg_start("import_correction");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
