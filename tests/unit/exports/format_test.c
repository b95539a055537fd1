/* Cells and lines of exports: formulas, quotes, ends of lines, Unicode, nulls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exports/format.h"

static const char *cell(const char *text, size_t n)
{
    static struct arena *a;
    if (!a)
        a = arena_new(1 << 20);
    struct buf b = buf_in(a);
    cell_put(&b, text, n);
    return b.p;
}

#define CELL(literal) cell(literal, sizeof(literal) - 1)

static void plain_texts_are_quoted(void **state)
{
    (void)state;
    assert_string_equal(CELL(""), "\"\"");
    assert_string_equal(CELL("Lindenhof 12"), "\"Lindenhof 12\"");
    assert_string_equal(CELL("a,b;c"), "\"a,b;c\"");
    assert_string_equal(CELL("Zoë 李 😀"), "\"Zoë 李 😀\"");
    assert_string_equal(CELL("say \"hi\""), "\"say \"\"hi\"\"\"");
    assert_string_equal(CELL("\""), "\"\"\"\"");
    assert_string_equal(CELL("two\r\nlines"), "\"two\r\nlines\"");
    assert_string_equal(CELL("1+1=2"), "\"1+1=2\"");
}

static void formulas_are_defused(void **state)
{
    (void)state;
    assert_string_equal(CELL("=1+1"), "\"'=1+1\"");
    assert_string_equal(CELL("+41 44 000"), "\"'+41 44 000\"");
    assert_string_equal(CELL("-1"), "\"'-1\"");
    assert_string_equal(CELL("@SUM(A1)"), "\"'@SUM(A1)\"");
    assert_string_equal(CELL("\tx"), "\"'\tx\"");
    assert_string_equal(CELL("\rx"), "\"'\rx\"");
    assert_string_equal(CELL("\n=x"), "\"'\n=x\"");
    assert_string_equal(CELL("  =1"), "\"'  =1\"");
    assert_string_equal(CELL("\xef\xbb\xbf=1"), "\"'\xef\xbb\xbf=1\"");
    assert_string_equal(CELL("＝1"), "\"'＝1\"");
    assert_string_equal(CELL("＋1"), "\"'＋1\"");
    assert_string_equal(CELL("－1"), "\"'－1\"");
    assert_string_equal(CELL("＠1"), "\"'＠1\"");
    assert_string_equal(CELL("=\"a\""), "\"'=\"\"a\"\"\"");
    assert_string_equal(CELL("   "), "\"   \"");
    assert_string_equal(CELL("\xef\xbc"), "\"\xef\xbc\"");
    assert_memory_equal(CELL("\0=1"), "\"'\0=1\"", 6);
}

/* A row as Postgres gives it; NULL is null. */
static PGresult *row_of(const char *const *values)
{
    static const Oid types[] = { 25, 25, 25, 25, 1184, 1184, 1184, 1184, 25, 25, 25, 25 };
    static char name[] = "c";
    PGresAttDesc columns[12];
    PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    for (int i = 0; i < 12; i++)
        columns[i] = (PGresAttDesc){ .name = name, .typid = types[i] };
    assert_true(PQsetResultAttrs(r, 12, columns));
    for (int i = 0; i < 12; i++) {
        char value[100];
        snprintf(value, sizeof(value), "%s", values[i] ? values[i] : "");
        assert_true(
            PQsetvalue(r, 0, i, values[i] ? value : NULL, values[i] ? (int)strlen(value) : -1));
    }
    return r;
}

static const char *line(const char *format, const char *const *values)
{
    static struct arena *a;
    if (!a)
        a = arena_new(1 << 20);
    struct buf b = buf_in(a);
    PGresult *r = row_of(values);
    export_format_of("communications", format)->row(&b, "Haus \"A\"", r);
    PQclear(r);
    return b.p;
}

static void lines_have_all_columns(void **state)
{
    (void)state;
    static const char *const full[] = { "-1",
                                        "EMAIL",
                                        "Bill, 2025",
                                        "SENT",
                                        "2026-05-12 10:04:11.123456+00",
                                        "2026-05-12 10:04:12+00",
                                        NULL,
                                        NULL,
                                        "<x@y>",
                                        "SENT",
                                        "=called; twice",
                                        "a.pdf" };
    static const char *const empty[12] = { "1", "SMS", "", "DRAFT" };
    static const char *const lists[12] = { "1", "SMS", "a\nb", "DRAFT", [10] = "[\"a\", \"b\"]" };
    assert_string_equal(
        line("csv", full),
        "\"Haus \"\"A\"\"\",\"'-1\",EMAIL,\"Bill, 2025\",SENT,2026-05-12T10:04:11.123Z,"
        "2026-05-12T10:04:12.000Z,,,\"<x@y>\",SENT,\"'=called; twice\",\"a.pdf\"\r\n");
    assert_string_equal(line("csv", empty), "\"Haus \"\"A\"\"\",\"1\",SMS,\"\",DRAFT,,,,,,,,\r\n");
    assert_string_equal(
        line("jsonl", lists),
        "{\"building\":\"Haus \\\"A\\\"\",\"unitNumber\":\"1\",\"channel\":\"SMS\",\"subject\":"
        "\"a\\nb\",\"status\":\"DRAFT\",\"queuedAt\":null,\"sentAt\":null,\"deliveredAt\":null,"
        "\"openedAt\":null,\"providerMessageId\":null,\"lastEventType\":null,\"manualNotes\":"
        "[\"a\", \"b\"],\"attachments\":[]}\n");
}

static void the_head_names_the_columns(void **state)
{
    (void)state;
    assert_string_equal(export_format_of("communications", "csv")->head,
                        "\xef\xbb\xbf"
                        "building,unitNumber,channel,subject,status,queuedAt,sentAt,deliveredAt,"
                        "openedAt,providerMessageId,lastEventType,manualNotes,attachments\r\n");
    assert_string_equal(export_format_of("communications", "jsonl")->head, "");
    assert_null(export_format_of("communications", "xlsx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_texts_are_quoted),
        cmocka_unit_test(formulas_are_defused),
        cmocka_unit_test(lines_have_all_columns),
        cmocka_unit_test(the_head_names_the_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
