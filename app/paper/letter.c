/* One letter: its first page with window and code, the pages its text goes on to, attachments
   behind. */
#include "paper/letter_body.h"
#include "paper/pdf.h"

#include "base/utf8.h"

#include <string.h>

#define BOTTOM 25 /* mm below the text, with the footer in it */
#define TOP 30    /* of further pages */
#define ADDRESS_PITCH 4.4

struct page {
    struct press *press;
    const struct letter *letter;
    const struct letter_window *at;
    double width; /* of the text */
    int count;    /* of its own pages */
};

static enum { ENGLISH, GERMAN, FRENCH } words_of(const char *language)
{
    return language && strncmp(language, "de", 2) == 0   ? GERMAN
           : language && strncmp(language, "fr", 2) == 0 ? FRENCH
                                                         : ENGLISH;
}

/* ---- the first page ---- */

static const char *sender_line(struct arena *a, const struct letter *l)
{
    if (l->sender_line)
        return l->sender_line;
    struct buf b = buf_in(a);
    for (size_t i = 0; i < l->sender_count && i < 3; i++)
        buf_printf(&b, "%s%s", i ? " · " : "", l->sender[i]);
    return b.p ? b.p : "";
}

static void draw_window(const struct page *g)
{
    const struct letter *l = g->letter;
    const struct letter_window *w = g->at;
    if (w->sender.width > 0)
        press_fit(g->press, PRESS_TINY, sender_line(g->press->arena, l), w->sender.x, w->sender.y,
                  w->code.x - w->sender.x - 1);
    if (l->endorsement)
        press_fit(g->press, PRESS_STRONG, l->endorsement, w->notes.x, w->notes.y, w->notes.width);
    double pitch = w->address.height / (double)(l->address_count ? l->address_count : 1);
    pitch = pitch < ADDRESS_PITCH ? pitch : ADDRESS_PITCH;
    for (size_t i = 0; i < l->address_count; i++)
        press_fit_box(g->press, PRESS_TEXT, l->address[i], w->address.x,
                      w->address.y + (double)i * pitch, w->address.width, pitch);
}

static void draw_code(const struct page *g)
{
    char text[LETTER_CODE_LENGTH + 1];
    const struct letter_box *c = &g->at->code;
    if (letter_code_write(g->letter->communication_id, text))
        press_code(g->press, text, c->x + 1.35, c->y + 1.35, c->width - 2.7);
}

static void draw_marks(const struct page *g)
{
    press_shade(g->press, 0.5);
    for (int i = 0; i < 2; i++)
        if (g->at->folds[i] > 0)
            press_line(g->press, 5, g->at->folds[i], 9, g->at->folds[i], 0.3);
    if (g->at->hole > 0)
        press_line(g->press, 5, g->at->hole, 12, g->at->hole, 0.3);
    press_shade(g->press, 0);
}

/* The letterhead in the column of date and references; answers where it ends. */
static double draw_head(const struct page *g)
{
    double y = g->at->head_y;
    for (size_t i = 0; i < g->letter->sender_count; i++) {
        press_fit(g->press, i ? PRESS_SMALL : PRESS_NAME, g->letter->sender[i], g->at->info.x, y,
                  g->at->info.width);
        y += i ? 3.9 : 6.5;
    }
    return y;
}

static void draw_info(const struct page *g, double y)
{
    static const char *const dates[] = { "Date", "Datum", "Date" };
    const struct letter *l = g->letter;
    const struct letter_box *at = &g->at->info;
    if (y < at->y)
        y = at->y;
    for (size_t i = 0; i < l->info_count + (l->date != NULL); i++) {
        bool date = i == l->info_count;
        press_fit(g->press, PRESS_SMALL, date ? dates[words_of(l->language)] : l->info[i].label,
                  at->x, y + 0.75, 22);
        press_fit(g->press, PRESS_TEXT, date ? l->date : l->info[i].value, at->x + 24, y,
                  at->width - 24);
        y += 4.9;
    }
}

static double draw_subject(const struct page *g)
{
    double width, height;
    PangoLayout *layout = press_layout(g->press, PRESS_STRONG, g->letter->subject, g->width);
    press_measure(layout, &width, &height);
    press_draw(g->press, PRESS_STRONG, layout, g->at->left, g->at->subject_y);
    return g->at->subject_y + height + 6;
}

