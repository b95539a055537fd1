/* Drawing with Cairo and Pango: fonts, lines, codes. The font map is Pango's own of this process,
   so that fonts are looked up once and not for each letter. */
#include "paper/press.h"

#include <cairo-pdf.h>
#include <unistd.h>
#include <zint.h>

/* Han characters of one font before that of another: those the Korean one has too are thinner. */
#define FAMILY "Noto Sans, Noto Sans CJK SC, Droid Sans Fallback, sans-serif"
#define ASCENT 1.069 /* of Noto Sans, in parts of its size */
#define BAR_MOST 0.5 /* mm of a module: wider ones leave hand scanners' beam */

static const struct {
    double points;
    PangoWeight weight;
} faces[] = {
    [PRESS_TEXT] = { 10, PANGO_WEIGHT_NORMAL },       [PRESS_STRONG] = { 10, PANGO_WEIGHT_BOLD },
    [PRESS_NAME] = { 12, PANGO_WEIGHT_BOLD },         [PRESS_CELL] = { 8.5, PANGO_WEIGHT_NORMAL },
    [PRESS_CELL_STRONG] = { 8.5, PANGO_WEIGHT_BOLD }, [PRESS_SMALL] = { 8, PANGO_WEIGHT_NORMAL },
    [PRESS_TINY] = { 6.5, PANGO_WEIGHT_NORMAL },      [PRESS_LARGE] = { 18, PANGO_WEIGHT_NORMAL },
    [PRESS_HUGE] = { 40, PANGO_WEIGHT_BOLD },
};

static double points(double mm)
{
    return mm / PRESS_POINT;
}

static double mm_of(int pango_units)
{
    return (double)pango_units / PANGO_SCALE * PRESS_POINT;
}

/* ---- the file ---- */

static cairo_status_t write_bytes(void *of, const unsigned char *bytes, unsigned n)
{
    struct press *p = of;
    if (p->file < 0) {
        buf_put(&p->bytes, bytes, n);
        return CAIRO_STATUS_SUCCESS;
    }
    for (ssize_t done; n > 0; bytes += done, n -= (unsigned)done)
        if ((done = write(p->file, bytes, n)) <= 0)
            return CAIRO_STATUS_WRITE_ERROR;
    return CAIRO_STATUS_SUCCESS;
}

static void drop(void *of)
{
    struct press *p = of;
    cairo_destroy(p->cr);
    cairo_surface_finish(p->surface);
    cairo_surface_destroy(p->surface);
    g_object_unref(p->context);
}

static PangoContext *context_new(void)
{
    PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
    cairo_font_options_t *o = cairo_font_options_create();
    cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, o);
    cairo_font_options_destroy(o);
    pango_cairo_context_set_resolution(context, 72);
    pango_context_set_round_glyph_positions(context, FALSE);
    return context;
}

struct press *press_open(struct arena *a, int file)
{
    struct press *p = arena_new_of(a, struct press);
    p->arena = a;
    p->bytes = buf_in(a);
    p->file = file;
    p->surface = cairo_pdf_surface_create_for_stream(write_bytes, p, 595, 842);
    /* No date: the same letter is the same file. */
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
    p->cr = cairo_create(p->surface);
    p->context = context_new();
    arena_defer(a, drop, p);
    return p;
}

void press_title(struct press *p, const char *title)
{
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, title);
}

void press_begin(struct press *p, double width, double height, const char *language)
{
    cairo_pdf_surface_set_size(p->surface, points(width), points(height));
    pango_context_set_language(p->context, pango_language_from_string(language ? language : "en"));
}

void press_end_page(struct press *p)
{
    cairo_show_page(p->cr);
    p->pages++;
}

enum err press_close(struct press *p, struct str *out)
{
    cairo_surface_finish(p->surface);
    if (cairo_status(p->cr) || cairo_surface_status(p->surface))
        return ERR_RETRY;
    if (out)
        *out = buf_str(&p->bytes);
    return OK;
}

/* ---- text ---- */

