/* What PDFs of others say: their words, and nothing where there are none. */
#include "unit/paper/paper.h"

#include "paper/pdf_text.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

static cairo_status_t take(void *of, const unsigned char *bytes, unsigned n)
{
    buf_put(of, bytes, n);
    return CAIRO_STATUS_SUCCESS;
}

/* A page for each text; an empty one is all black. */
static struct str pages_of(const char *const *texts)
{
    struct buf b = buf_in(ctx.arena);
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(take, &b, 595, 842);
    cairo_t *to = cairo_create(s);
    for (; *texts; texts++) {
        PangoLayout *layout = pango_cairo_create_layout(to);
        pango_layout_set_text(layout, *texts, -1);
        if (**texts)
            pango_cairo_show_layout(to, layout);
        else
            cairo_paint(to);
        g_object_unref(layout);
        cairo_show_page(to);
    }
    cairo_destroy(to);
    cairo_surface_destroy(s);
    return buf_str(&b);
}

static const char *text_of(struct str pdf)
{
    const char *text;
    assert_int_equal(pdf_text(&ctx, pdf, &text), OK);
    return text;
}

static void all_pages_are_read(void **state)
{
    (void)state;
    const char *text =
        text_of(pages_of((const char *const[]){ "Zoë Müller", "LH-12-2025-003", NULL }));
    assert_non_null(strstr(text, "Zoë Müller\n"));
    assert_non_null(strstr(text, "LH-12-2025-003\n"));
}

static void a_picture_says_nothing(void **state)
{
    (void)state;
    const char *text = text_of(pages_of((const char *const[]){ "", NULL }));
    assert_int_equal(strspn(text, " \n\f"), strlen(text));
}

static void what_is_none_says_nothing(void **state)
{
    (void)state;
    struct str whole = pages_of((const char *const[]){ "Whole", NULL });
    const struct str none[] = { STR(""), STR("%PDF-1.4\n%%EOF\n"), STR("Anna"), { whole.p, 40 } };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_string_equal(text_of(none[i]), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pages_are_read),
        cmocka_unit_test(a_picture_says_nothing),
        cmocka_unit_test(what_is_none_says_nothing),
    };
    return cmocka_run_group_tests(tests, paper_start, paper_end);
}
