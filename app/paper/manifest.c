/* The list of parcels that is handed over with them. */
#include "paper/parcel_paper.h"
#include "paper/press.h"

#define ROW 6.0
#define EDGE 18.0       /* left and right */
#define HEAD_FIRST 66.0 /* mm above the rows, on the first page and on further ones */
#define HEAD_FURTHER 30.0
#define FOOT 24.0
#define CLOSE 58.0 /* totals and signatures, at the end */

struct page {
    struct press *press;
    const struct manifest *m;
    double width, height;
    int number, count;
};

/* Left edges of the columns as parts of the table's width. */
static const double columns[] = { 0, 0.06, 0.34, 0.6, 0.78, 1 };

static double column_x(const struct page *g, int column)
{
    return EDGE + columns[column] * (g->width - 2 * EDGE);
}

static const char *title_of(const struct manifest *m)
{
    return m->number ? "Manifest" : "Pickup list";
}

static void draw_head(const struct page *g)
{
    const struct manifest *m = g->m;
    double y = 30, right = g->width / 2 + 8;
    const char *total = arena_printf(g->press->arena, "%zu", m->count);
    const char *const pairs[][2] = { { "Carrier", m->carrier },
                                     { "Date", m->date },
                                     { "Parcels", total },
                                     { "Number", m->number } };
    press_put(g->press, PRESS_LARGE, title_of(m), EDGE, 14);
    for (size_t i = 0; i < m->sender_count && i < 6; i++)
        press_fit(g->press, i ? PRESS_TEXT : PRESS_STRONG, m->sender[i], EDGE, y + 4.7 * (double)i,
                  g->width / 2 - EDGE - 4);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (!pairs[i][1])
            continue;
        press_put(g->press, PRESS_SMALL, pairs[i][0], right, y + 0.5 + 6.2 * (double)i);
        press_fit(g->press, PRESS_TEXT, pairs[i][1], right + 26, y + 6.2 * (double)i,
                  g->width - EDGE - right - 26);
    }
}

static void draw_short_head(const struct page *g)
{
    press_put(g->press, PRESS_STRONG, title_of(g->m), EDGE, 14);
    press_put_right(g->press, PRESS_TEXT,
                    arena_printf(g->press->arena, "%s %s", g->m->carrier,
                                 g->m->number ? g->m->number : g->m->date),
                    g->width - EDGE, 14);
}

static void draw_titles(const struct page *g, double y)
{
    static const char *const titles[] = { "No.", "Tracking number", "Recipient", "Place", "Order" };
    for (int i = 0; i < 5; i++)
        press_put(g->press, PRESS_SMALL, titles[i], column_x(g, i), y - 5);
    press_put_right(g->press, PRESS_SMALL, "kg", column_x(g, 5), y - 5);
    press_line(g->press, EDGE, y, g->width - EDGE, y, 0.8);
}

static const char *kg(struct arena *a, long grams)
{
    return grams ? arena_printf(a, "%ld.%02ld", grams / 1000, grams % 1000 / 10) : "";
}

static void draw_row(const struct page *g, size_t i, double y)
{
    const struct manifest_line *l = &g->m->lines[i];
    struct arena *a = g->press->arena;
    const char *const texts[] = { arena_printf(a, "%zu", i + 1), l->tracking_number, l->recipient,
                                  l->place, l->order_number };
    for (int k = 0; k < 5; k++)
        if (texts[k])
            press_fit(g->press, PRESS_CELL, texts[k], column_x(g, k), y + 0.8,
                      column_x(g, k + 1) - column_x(g, k) - (k == 4 ? 14 : 3));
    press_put_right(g->press, PRESS_CELL, kg(a, l->grams), column_x(g, 5), y + 0.8);
    press_shade(g->press, 0.75);
    press_line(g->press, EDGE, y + ROW, g->width - EDGE, y + ROW, 0.25);
    press_shade(g->press, 0);
}

static const char *total_of(const struct page *g)
{
    long grams = 0;
    size_t weighed = 0;
    for (size_t i = 0; i < g->m->count; i++) {
        grams += g->m->lines[i].grams;
        weighed += g->m->lines[i].grams > 0;
    }
    struct arena *a = g->press->arena;
    const char *parcels = arena_printf(a, "%zu parcel%s", g->m->count, g->m->count == 1 ? "" : "s");
    return !weighed ? parcels
           : weighed < g->m->count
               ? arena_printf(a, "%s, of which %zu weigh %s kg", parcels, weighed, kg(a, grams))
               : arena_printf(a, "%s, %s kg", parcels, kg(a, grams));
}

static void draw_close(const struct page *g)
{
    double y = g->height - FOOT - CLOSE + 6, half = (g->width - 2 * EDGE - 8) / 2;
    press_put(g->press, PRESS_STRONG, total_of(g), EDGE, y);
    if (!g->m->number)
        return;
    press_box(g->press, "Number of parcels taken over", EDGE, y + 8, half, 16);
    press_box(g->press, "Name of the driver", EDGE, y + 28, half, 16);
    press_box(g->press, "Date, time and signature", EDGE + half + 8, y + 8, half, 36);
}

static size_t rows_that_fit(const struct page *g, bool first, bool last)
{
    double room = g->height - FOOT - (first ? HEAD_FIRST : HEAD_FURTHER) - (last ? CLOSE : 0);
    return (size_t)(room / ROW);
}

/* The end stands below the last rows, or on a page of its own where they leave no room. */
static int count_pages(const struct page *g)
{
    size_t left = g->m->count;
    int pages = 1;
    for (; left > rows_that_fit(g, pages == 1, true); pages++) {
        size_t fit = rows_that_fit(g, pages == 1, false);
        left -= left < fit ? left : fit;
    }
    return pages;
}

static size_t draw_page(const struct page *g, size_t first)
{
    bool last = g->number == g->count;
    size_t end = first + rows_that_fit(g, g->number == 1, last);
    double y = g->number == 1 ? HEAD_FIRST : HEAD_FURTHER;
    end = end < g->m->count ? end : g->m->count;
    if (g->number == 1)
        draw_head(g);
    else
        draw_short_head(g);
    if (end > first)
        draw_titles(g, y);
    for (size_t i = first; i < end; i++)
        draw_row(g, i, y + ROW * (double)(i - first));
    if (last)
        draw_close(g);
    press_put_right(g->press, PRESS_SMALL,
                    arena_printf(g->press->arena, "Page %d / %d", g->number, g->count),
                    g->width - EDGE, g->height - 14);
    press_end_page(g->press);
    return end;
}

enum err manifest_pdf(struct ctx *c, const struct manifest *m, struct str *pdf)
{
    struct press *p = press_open(c->arena, -1);
    const struct letter_window *w = letter_window(m->form);
    struct page g = {
        .press = p, .m = m, .width = w->page_width, .height = w->page_height, .number = 1
    };
    g.count = count_pages(&g);
    press_title(p, title_of(m));
    press_begin(p, w->page_width, w->page_height, m->language);
    for (size_t i = 0; g.number <= g.count; g.number++)
        i = draw_page(&g, i);
    return press_close(p, pdf);
}
