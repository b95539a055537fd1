/* Whole files through the preview: formats, headers, and every kind of fault with its line. */
#include "import/scan.h"

#include "base/crypto.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HEADER                                                                                     \
    "building_code,unit_number,recipient_name,email,delivery_preference,subject,reference\n"
#define ROW "B1,1.01,Anna Meier,anna@example.ch,email,Bill 2024,R1\n"

static struct arena *a;
static struct import_options options;
static const struct attachments *files;

static int set_up(void **state)
{
    static const struct attachments none;
    (void)state;
    crypto_init();
    a = arena_new(64 << 20);
    options = (struct import_options){ .file_name = "bills.csv" };
    files = &none;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct json_object *scan(struct str text)
{
    struct json_object *doc = NULL;
    struct csv_file file = { .bytes = text };
    assert_int_equal(import_scan(a, &options, &file, files, NULL, NULL, &doc), OK);
    return doc;
}

static int64_t number(struct json_object *doc, const char *key)
{
    return json_object_get_int64(json_get(doc, key));
}

static struct json_object *error_at(struct json_object *doc, size_t i)
{
    return json_object_array_get_idx(json_get(doc, "errors"), i);
}

/* The only fault of a file: its line, the column's own header, the value and words of the reason.
 */
static void assert_fault(const char *text, int line, const char *column, const char *value,
                         const char *words)
{
    struct json_object *doc = scan(str_of(text)), *e = error_at(doc, 0);
    if (number(doc, "errorCount") != 1)
        fail_msg("%s: %s", text, json_object_to_json_string(json_get(doc, "errors")));
    assert_int_equal(number(e, "line"), line);
    assert_string_equal(json_text(e, "column"), column);
    assert_string_equal(json_text(e, "value"), value);
    if (!strstr(json_text(e, "reason"), words))
        fail_msg("%s", json_text(e, "reason"));
}

static void assert_good(struct str text, int rows)
{
    struct json_object *doc = scan(text);
    if (number(doc, "errorCount"))
        fail_msg("%s", json_object_to_json_string(json_get(doc, "errors")));
    assert_int_equal(number(doc, "rows"), rows);
    assert_int_equal(number(doc, "goodRows"), rows);
}

static void a_plain_file_is_counted(void **state)
{
    (void)state;
    struct json_object *doc = scan(STR(HEADER ROW "B1,1.02,Ben,,letter,Bill 2024,R2\n"
                                                  "B1,1.01,Anna,a@b.ch,email,Bill 2023,R1\n"));
    assert_int_equal(number(doc, "rows"), 3);
    assert_int_equal(number(doc, "errorCount"), 3); /* the letter has no address */
    assert_int_equal(number(doc, "badRows"), 1);
    assert_int_equal(number(doc, "units"), 1);
    assert_int_equal(number(json_get(doc, "channels"), "EMAIL"), 2);
    assert_null(json_get(json_get(doc, "channels"), "LETTER"));
    assert_string_equal(json_object_to_json_string_ext(json_get(doc, "years"), 0), "[2023,2024]");
    assert_string_equal(json_text(doc, "encoding"), "UTF-8");
    assert_string_equal(json_text(doc, "delimiter"), ",");
}

static void line_ends_and_delimiters_do_not_matter(void **state)
{
    (void)state;
    assert_good(STR("\xEF\xBB\xBF" HEADER ROW), 1);
    assert_good(STR("building;unit;name;email;versand;betreff\r\n"
                    "B1;1;\"Meier; Anna\";a@b.ch;email;Bill 2024\r\n\r\n"),
                1);
    assert_good(STR("building\tunit\tname\temail\tversand\tbetreff\r"
                    "B1\t1\tAnna\ta@b.ch\temail\tBill 2024\r"
                    "B1\t2\tAnna\ta@b.ch\temail\tBill 2024"),
                2);
    assert_good(STR("sep=|\nbuilding|unit|name|email|versand|betreff\n"
                    "B1|1|Anna|a@b.ch|email|Bill 2024\n"),
                1);
    assert_good(STR("building;unit;name;email;versand;betreff\n"
                    "B1;1;Anna;a@b.ch;email;Bill 2024;;\n"),
                1);
}

/* Excel writes what was once touched: rows of nothing, above, between and below. */
static void rows_of_nothing_are_none(void **state)
{
    (void)state;
    assert_good(STR("\r\n \r\nbuilding;unit;name;email;versand;betreff\r\n"
                    "B1;1;Meier;a@b.ch;email;Bill 2024\r\n"),
                1);
    assert_good(STR(";;;;;\nbuilding;unit;name;email;versand;betreff\n;;;;;\n"
                    "B1;1;Anna;a@b.ch;email;Bill 2024\n;;;;;\n; ;;\"\";;;;\n"),
                1);
}

/* A row that is left out for one of its channels does not take the others from a later one. */
static void a_row_left_out_is_no_ones_double(void **state)
{
    (void)state;
    struct json_object *doc = scan(
        STR("building;unit;name;email;phone;versand;betreff\n"
            "B1;1;A;a@b.ch;+41791234567;sms;Bill 2024\nB1;1;A;a@b.ch;+41791234567;email+sms;Bill "
            "2024\nB1;1;A;a@b.ch;+41791234567;email;Bill 2024\n"));
    assert_int_equal(number(doc, "errorCount"), 1);
    assert_int_equal(number(error_at(doc, 0), "line"), 3);
    assert_int_equal(number(doc, "goodRows"), 2);
}

static void sums_end_where_numbers_end(void **state)
{
    (void)state;
    struct buf text = buf_in(a);
    buf_puts(&text, "building;unit;name;email;versand;betreff;betrag;currency\n");
    for (int i = 0; i < 12; i++)
        buf_printf(&text, "B;%d;A;a@b.ch;email;X 2024;-999999999999999;BHD\n", i);
    assert_string_equal(
        json_object_to_json_string_ext(json_get(scan(buf_str(&text)), "amounts"), 0),
        "[{\"currency\":\"BHD\",\"minor\":-9223372036854775808}]");
}

static void encodings_are_found(void **state)
{
    (void)state;
    struct json_object *doc = scan(STR("building;unit;nom;email;versandart;objet\n"
                                       "B1;1;Andr\xE9 \x8A;a@b.ch;email;D\xE9"
                                       "compte 2023\n"));
    assert_string_equal(json_text(doc, "encoding"), "Windows-1252");
    assert_int_equal(number(doc, "goodRows"), 1);
    static const char narrow[] =
        "building;unit;name;email;versand;betreff\nB;1;A;a@b.ch;sms+email;2024\n";
    char wide[2 * sizeof(narrow)] = "\xFF\xFE";
    for (size_t i = 0; i + 1 < sizeof(narrow); i++)
        wide[2 + 2 * i] = narrow[i];
    doc = scan((struct str){ wide, 2 * sizeof(narrow) });
    assert_string_equal(json_text(doc, "encoding"), "UTF-16LE");
    assert_int_equal(number(doc, "rows"), 1);
    assert_string_equal(json_text(error_at(doc, 0), "column"), "phone");
}

static void every_fault_names_its_place(void **state)
{
    (void)state;
    assert_fault(HEADER ",1,Anna,a@b.ch,email,Bill 2024,R1\n", 2, "building_code", "", "empty");
    assert_fault(HEADER ROW "B1,,Anna,a@b.ch,email,Bill 2024,R1\n", 3, "unit_number", "", "empty");
    assert_fault(HEADER "B1,1,,a@b.ch,email,Bill 2024,R1\n", 2, "recipient_name", "", "empty");
    assert_fault(HEADER "B1,1,Anna,a@b.ch,,Bill 2024,R1\n", 2, "delivery_preference", "", "empty");
    assert_fault(HEADER "B1,1,Anna,a@b.ch,fax,Bill 2024,R1\n", 2, "delivery_preference", "fax",
                 "no way");
    assert_fault(HEADER "B1,1,Anna,,email,Bill 2024,R1\n", 2, "email", "", "needs an address");
    assert_fault(HEADER "B1,1,Anna,nobody,email,Bill 2024,R1\n", 2, "email", "nobody", "no");
    assert_fault(HEADER "B1,1,Anna,a@b.ch,sms,Bill 2024,R1\n", 2, "phone", "", "phone number");
    assert_fault(HEADER "B1,1,Anna,a@b.ch,email,Bill,R1\n", 2, "year", "", "year");
    assert_fault(HEADER ROW ROW, 3, "reference", "R1", "Line 2");
    assert_fault(HEADER "B1,1,\"Anna\nBcc: x\",a@b.ch,email,Bill 2024,R1\n", 2, "recipient_name",
                 "Anna Bcc: x", "line break");
    static const struct message_kind there[] = { { .name = "reminder" },
                                                 { .name = "statement" },
                                                 { .name = NULL } };
#define TEMPLATED                                                                                  \
    "building_code,unit_number,recipient_name,email,delivery_preference,subject,Vorlage\n"
    assert_fault(TEMPLATED "B1,1,Anna,a@b.ch,email,Bill 2024,reminder\n", 2, "Vorlage", "reminder",
                 "There are: statement.");
    options.messages = there;
    assert_good(STR(TEMPLATED "B1,1,Anna,a@b.ch,email,Bill 2024,reminder\n"), 1);
    assert_fault(TEMPLATED "B1,1,Anna,a@b.ch,email,Bill 2024,dunning\n", 2, "Vorlage", "dunning",
                 "There are: reminder, statement.");
    assert_fault(HEADER "\n\n" ROW "B1,1,\"Anna,a@b.ch,email,Bill 2024,R1\n" ROW, 5, "", "",
                 "never closed");
    assert_fault(HEADER "B1,1,Anna,a@b.ch,email,Bill, 2024,R1\n", 2, "", "R1", "more cells");
    assert_fault("\xEF\xBB\xBF" HEADER "B1,1,Ann\xFF,a@b.ch,email,Bill 2024,R1\n", 2,
                 "recipient_name", "Ann\xEF\xBF\xBD", "damaged");
}

static void money_and_dates_name_their_place(void **state)
{
    (void)state;
#define MONEY "Liegenschaft-Nr;Einheit;Name;E-Mail;Versandart;Betreff;Betrag;Währung;Fällig am\n"
    assert_good(STR(MONEY "B;1;A;a@b.ch;email;X 2024;-1.234,50;CHF;1.2.2025\n"), 1);
    assert_fault(MONEY "B;1;A;a@b.ch;email;X 2024;12,345;CHF;\n", 2, "Betrag", "12,345",
                 "two ways");
    assert_fault(MONEY "B;1;A;a@b.ch;email;X 2024;12,30;;\n", 2, "Währung", "", "currency");
    assert_fault(MONEY "B;1;A;a@b.ch;email;X 2024;12,30;CHR;\n", 2, "Währung", "CHR", "currency");
    assert_fault(MONEY "B;1;A;a@b.ch;email;X 2024;12;CHF;30.2.2025\n", 2, "Fällig am", "30.2.2025",
                 "no such day");
    struct json_object *doc = scan(STR(MONEY "B;1;A;a@b.ch;email;X 2024;2,50;CHF;\n"
                                             "B;2;A;a@b.ch;email;X 2024;-1,00;CHF;\n"));
    assert_string_equal(json_object_to_json_string_ext(json_get(doc, "amounts"), 0),
                        "[{\"currency\":\"CHF\",\"minor\":150}]");
}

static void what_is_no_csv_is_one_error(void **state)
{
    (void)state;
    assert_fault("", 1, "", "", "empty");
    assert_fault("PK\x03\x04zip", 1, "", "", "workbook");
    assert_fault("%PDF-1.4\n", 1, "", "", "PDF");
    struct json_object *doc = scan((struct str){ "a,b\0c\n1,2\n", 10 });
    assert_int_equal(number(doc, "errorCount"), 1);
    assert_false(json_object_get_boolean(json_get(doc, "ready")));
}

static void unknown_headers_are_asked_for_and_told(void **state)
{
    (void)state;
    static const char text[] = "Haus,Tür,Wer,Wie,Was,Adresse\nB1,1,Anna,email,Bill 2024,a@b.ch\n";
    struct json_object *doc = scan(STR(text));
    assert_int_equal(number(doc, "errorCount"), 5);
    assert_string_equal(json_text(error_at(doc, 0), "column"), "building_code");
    assert_int_equal(number(error_at(doc, 0), "line"), 1);
    assert_true(json_object_get_boolean(json_get(doc, "askColumns")));
    assert_int_equal(number(doc, "goodRows"), 0);
    options.choice.column[COLUMN_BUILDING_CODE] = "haus";
    options.choice.column[COLUMN_UNIT_NUMBER] = "Tür";
    options.choice.column[COLUMN_RECIPIENT_NAME] = "Wer";
    options.choice.column[COLUMN_DELIVERY_PREFERENCE] = "Wie";
    options.choice.column[COLUMN_SUBJECT] = "Was";
    options.choice.column[COLUMN_EMAIL] = "Adresse";
    assert_good(STR(text), 1);
    assert_fault("Haus,Tür,Wer,Wie,Was,Adresse\nB1,1,Anna,email,Bill 2024,x\n", 2, "Adresse", "x",
                 "no");
}

static void a_year_of_the_file_or_the_page(void **state)
{
    (void)state;
    static const char text[] = HEADER "B1,1,Anna,a@b.ch,email,Bill,R1\n";
    options.file_name = "statements-2022.csv";
    assert_string_equal(json_object_to_json_string_ext(json_get(scan(STR(text)), "years"), 0),
                        "[2022]");
    options.year = 2021;
    assert_string_equal(json_object_to_json_string_ext(json_get(scan(STR(text)), "years"), 0),
                        "[2021]");
}

static void errors_are_capped_and_counted(void **state)
{
    (void)state;
    struct buf text = buf_in(a);
    buf_puts(&text, HEADER);
    for (int i = 0; i < 1500; i++)
        buf_printf(&text, "B1,%d,Anna,,email,Bill 2024,R1\n", i);
    struct json_object *doc = scan(buf_str(&text));
    assert_int_equal(number(doc, "errorCount"), 1500);
    assert_int_equal(number(doc, "badRows"), 1500);
    assert_int_equal(json_object_array_length(json_get(doc, "errors")), FAULTS_KEPT);
}

static void a_guarded_formula_loses_its_quote(void **state)
{
    (void)state;
    assert_good(STR(HEADER "B1,'-1,'=Anna,a@b.ch,email,Bill 2024,R1\n"), 1);
    assert_fault(HEADER "B1,-1,A,a@b.ch,email,Bill 2024,R1\nB1,'-1,A,a@b.ch,email,Bill 2024,R1\n",
                 3, "reference", "R1", "Line 2");
}

/* The three files as customers send them, each with its zip. */
static void real_file(const char *name, const char *encoding, int rows, int communications)
{
    struct buf csv = buf_in(a), zip = buf_in(a);
    struct buf *to[] = { &csv, &zip };
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(arena_printf(a, "%s/../shared/data/billing/%s.%s", TEST_SOURCE_DIR, name,
                                     i ? "zip" : "csv"),
                        "rb");
        if (!f) {
            print_message("skipped: no ../shared/data/billing\n");
            skip();
        }
        size_t n = fread(buf_room(to[i], 1 << 20), 1, 1 << 20, f);
        to[i]->n = n;
        fclose(f);
    }
    struct attachments set;
    struct attachments_from from = { .zip = buf_str(&zip) };
    const char *why;
    assert_int_equal(attachments_list(a, &from, &set, &why), OK);
    files = &set;
    options.file_name = name;
    struct json_object *doc = scan(buf_str(&csv));
    if (number(doc, "errorCount"))
        fail_msg("%s", json_object_to_json_string(json_get(doc, "errors")));
    assert_int_equal(number(doc, "rows"), rows);
    assert_int_equal(number(doc, "units"), rows);
    assert_int_equal(number(doc, "communications"), communications);
    assert_string_equal(json_text(doc, "encoding"), encoding);
    for (size_t i = 0; i < set.n; i++)
        assert_true(set.at[i].used);
    struct attachments empty = { .given = true };
    files = &empty;
    assert_int_equal(number(scan(buf_str(&csv)), "errorCount"), set.n);
}

static void real_files_are_taken_as_they_are(void **state)
{
    (void)state;
    real_file("2023-windows1252", "Windows-1252", 12, 13);
    real_file("2024-excel-de", "UTF-8", 36, 38);
    real_file("2025-plain", "UTF-8", 36, 39);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plain_file_is_counted),           TEST(line_ends_and_delimiters_do_not_matter),
        TEST(rows_of_nothing_are_none),          TEST(a_row_left_out_is_no_ones_double),
        TEST(sums_end_where_numbers_end),        TEST(encodings_are_found),
        TEST(every_fault_names_its_place),       TEST(money_and_dates_name_their_place),
        TEST(what_is_no_csv_is_one_error),       TEST(unknown_headers_are_asked_for_and_told),
        TEST(a_year_of_the_file_or_the_page),    TEST(errors_are_capped_and_counted),
        TEST(a_guarded_formula_loses_its_quote), TEST(real_files_are_taken_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
