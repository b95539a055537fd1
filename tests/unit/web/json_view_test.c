/* JSON as pages show it: keys in order, every digit kept, folded, bounded; and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "web/json_view.h"

#include <string.h>

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new((size_t)64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct json_object *view(const char *text)
{
    int left = JSON_VIEW_PAGE;
    return json_view(a, str_of(text), NULL, &left);
}

static void put(struct buf *b, struct json_object *members)
{
    for (size_t i = 0; members && i < json_object_array_length(members); i++) {
        struct json_object *n = json_object_array_get_idx(members, i);
        if (json_text(n, "key"))
            buf_printf(b, "%s:", json_text(n, "key"));
        if (json_text(n, "text"))
            buf_puts(b, json_text(n, "text"));
        if (json_text(n, "opens"))
            buf_puts(b, json_text(n, "opens"));
        put(b, json_get(n, "members"));
        if (json_text(n, "closes"))
            buf_puts(b, json_text(n, "closes"));
        buf_puts(b, json_text(n, "comma"));
    }
}

/* All that is shown, as it reads. */
static const char *read_off(struct json_object *of)
{
    struct buf b = buf_in(a);
    put(&b, json_get(of, "members"));
    return b.p;
}

static struct json_object *outermost(struct json_object *of)
{
    return json_object_array_get_idx(json_get(of, "members"), 0);
}

static void keys_stand_in_order_and_digits_stay(void **state)
{
    (void)state;
    assert_string_equal(
        read_off(view(" {\"b\": [1, {\"z\": null, \"y\": true}], \"a\\n\": \"q\\\"\\u00e9\","
                      " \"ab\": 12345678901234567890123, \"aa\": 1.10, \"c\": {}, \"d\": []} ")),
        "{\"a\\n\":\"q\\\"\\u00e9\",\"aa\":1.10,\"ab\":12345678901234567890123,"
        "\"b\":[1,{\"y\":true,\"z\":null}],\"c\":{},\"d\":[]}");
    assert_string_equal(read_off(view("[-0, 1e300, 9007199254740993]")),
                        "[-0,1e300,9007199254740993]");
}

static void what_is_none_is_not_shown(void **state)
{
    static const char *const none[] = { "",      " ",     "1",     "{}",          "[]",
                                        "{",     "[1",    "[1,]",  "{\"a\"}",     "{\"a\":}",
                                        "{a:1}", "[1] 2", "[nul]", "{\"a\":1,}",  "[\"",
                                        "[\"\\", "[1 2]", "a=b&c", "{\"a\":\"b}", "[.]" };
    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (view(none[i]))
            fail_msg("%s is shown", none[i]);
}

static const char *list_of(int n)
{
    struct buf b = buf_in(a);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s%d", i ? "," : "[", i);
    buf_puts(&b, "]");
    return b.p;
}

static int64_t of_list(struct json_object *node, const char *key)
{
    return json_object_get_int64(json_get(node, key));
}

static void what_is_large_is_cut_and_says_so(void **state)
{
    int left = 120;
    const char *list = list_of(600);
    (void)state;
    struct json_object *of =
        json_view(a, str_of(arena_printf(a, "{\"a\": %s, \"b\": 1}", list)), NULL, &left);
    struct json_object *members = json_get(outermost(of), "members");
    struct json_object *cut = json_object_array_get_idx(members, 0);
    assert_int_equal(json_object_array_length(members), 2);
    assert_int_equal(json_object_array_length(json_get(cut, "members")), 100);
    assert_int_equal(of_list(cut, "more"), 500);
    assert_int_equal(of_list(cut, "count"), 600);
    assert_int_equal(left, 17);
    for (int i = 0; i < 2; i++) {
        of = json_view(a, str_of(list), NULL, &left);
        assert_int_equal(left, 0);
        assert_int_equal(of_list(outermost(of), "more"), i ? 600 : 584);
    }
}

static void a_document_has_its_own_limit(void **state)
{
    struct buf b = buf_in(a);
    int left = JSON_VIEW_PAGE;
    (void)state;
    for (int i = 0; i < 10; i++)
        buf_printf(&b, "%s%s", i ? "," : "[", list_of(90));
    buf_puts(&b, "]");
    assert_non_null(json_view(a, buf_str(&b), NULL, &left));
    assert_int_equal(left, JSON_VIEW_PAGE - 400);
}

static void a_long_text_is_cut_between_characters(void **state)
{
    struct buf b = buf_in(a);
    (void)state;
    buf_puts(&b, "[\"x");
    for (int i = 0; i < 3000; i++)
        buf_puts(&b, "é");
    buf_puts(&b, "\"]");
    const char *text = read_off(view(b.p));
    assert_int_equal(strlen(text), 1 + 2000 + strlen("… [4003 further bytes]\"") + 1);
    assert_non_null(strstr(text, "é… [4003 further bytes]\"]"));
}

static void what_is_deep_is_one_text(void **state)
{
    struct buf b = buf_in(a);
    (void)state;
    for (int i = 0; i < 100; i++)
        buf_puts(&b, "[");
    buf_puts(&b, "7");
    for (int i = 0; i < 100; i++)
        buf_puts(&b, "]");
    assert_string_equal(read_off(view(b.p)), b.p);
    for (int i = 0; i < 200; i++)
        buf_puts(&b, "[");
    assert_null(view(b.p + 200));
}

static void a_member_can_be_left_out(void **state)
{
    int left = 10;
    (void)state;
    struct json_object *of =
        json_view(a, STR("{\"x\": {\"x\": 1}, \"y\": [2, 3], \"xx\": 2}"), "x", &left);
    assert_string_equal(read_off(of), "{\"xx\":2,\"y\":[2,3]}");
    assert_null(json_get(outermost(of), "more"));
    assert_int_equal(left, 5);
}

/* Objects and arrays are folded by themselves; what is small stands open. */
static void small_ones_stand_open(void **state)
{
    (void)state;
    struct json_object *of = view("{\"a\": [1,2,3,4,5,6,7,8,9,10,11,12,13], \"b\": [1]}");
    struct json_object *members = json_get(outermost(of), "members");
    assert_true(json_object_get_boolean(json_get(outermost(of), "open")));
    assert_false(json_object_get_boolean(json_get(json_object_array_get_idx(members, 0), "open")));
    assert_true(json_object_get_boolean(json_get(json_object_array_get_idx(members, 1), "open")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_stand_in_order_and_digits_stay),
        cmocka_unit_test(what_is_none_is_not_shown),
        cmocka_unit_test(what_is_large_is_cut_and_says_so),
        cmocka_unit_test(a_document_has_its_own_limit),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(what_is_deep_is_one_text),
        cmocka_unit_test(a_member_can_be_left_out),
        cmocka_unit_test(small_ones_stand_open),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
