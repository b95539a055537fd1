/* The first page of a PDF as a small picture, and what cannot be one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "paper/pdf_thumb.h"

#include <cairo-pdf.h>
#include <string.h>

static struct arena *arena;
static struct ctx c;

static cairo_status_t take(void *of, const unsigned char *bytes, unsigned n)
{
    buf_put(of, bytes, n);
    return CAIRO_STATUS_SUCCESS;
}

/* A page all black. */
static struct str page_of(double width, double height)
{
    struct buf b = buf_in(arena);
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(take, &b, width, height);
    cairo_t *to = cairo_create(s);
    cairo_paint(to);
    cairo_destroy(to);
    cairo_surface_destroy(s);
    return buf_str(&b);
}

struct source {
    struct str left;
};

static cairo_status_t give(void *of, unsigned char *to, unsigned n)
{
    struct source *s = of;
    if (n > s->left.n)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(to, s->left.p, n);
    s->left = (struct str){ s->left.p + n, s->left.n - n };
    return CAIRO_STATUS_SUCCESS;
}

static void is_drawn(double width, double height, int w, int h)
{
    struct str png;
    assert_int_equal(pdf_thumb(&c, page_of(width, height), &png), OK);
    struct source from = { png };
    cairo_surface_t *s = cairo_image_surface_create_from_png_stream(give, &from);
    assert_int_equal(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
    assert_int_equal(cairo_image_surface_get_width(s), w);
    assert_int_equal(cairo_image_surface_get_height(s), h);
    const unsigned char *middle =
        cairo_image_surface_get_data(s) + h / 2 * cairo_image_surface_get_stride(s) + w / 2 * 4;
    assert_true(middle[0] < 8 && middle[1] < 8 && middle[2] < 8);
    cairo_surface_destroy(s);
}

static void any_page_fits(void **state)
{
    (void)state;
    is_drawn(595.28, 841.89, 159, 226);
    is_drawn(841.89, 595.28, 160, 113);
    is_drawn(100, 14000, 1, 226);
}

static void what_is_none_is_refused(void **state)
{
    struct str png, whole = page_of(300, 300);
    const struct str none[] = { STR(""), STR("%PDF-1.4\n%%EOF\n"), STR("<svg/>"), { whole.p, 40 } };
    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(pdf_thumb(&c, none[i], &png), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_page_fits),
        cmocka_unit_test(what_is_none_is_refused),
    };
    arena = arena_new((size_t)256 << 20);
    c.arena = arena;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
