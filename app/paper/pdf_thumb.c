/* The first page of a PDF drawn by poppler, in a child. */
#include "paper/pdf_thumb.h"

#include "paper/pdf_child.h"

#include <poppler.h>
#include <string.h>

#define MEMORY ((size_t)256 << 20)
#define SECONDS 3
#define PNG_MAX ((size_t)256 << 10)

static const char signature[8] = "\x89PNG\r\n\x1a\n";

static cairo_status_t take(void *of, const unsigned char *bytes, unsigned n)
{
    buf_put(of, bytes, n);
    return CAIRO_STATUS_SUCCESS;
}

static bool draw(PopplerPage *page, struct buf *answer)
{
    double width, height;
    poppler_page_get_size(page, &width, &height);
    if (!(width >= 1 && height >= 1 && width < 1e5 && height < 1e5))
        return false;
    double across = PDF_THUMB_WIDTH / width, down = PDF_THUMB_HEIGHT / height;
    double scale = across < down ? across : down;
    int w = (int)(width * scale), h = (int)(height * scale);
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, w > 0 ? w : 1, h > 0 ? h : 1);
    cairo_t *to = cairo_create(surface);
    cairo_set_source_rgb(to, 1, 1, 1);
    cairo_paint(to);
    cairo_scale(to, scale, scale);
    poppler_page_render(page, to);
    return cairo_surface_write_to_png_stream(surface, take, answer) == CAIRO_STATUS_SUCCESS;
}

/* Without them its words would be missing, and a page of words would look empty. */
static bool brings_its_fonts(PopplerDocument *document)
{
    PopplerFontsIter *at = NULL;
    if (!poppler_font_info_scan(poppler_font_info_new(document), 1, &at) || !at)
        return true;
    do
        if (!poppler_fonts_iter_is_embedded(at))
            return false;
    while (poppler_fonts_iter_next(at));
    return true;
}

/* Nothing is given back: the child ends with it. */
static bool work(void *of, struct buf *answer)
{
    const struct str *pdf = of;
    GBytes *bytes = g_bytes_new_static(pdf->p, pdf->n);
    PopplerDocument *document = poppler_document_new_from_bytes(bytes, NULL, NULL);
    PopplerPage *page = document ? poppler_document_get_page(document, 0) : NULL;
    return page && brings_its_fonts(document) && draw(page, answer);
}

enum err pdf_thumb(struct ctx *c, struct str pdf, struct str *png)
{
    enum pdf_child_fate fate;
    struct str answer;
    const struct pdf_child child = { .seconds = SECONDS,
                                     .memory = MEMORY,
                                     .output = -1,
                                     .confined = true,
                                     .work = work,
                                     .of = &pdf };
    enum err e = pdf_child_run(c, &child, &answer, &fate);
    if (e == OK && (answer.n < sizeof(signature) || answer.n > PNG_MAX ||
                    memcmp(answer.p, signature, sizeof(signature)) != 0))
        e = ERR_INVALID;
    if (e == OK)
        *png = answer;
    return e;
}
