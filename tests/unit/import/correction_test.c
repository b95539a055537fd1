/* Files read with corrections, and languages a message is not there in. */
#include "import/scan.h"

#include "base/crypto.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HEADER "building_code,unit,name,email,delivery,subject,reference,Email 2\n"
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct arena *a;
static struct import_options options;
static struct import_row taken[8];
static size_t taken_count;

static int set_up(void **state)
{
    (void)state;
    crypto_init();
    a = arena_new(64 << 20);
    options = (struct import_options){ .file_name = "bills.csv" };
    taken_count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static enum err take(void *to, const struct import_row *row, const struct attachment *file)
{
    (void)to;
    (void)file;
    assert_true(taken_count < COUNT(taken));
    taken[taken_count] = *row;
    for (int f = 0; f < IMPORT_FIELDS; f++)
        taken[taken_count].text[f] = arena_strdup(a, row->text[f]);
    taken_count++;
    return OK;
}

static struct json_object *scan(const char *text)
{
    static const struct attachments none;
    struct json_object *doc = NULL;
    struct csv_file file = { .bytes = str_of(text) };
    assert_int_equal(import_scan(a, &options, &file, &none, take, NULL, &doc), OK);
    return doc;
}

static struct json_object *corrected(const char *text, struct import_correction *list, size_t n)
{
    options.corrections = list;
    options.correction_count = n;
    taken_count = 0;
    return scan(text);
}

static int64_t number(struct json_object *doc, const char *key)
{
    return json_object_get_int64(json_get(doc, key));
}

static struct json_object *error_at(struct json_object *doc, size_t i)
{
    return json_object_array_get_idx(json_get(doc, "errors"), i);
}

static void a_corrected_cell_is_read_in_its_place(void **state)
{
    (void)state;
    static const char text[] = HEADER "B1,1,Anna, x@ ,email,Bill 2024,R1\n\n"
                                      "B1,2,\"Ben\nB\",b@b.ch,by pigeon,Bill 2024,R2\n";
    struct json_object *doc = scan(text), *e = error_at(doc, 0);
    assert_int_equal(number(doc, "errorCount"), 3);
    assert_string_equal(json_text(e, "field"), "email");
    assert_string_equal(json_text(e, "unit"), "1");
    assert_string_equal(json_text(e, "recipient"), "Anna");
    struct import_correction list[] = {
        { .line = 2, .column = "email", .value = "anna@example.ch" },
        { .line = 4, .column = "name", .value = "Ben" },
        { .line = 4, .column = "delivery", .value = "email" },
    };
    doc = corrected(text, list, COUNT(list));
    assert_int_equal(number(doc, "errorCount"), 0);
    assert_int_equal(taken_count, 2);
    assert_string_equal(taken[0].text[COLUMN_EMAIL], "anna@example.ch");
    assert_string_equal(taken[1].text[COLUMN_RECIPIENT_NAME], "Ben");
    assert_string_equal(list[0].was, "x@");
    assert_string_equal(list[1].was, "Ben B");
    assert_false(list[0].idle || list[1].idle);
}

/* A value that is wrong in another way, an empty one, and one of a cell the row ends before. */
static void a_corrected_row_is_checked_again(void **state)
{
    (void)state;
    static const char text[] = HEADER "B1,1,Anna,a@b.ch,email,Bill 2024\n"
                                      "B1,2,Ben,b@b.ch,email,Bill 2024\n";
    struct import_correction list[] = {
        { .line = 2, .column = "email", .value = "" },
        { .line = 3, .column = "email", .value = "still@" },
        { .line = 3, .column = "Email 2", .value = "of no field" },
        { .line = 3, .column = "reference", .value = "R9" },
    };
    struct json_object *doc = corrected(text, list, COUNT(list));
    assert_int_equal(number(doc, "errorCount"), 2);
    assert_string_equal(json_text(error_at(doc, 0), "value"), "");
    assert_string_equal(json_text(error_at(doc, 1), "value"), "still@");
    assert_string_equal(list[2].was, "");
    list[1].value = "ben@example.ch";
    doc = corrected(text, list, COUNT(list));
    assert_int_equal(number(doc, "errorCount"), 1);
    assert_string_equal(taken[0].text[COLUMN_REFERENCE], "R9");
}

static void rows_are_held_against_each_other_as_corrected(void **state)
{
    (void)state;
    static const char text[] = HEADER "B1,1,Anna,a@b.ch,email,Bill 2024,R1\n"
                                      "B1,1,Anna,a@b.ch,email,Bill 2024,R1\n"
                                      "B1,2,Ben,b@b.ch,email,Bill 2024,R2\n";
    assert_int_equal(number(scan(text), "errorCount"), 1);
    struct import_correction apart[] = { { .line = 3, .column = "reference", .value = "R3" } };
    assert_int_equal(number(corrected(text, apart, 1), "errorCount"), 0);
    struct import_correction alike[] = { { .line = 3, .column = "reference", .value = "R3" },
                                         { .line = 4, .column = "unit", .value = "1" },
                                         { .line = 4, .column = "reference", .value = "R3" } };
    struct json_object *doc = corrected(text, alike, COUNT(alike));
    assert_int_equal(number(doc, "errorCount"), 1);
    assert_int_equal(number(error_at(doc, 0), "line"), 4);
    assert_non_null(strstr(json_text(error_at(doc, 0), "reason"), "Line 3 already"));
}

static void what_meets_no_row_is_told(void **state)
{
    (void)state;
    static const char text[] = HEADER "\nB1,1,Anna,a@b.ch,email,Bill 2024,R1\n,,,,,,\n";
    struct import_correction list[] = {
        { .line = 1, .column = "email", .value = "x" },
        { .line = 2, .column = "email", .value = "x" },
        { .line = 3, .column = "Fax", .value = "x" },
        { .line = 3, .column = "email", .value = "a@b.ch" },
        { .line = 4, .column = "email", .value = "x" },
        { .line = 99, .column = "email", .value = "x" },
    };
    assert_int_equal(number(corrected(text, list, COUNT(list)), "errorCount"), 0);
    for (size_t i = 0; i < COUNT(list); i++)
        assert_true((list[i].was != NULL) == (i == 3));
    assert_true(list[3].idle);
}

/* A value is shown whole up to what the longest field takes. */
static void what_is_shown_of_a_cell_has_an_end(void **state)
{
    (void)state;
    struct buf subject = buf_in(a);
    for (int i = 0; i < 401; i++)
        buf_puts(&subject, "ü");
    const char *text = arena_printf(a, "%sB1,1,Anna,a@b.ch,email,%s,R1\n", HEADER, subject.p);
    const char *value = json_text(error_at(scan(text), 0), "value");
    assert_int_equal(strlen(value), 800 + strlen("…"));
    assert_string_equal(value + 800, "…");
    value = cell_shown(a, (struct str){ subject.p, 800 });
    assert_int_equal(strlen(value), 800);
}

#define SPOKEN "building_code,unit,name,email,delivery,subject,language\n"

static void a_language_without_a_message_is_told(void **state)
{
    (void)state;
    static const char *const three[] = { "de", "en", "fr", NULL }, *const one[] = { "en", NULL };
    static const struct message_kind there[] = { { "notice", one },
                                                 { "statement", three },
                                                 { .name = NULL } };
    options.messages = there;
    struct json_object *doc = scan(SPOKEN "B1,1,A,a@b.ch,email,Bill 2024,xx\n"
                                          "B1,2,A,a@b.ch,email,Bill 2024,IT-ch\n"
                                          "B1,3,A,a@b.ch,email,Bill 2024,de\n"
                                          "B1,4,A,a@b.ch,email,Bill 2024,italiano\n"
                                          "B1,5,A,a@b.ch,email,Bill 2024,\n");
    assert_int_equal(number(doc, "errorCount"), 1);
    struct json_object *e = error_at(doc, 0);
    assert_int_equal(number(e, "line"), 2);
    assert_string_equal(json_text(e, "column"), "language");
    assert_string_equal(json_text(e, "value"), "xx");
    assert_string_equal(json_text(e, "reason"),
                        "This is not a language: write its code, as in de or fr. Messages are "
                        "there in de, en, fr.");
    struct json_object *warnings = json_get(doc, "warnings");
    assert_int_equal(json_object_array_length(warnings), 1);
    assert_string_equal(json_object_get_string(json_object_array_get_idx(warnings, 0)),
                        "“it” is the language of 2 rows, the first on line 3, but the message "
                        "“statement” is there in de, en, fr only: it is written in English.");
    doc = scan("building_code,unit,name,email,delivery,subject,language,template\n"
               "B1,3,A,a@b.ch,email,Bill 2024,de,notice\n"
               "B1,4,A,a@b.ch,email,Bill 2024,en,notice\n");
    assert_int_equal(number(doc, "errorCount"), 0);
    assert_string_equal(
        json_object_get_string(json_object_array_get_idx(json_get(doc, "warnings"), 0)),
        "“de” is the language of line 2, but the message “notice” is there in en only: it is "
        "written in English.");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_corrected_cell_is_read_in_its_place),
        TEST(a_corrected_row_is_checked_again),
        TEST(rows_are_held_against_each_other_as_corrected),
        TEST(what_meets_no_row_is_told),
        TEST(what_is_shown_of_a_cell_has_an_end),
        TEST(a_language_without_a_message_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
