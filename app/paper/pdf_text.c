/* The words of a PDF, page after page. */
#include "paper/pdf_text.h"

#include "base/utf8.h"
#include "paper/pdf_child.h"

#include <poppler.h>
#include <string.h>

#define MEMORY ((size_t)256 << 20)
#define SECONDS 5

/* Nothing is given back: the child ends with it. */
static bool work(void *of, struct buf *answer)
{
    const struct str *pdf = of;
    GBytes *bytes = g_bytes_new_static(pdf->p, pdf->n);
    PopplerDocument *document = poppler_document_new_from_bytes(bytes, NULL, NULL);
    int pages = document ? poppler_document_get_n_pages(document) : 0;
    for (int i = 0; i < pages && i < PDF_TEXT_PAGES && answer->n < PDF_TEXT_MAX; i++) {
        PopplerPage *page = poppler_document_get_page(document, i);
        char *text = page ? poppler_page_get_text(page) : NULL;
        if (text)
            buf_puts(answer, text);
        buf_putc(answer, '\n');
    }
    return true;
}

/* Who reads strangers' files may no longer be who we started: what is no text is a space. */
static const char *cleaned(struct arena *a, struct str text)
{
    struct buf b = buf_in(a);
    size_t most = text.n < PDF_TEXT_MAX ? text.n : PDF_TEXT_MAX;
    for (size_t at = 0, n; at < most; at += n ? n : 1) {
        n = text.p[at] ? utf8_char(text.p + at, most - at) : 0;
        if (n)
            buf_put(&b, text.p + at, n);
        else
            buf_putc(&b, ' ');
    }
    buf_putc(&b, '\0');
    return b.p;
}

enum err pdf_text(struct ctx *c, struct str pdf, const char **out)
{
    enum pdf_child_fate fate;
    struct str answer = { "", 0 };
    const struct pdf_child child = { .seconds = SECONDS,
                                     .memory = MEMORY,
                                     .output = -1,
                                     .confined = true,
                                     .work = work,
                                     .of = &pdf };
    enum err e = pdf_child_run(c, &child, &answer, &fate);
    if (e != OK && e != ERR_INVALID)
        return e;
    *out = e == OK ? cleaned(c->arena, answer) : "";
    return OK;
}
