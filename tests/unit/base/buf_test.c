/* The growing buffer and what it escapes. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static int make(void **state)
{
    *state = arena_new((size_t)8 * 1024 * 1024);
    return 0;
}

static int drop(void **state)
{
    arena_free(*state);
    return 0;
}

static void grows(void **state)
{
    struct buf b = buf_in(*state);
    assert_null(b.p);
    assert_string_equal(buf_str(&b).p, "");
    for (int i = 0; i < 100000; i++) {
        buf_putc(&b, (char)('a' + i % 26));
        assert_int_equal(b.p[b.n], '\0');
    }
    assert_int_equal(b.n, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.p[i], 'a' + i % 26);
}

static void takes_any_bytes(void **state)
{
    struct buf b = buf_in(*state);
    buf_put(&b, "", 0);
    assert_string_equal(b.p, "");
    buf_put(&b, "a\0b", 3);
    buf_puts(&b, "c");
    assert_true(str_eq(buf_str(&b), STR("a\0bc")));
    assert_false(str_eq(buf_str(&b), STR("a\0bd")));
    assert_true(str_eq(str_of(NULL), str_of("")));
}

/* Lengths around the first capacity, where a NUL more is needed than bytes. */
static void prints_at_the_edge(void **state)
{
    for (int width = 250; width < 262; width++) {
        struct buf b = buf_in(*state);
        buf_printf(&b, "%*d", width, 7);
        buf_printf(&b, "%s", "");
        assert_int_equal(b.n, width);
        assert_int_equal(strlen(b.p), width);
        assert_int_equal(b.p[width - 1], '7');
    }
}

static void escapes_html(void **state)
{
    struct buf b = buf_in(*state);
    buf_html(&b, "<a href=\"x\">'&`é</a>", strlen("<a href=\"x\">'&`é</a>"));
    assert_string_equal(b.p, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#96;é&lt;/a&gt;");
}

static void escapes_urls(void **state)
{
    struct buf b = buf_in(*state);
    buf_url(&b, "aZ09-._~ /?&=%é\n", strlen("aZ09-._~ /?&=%é\n"));
    assert_string_equal(b.p, "aZ09-._~%20%2F%3F%26%3D%25%C3%A9%0A");
}

static void escapes_html_of_any_length(void **state)
{
    (void)state;
    struct arena *a = arena_new((size_t)1 << 20);
    for (size_t n = 1020; n < 1030; n++) {
        struct buf in = buf_in(a), out = buf_in(a);
        for (size_t i = 0; i < n; i++)
            buf_putc(&in, '"');
        buf_html(&out, in.p, n);
        assert_int_equal(out.n, 6 * n);
        assert_int_equal(strlen(out.p), 6 * n);
        assert_string_equal(out.p + 6 * (n - 1), "&quot;");
    }
    struct buf empty = buf_in(a);
    buf_html(&empty, "", 0);
    assert_string_equal(empty.p, "");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(takes_any_bytes),
        cmocka_unit_test(prints_at_the_edge),
        cmocka_unit_test(escapes_html),
        cmocka_unit_test(escapes_html_of_any_length),
        cmocka_unit_test(escapes_urls),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