/* ---- pages ---- */

static void draw_foot(const struct page *g, int number)
{
    static const char *const forms[] = { "Page %d of %d", "Seite %d von %d", "Page %d sur %d" };
    static const char *const *const all = forms;
    if (g->count < 2)
        return;
    char text[40];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, all[words_of(g->letter->language)], number, g->count);
#pragma GCC diagnostic pop
    press_put_right(g->press, PRESS_SMALL, text, g->at->page_width - g->at->right,
                    g->at->page_height - 15);
}

static int count_pages(const struct page *g, const struct body *b, double y)
{
    int pages = 1;
    double end = g->at->page_height - BOTTOM;
    for (size_t i = body_draw(NULL, b, 0, 0, y, end, 0); i < b->count; pages++)
        i = body_draw(NULL, b, i, 0, TOP, end, 0);
    return pages;
}

int letter_draw(struct press *p, const struct letter *l)
{
    const struct letter_window *w = letter_window(l->form);
    struct page g = { p, l, w, w->page_width - w->left - w->right, 0 };
    press_begin(p, w->page_width, w->page_height, l->language);
    draw_info(&g, draw_head(&g) + 5);
    draw_window(&g);
    draw_code(&g);
    draw_marks(&g);
    double y = draw_subject(&g), end = w->page_height - BOTTOM;
    struct body b = body_layout(p, l->markdown ? l->markdown : "", g.width);
    g.count = count_pages(&g, &b, y);
    size_t i = 0;
    for (int page = 1; page <= g.count; page++) {
        i = body_draw(p, &b, i, w->left, page > 1 ? TOP : y, end, g.width);
        draw_foot(&g, page);
        press_end_page(p);
    }
    return g.count;
}

/* ---- the letter ---- */

static enum err check_text(struct ctx *c, const char *field, const char *text)
{
    return utf8_valid(str_of(text)) ? OK : ctx_fault(c, field, "is not UTF-8");
}

enum err letter_check(struct ctx *c, const struct letter *l)
{
    if (!letter_window(l->form))
        return ctx_fault(c, "form", "is no form of letters");
    if (l->address_count < 1 || l->address_count > LETTER_ADDRESS_LINES)
        return ctx_fault(c, "address", "needs 1 to %d lines", LETTER_ADDRESS_LINES);
    enum err e = check_text(c, "subject", l->subject);
    for (size_t i = 0; !e && i < l->address_count; i++)
        e = check_text(c, "address", l->address[i]);
    return e ? e : check_text(c, "markdown", l->markdown);
}

static enum err attach(struct ctx *c, const struct letter *l, struct letter_pdf *out)
{
    struct pdf_part *parts = arena_zalloc(c->arena, l->attachment_count + 1, sizeof *parts);
    parts[0].pdf = out->bytes;
    for (size_t i = 0; i < l->attachment_count; i++)
        parts[i + 1] = (struct pdf_part){ .pdf = l->attachments[i], .new_sheet = l->duplex };
    struct pdf_merged whole;
    enum err e = pdf_merge(c, parts, l->attachment_count + 1, &whole);
    for (size_t i = 1; e == ERR_INVALID && i <= l->attachment_count; i++)
        if (parts[i].fault)
            return ctx_fault(c, "attachments", "number %zu %s", i, parts[i].fault);
    if (e)
        return e;
    out->bytes = whole.bytes;
    out->pages = whole.pages;
    return OK;
}

enum err letter_write(struct ctx *c, const struct letter *l, struct letter_pdf *out)
{
    enum err e = letter_check(c, l);
    if (e)
        return e;
    struct press *p = press_open(c->arena, -1);
    press_title(p, l->subject ? l->subject : "");
    struct letter_pdf made = { .own_pages = letter_draw(p, l) };
    made.pages = made.own_pages;
    made.unknown = p->unknown;
    e = press_close(p, &made.bytes);
    if (!e && l->attachment_count)
        e = attach(c, l, &made);
    if (!e)
        *out = made;
    return e;
}