PangoLayout *press_layout(struct press *p, enum press_face face, const char *text, double width)
{
    PangoLayout *layout = pango_layout_new(p->context);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, FAMILY);
    pango_font_description_set_weight(font, faces[face].weight);
    pango_font_description_set_size(font, (int)(faces[face].points * PANGO_SCALE));
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text ? text : "", -1);
    if (width > 0) {
        pango_layout_set_width(layout, (int)(points(width) * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    }
    arena_defer(p->arena, g_object_unref, layout);
    return layout;
}

void press_measure(PangoLayout *layout, double *width, double *height)
{
    int w, h;
    pango_layout_get_size(layout, &w, &h);
    *width = mm_of(w);
    *height = mm_of(h);
}

/* The first baseline where the face's own font has it: a line of a higher script stays on it. */
static void show(struct press *p, enum press_face face, PangoLayout *layout)
{
    double baseline = (double)pango_layout_get_baseline(layout) / PANGO_SCALE;
    p->unknown += pango_layout_get_unknown_glyphs_count(layout);
    cairo_move_to(p->cr, 0, faces[face].points * ASCENT - baseline);
    pango_cairo_show_layout(p->cr, layout);
}

void press_draw(struct press *p, enum press_face face, PangoLayout *layout, double x, double y)
{
    cairo_save(p->cr);
    cairo_translate(p->cr, points(x), points(y));
    show(p, face, layout);
    cairo_restore(p->cr);
}

void press_put(struct press *p, enum press_face face, const char *text, double x, double y)
{
    press_draw(p, face, press_layout(p, face, text, 0), x, y);
}

void press_put_right(struct press *p, enum press_face face, const char *text, double x, double y)
{
    double width, height;
    PangoLayout *layout = press_layout(p, face, text, 0);
    press_measure(layout, &width, &height);
    press_draw(p, face, layout, x - width, y);
}

void press_fit(struct press *p, enum press_face face, const char *text, double x, double y,
               double width)
{
    press_fit_box(p, face, text, x, y, width, 1000);
}

void press_fit_box(struct press *p, enum press_face face, const char *text, double x, double y,
                   double width, double room)
{
    double wide, height;
    PangoLayout *layout = press_layout(p, face, text, 0);
    press_measure(layout, &wide, &height);
    double line = faces[face].points * PRESS_POINT * 1.2;
    double scale = wide > width ? width / wide : 1;
    scale = scale * line > room ? room / line : scale;
    cairo_save(p->cr);
    cairo_translate(p->cr, points(x), points(y) + faces[face].points * ASCENT * (1 - scale));
    cairo_scale(p->cr, scale, scale);
    show(p, face, layout);
    cairo_restore(p->cr);
}

/* ---- lines and codes ---- */

void press_shade(struct press *p, double grey)
{
    cairo_set_source_rgb(p->cr, grey, grey, grey);
}

void press_line(struct press *p, double x1, double y1, double x2, double y2, double width)
{
    cairo_set_line_width(p->cr, width);
    cairo_move_to(p->cr, points(x1), points(y1));
    cairo_line_to(p->cr, points(x2), points(y2));
    cairo_stroke(p->cr);
}

static bool is_dark(const struct zint_symbol *s, int row, int column)
{
    return s->encoded_data[row][column >> 3] >> (column & 7) & 1;
}

/* `height`: of the row, as `module` of what is drawn. */
static void draw_row(struct press *p, const struct zint_symbol *s, int row, double x, double y,
                     double module, double height)
{
    for (int from = 0, to; from < s->width; from = to + 1) {
        for (to = from; to < s->width && is_dark(s, row, to); to++)
            ;
        if (to > from)
            cairo_rectangle(p->cr, points(x + from * module), points(y),
                            points((to - from) * module), points(height));
    }
}

void press_code(struct press *p, const char *text, double x, double y, double size)
{
    struct zint_symbol *s = ZBarcode_Create();
    s->symbology = BARCODE_QRCODE;
    s->option_1 = 2; /* level M: 15 % may be lost */
    if (ZBarcode_Encode(s, (const unsigned char *)text, 0) < ZINT_ERROR) {
        double module = size / s->width;
        for (int row = 0; row < s->rows; row++)
            draw_row(p, s, row, x, y + row * module, module, module);
        cairo_fill(p->cr);
    }
    ZBarcode_Delete(s);
}

void press_bars(struct press *p, const char *text, double x, double y, double width, double height)
{
    struct zint_symbol *s = ZBarcode_Create();
    s->symbology = BARCODE_CODE128;
    if (ZBarcode_Encode(s, (const unsigned char *)text, 0) < ZINT_ERROR) {
        double module = width / s->width;
        module = module < BAR_MOST ? module : BAR_MOST;
        draw_row(p, s, 0, x + (width - module * s->width) / 2, y, module, height);
        cairo_fill(p->cr);
    }
    ZBarcode_Delete(s);
}

void press_box(struct press *p, const char *label, double x, double y, double width, double height)
{
    press_line(p, x, y, x + width, y, 0.4);
    press_line(p, x + width, y, x + width, y + height, 0.4);
    press_line(p, x + width, y + height, x, y + height, 0.4);
    press_line(p, x, y + height, x, y, 0.4);
    press_shade(p, 0.35);
    press_put(p, PRESS_SMALL, label, x + 2, y + 1.2);
    press_shade(p, 0);
}
