/* The JSON gate: what passes, what does not, and what comes out. */
#include "base/json.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static enum err parse(struct str text, struct json_object **out, const char **why)
{
    return json_parse(arena, text, &json_request_limits, out, why);
}

static void takes(void **state)
{
    static const char *const good[] = { "{}",
                                        "[]",
                                        " {\"a\" : [1, -2.5e3, true, false, null, \"x\"] } ",
                                        "\"\\u00e9\\ud83d\\ude00\\n\\/\"",
                                        "0",
                                        "-0.5",
                                        "12345678901234567",
                                        "1e308",
                                        "null",
                                        "{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
                                        "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
                                        "\"\xc3\xa9\xf0\x9f\x98\x80\"" };
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct json_object *value;
        const char *why = "";
        if (parse(str_of(good[i]), &value, &why) != OK)
            fail_msg("%s: %s", good[i], why);
    }
}

static void refuses(void **state)
{
    const struct {
        struct str text;
        const char *why;
    } bad[] = {
        { STR(""), "value expected at byte 0" },
        { STR("{\"a\":1,\"a\":2}"), "duplicate key before at byte 10" },
        { STR("{\"a\":1,\"\\u0061\":2}"), "duplicate key" },
        { STR("{'a':1}"), "key in double quotes" },
        { STR("'a'"), "value expected" },
        { STR("NaN"), "value expected" },
        { STR("[-Infinity]"), "value expected" },
        { STR("\"a\nb\""), "control character at byte 2" },
        { STR("\"a\\u0000b\""), "NUL escape" },
        { STR("\"a\0b\""), "control character" },
        { STR("\"\\ud800\""), "lone surrogate" },
        { STR("\"\\ud800\\u0041\""), "lone surrogate" },
        { STR("\"\\udc00\""), "lone surrogate" },
        { STR("\"\xc0\xaf\""), "bad UTF-8 at byte 1" },
        { STR("\"\xed\xa0\x80\""), "bad UTF-8" },
        { STR("\"\xf4\x90\x80\x80\""), "bad UTF-8" },
        { STR("123456789012345678"), "17 digits" },
        { STR("1e309"), "out of range" },
        { STR("1e-99999999999999999999"), "out of range" },
        { STR("99e308"), "out of range" },
        { STR("01"), "leading zero" },
        { STR("1."), "digit expected" },
        { STR(".5"), "value expected" },
        { STR("+1"), "value expected" },
        { STR("1e"), "digit expected" },
        { STR("{} {}"), "text after the value at byte 3" },
        { STR("{}\0"), "text after" },
        { STR("[1,]"), "value expected" },
        { STR("{\"a\":1,}"), "key in double quotes" },
        { STR("{\"a\" 1}"), "colon" },
        { STR("[1 2]"), "comma" },
        { STR("[1"), "comma" },
        { STR("\"a"), "unfinished" },
        { STR("\"\\x\""), "unknown escape" },
        { STR("\"\\u12g4\""), "bad \\u escape" },
        { STR("tru"), "value expected" },
        { STR("/* c */ 1"), "value expected" },
        { STR("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"), "too deep" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json_object *value;
        const char *why = "";
        if (parse(bad[i].text, &value, &why) != ERR_INVALID)
            fail_msg("accepted: %s", bad[i].text.p);
        if (!strstr(why, bad[i].why))
            fail_msg("%s: \"%s\" is not \"%s\"", bad[i].text.p, why, bad[i].why);
    }
}

static void keeps_limits(void **state)
{
    struct buf many = buf_in(arena), longest = buf_in(arena);
    struct json_object *value;
    const char *why;
    (void)state;
    buf_putc(&many, '[');
    for (int i = 0; i < 9999; i++)
        buf_puts(&many, i ? ",1" : "1");
    buf_putc(&many, ']');
    assert_int_equal(parse(buf_str(&many), &value, &why), OK);
    many.n--;
    buf_puts(&many, ",1]");
    assert_int_equal(parse(buf_str(&many), &value, &why), ERR_INVALID);
    assert_non_null(strstr(why, "too many values"));
    buf_putc(&longest, '"');
    for (size_t i = 0; i < json_request_limits.string; i++)
        buf_putc(&longest, 'x');
    buf_putc(&longest, '"');
    assert_int_equal(parse(buf_str(&longest), &value, &why), OK);
    longest.n--;
    buf_puts(&longest, "x\"");
    assert_int_equal(parse(buf_str(&longest), &value, &why), ERR_INVALID);
    assert_non_null(strstr(why, "string too long"));
}

/* `text` with each @ as a string that is one byte too long. */
static const char *path_in(const char *text)
{
    struct buf b = buf_in(arena);
    struct json_object *value;
    const char *why = "";
    struct json_over over = { .path = "unset" };
    for (const char *p = text; *p; p++)
        for (size_t i = 0; i < (*p == '@' ? json_request_limits.string + 1 : 1); i++)
            buf_putc(&b, *p == '@' ? 'x' : *p);
    assert_int_equal(json_parse_told(arena, buf_str(&b), &json_request_limits, &value, &why, &over),
                     ERR_INVALID);
    if (over.path)
        assert_string_equal(over.says, "is longer than 64 KiB");
    return over.path ? over.path : "none";
}

static void names_the_string_that_is_too_long(void **state)
{
    (void)state;
    assert_string_equal(path_in("{\"a\":1,\"note\":\"@\",\"c\":2}"), "note");
    assert_string_equal(path_in("{\"rows\":[{},{\"n\\u006fte\":\"@\"}]}"), "rows[1].note");
    assert_string_equal(path_in("[[0,\"@\"]]"), "[0][1]");
    assert_string_equal(
        path_in("{\"an unknown key that is itself longer than any path may well hold, as it has "
                "no end\":{\"b\":\"@\"}}"),
        "….b");
    assert_string_equal(path_in("\"@\""), "none");
    assert_string_equal(path_in("{\"@\":1}"), "none");
    assert_string_equal(path_in("{\"a\":\"x"), "none");
    assert_string_equal(path_in("{\"a\":\"@\\"), "a");
}

/* `text` with each @ as so many numbers that they are one too many with what stands around. */
static struct json_over many_in(const char *text)
{
    struct buf b = buf_in(arena);
    struct json_object *value;
    const char *why = "";
    struct json_over over;
    for (const char *p = text; *p; p++)
        for (int i = 0; i < (*p == '@' ? 10000 : 1); i++)
            buf_printf(&b, "%s%c", *p == '@' && i ? "," : "", *p == '@' ? '1' : *p);
    assert_int_equal(json_parse_told(arena, buf_str(&b), &json_request_limits, &value, &why, &over),
                     ERR_INVALID);
    return over;
}

static void names_what_holds_too_many_values(void **state)
{
    (void)state;
    assert_string_equal(many_in("{\"a\":1,\"ids\":[@]}").path, "ids");
    assert_string_equal(many_in("{\"ids\":[@]}").says,
                        "has too many values (at most 10000 in all)");
    assert_string_equal(many_in("{\"rows\":[{},{\"n\":[@]}]}").path, "rows");
    assert_string_equal(many_in("[@]").path, "");
    assert_null(many_in("{\"a\":[1,]}").path);
}

static void finds_a_duplicate_among_many(void **state)
{
    struct buf b = buf_in(arena);
    struct json_object *value;
    const char *why;
    (void)state;
    for (int i = 0; i < 3000; i++)
        buf_printf(&b, "%s\"k%d\":{\"k1\":1}", i ? "," : "{", i);
    buf_puts(&b, "}");
    assert_int_equal(parse(buf_str(&b), &value, &why), OK);
    b.n--;
    buf_puts(&b, ",\"k1700\":0}");
    assert_int_equal(parse(buf_str(&b), &value, &why), ERR_INVALID);
}

static void writes_what_was_set(void **state)
{
    struct json_object *o = json_own(arena, json_object_new_object());
    struct buf b = buf_in(arena);
    (void)state;
    json_set_text(o, "text", "a/\"é");
    json_set_text(o, "none", NULL);
    json_set_int(o, "n", 9007199254740993);
    json_set_bool(o, "yes", true);
    json_set(o, "list", json_object_new_array());
    json_write(&b, o);
    assert_string_equal(b.p, "{\"text\":\"a/\\\"é\",\"none\":null,\"n\":9007199254740993,"
                             "\"yes\":true,\"list\":[]}");
    assert_string_equal(json_text(o, "text"), "a/\"é");
    assert_null(json_text(o, "n"));
    assert_null(json_text(o, "absent"));
    assert_null(json_text(NULL, "text"));
    assert_non_null(json_get(o, "list"));
}

/* Ours writes what json-c writes. */
static void writes_what_was_written(void **state)
{
    (void)state;
    struct buf b = buf_in(arena);
    struct json_object *o = json_own(arena, json_object_new_object());
    json_set(o, "list", json_written(arena, STR("[1,{\"a\":null}]")));
    json_set_int(o, "n", 2);
    json_write(&b, o);
    assert_string_equal(b.p, "{\"list\":[1,{\"a\":null}],\"n\":2}");
}

static void writes_like_json_c(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a\\u0001\\u001f\\b\\f\\n\\r\\t\\\\\\/\\u007f\":[[],{},null,true,false]}",
        "[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615,1.50,-2e10]",
        "\"\"",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct buf b = buf_in(arena);
        struct json_object *o = json_own(arena, json_tokener_parse(texts[i]));
        json_write(&b, o);
        assert_string_equal(b.p, json_object_to_json_string_ext(
                                     o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        assert_int_equal(b.n, strlen(b.p));
    }
}

static void utf8(void **state)
{
    char four[4];
    (void)state;
    assert_int_equal(utf8_length(STR("aé😀")), 3);
    assert_int_equal(utf8_put(0x1f600, four), 4);
    assert_memory_equal(four, "😀", 4);
    assert_true(utf8_valid(STR("é")));
    assert_false(utf8_valid(STR("\xc3")));
    assert_false(utf8_valid(STR("\x80")));
    assert_false(utf8_valid(STR("\xe0\x80\xaf")));
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new((size_t)8 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_the_string_that_is_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_what_holds_too_many_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_a_duplicate_among_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_what_was_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_what_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_like_json_c, set_up, tear_down),
        cmocka_unit_test_setup_teardown(utf8, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
