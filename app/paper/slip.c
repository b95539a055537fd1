/* The lodgement slip: a numbered list of letters for the counter of the post, with totals and room
   for its stamp. */
#include "paper/press.h"
#include "paper/print_file.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>

#define ROW 6.0
#define EDGE 18.0       /* left and right */
#define HEAD_FIRST 66.0 /* mm above the table, on the first page and on further ones */
#define HEAD_FURTHER 30.0
#define FOOT 30.0  /* below the table: totals of the page and the page's number */
#define CLOSE 62.0 /* stamp and signature, at the end */
#define CATEGORIES 12

enum { EN, DE, FR, LANGUAGES };

static const struct words {
    const char *title, *sender, *run, *date, *office, *number, *recipient, *address, *category,
        *weight, *page_total, *carried, *total, *letters, *stamp, *accepted, *signature, *page,
        *other;
} words[LANGUAGES] = {
    [EN] = { "Lodgement slip", "Sender", "Print run", "Date", "Post office", "No.", "Recipient",
             "Address", "Class", "Weight g", "This page", "So far", "Total", "Letters",
             "Stamp of the post", "Number accepted", "Date and signature", "Page", "Other" },
    [DE] = { "Einlieferungsliste", "Absender", "Drucklauf", "Datum", "Poststelle", "Nr.",
             "Empfänger", "Adresse", "Sendungsart", "Gewicht g", "Diese Seite", "Bisher", "Summe",
             "Briefe", "Stempel der Post", "Angenommene Anzahl", "Datum und Unterschrift", "Seite",
             "Übrige" },
    [FR] = { "Bordereau de dépôt", "Expéditeur", "Impression", "Date", "Office de poste", "N°",
             "Destinataire", "Adresse", "Catégorie", "Poids g", "Cette page", "Jusqu'ici", "Total",
             "Lettres", "Timbre de la poste", "Nombre accepté", "Date et signature", "Page",
             "Autres" },
};

/* Upper ends of the steps posts price letters by, in grams. */
static const double steps[] = { 20, 50, 100, 250, 500, 1000 };
#define STEPS 7 /* and what is above */
_Static_assert(sizeof steps / sizeof *steps + 1 == STEPS, "as many columns as steps, and one");

struct tally {
    size_t letters;
    double grams;
};

struct page {
    struct press *press;
    const struct slip *slip;
    const struct words *words;
    double width, height; /* of the paper */
    int number, count;
    const char *categories[CATEGORIES];
    size_t category_count;
    size_t cells[CATEGORIES][STEPS];
    struct tally rows[CATEGORIES], all;
};

/* Left edges of the columns as parts of the table's width. */
static const double columns[] = { 0, 0.065, 0.33, 0.68, 0.91, 1 };

static double column_x(const struct page *g, int column)
{
    return EDGE + columns[column] * (g->width - 2 * EDGE);
}

static const struct words *words_of(const char *language)
{
    return &words[language && strncmp(language, "de", 2) == 0   ? DE
                  : language && strncmp(language, "fr", 2) == 0 ? FR
                                                                : EN];
}

/* ---- sums ---- */

static size_t step_of(double grams)
{
    size_t i = 0;
    while (i < STEPS - 1 && grams > steps[i])
        i++;
    return i;
}

/* The last of the categories takes what has no room of its own. */
static size_t category_of(struct page *g, const char *name)
{
    for (size_t i = 0; i < g->category_count; i++)
        if (strcmp(g->categories[i], name) == 0)
            return i;
    if (g->category_count == CATEGORIES)
        return CATEGORIES - 1;
    size_t at = g->category_count++;
    g->categories[at] = at == CATEGORIES - 1 ? g->words->other : name;
    return at;
}

static void add(struct tally *t, double grams)
{
    t->letters++;
    t->grams += grams;
}

/* Whole grams, as they are printed: who adds the column up finds the sum. */
static double grams_of(const struct slip_line *l)
{
    return ceil(l->grams - 0.01);
}

static void count_line(struct page *g, const struct slip_line *l)
{
    size_t category = category_of(g, l->category ? l->category : "");
    g->cells[category][step_of(grams_of(l))]++;
    add(&g->rows[category], grams_of(l));
    add(&g->all, grams_of(l));
}

/* ---- the head ---- */

static void put_pair(const struct page *g, const char *label, const char *value, double x, double y,
                     double width)
{
    press_shade(g->press, 0.35);
    press_put(g->press, PRESS_SMALL, label, x, y + 0.5);
    press_shade(g->press, 0);
    if (value)
        press_fit(g->press, PRESS_TEXT, value, x + 26, y, width - 26);
    else
        press_line(g->press, x + 26, y + 4.4, x + width, y + 4.4, 0.4);
}

static void draw_head(const struct page *g)
{
    const struct slip *s = g->slip;
    double y = 30, right = g->width / 2 + 8, width = g->width - EDGE - right;
    press_put(g->press, PRESS_LARGE, g->words->title, EDGE, 14);
    press_shade(g->press, 0.35);
    press_put(g->press, PRESS_SMALL, g->words->sender, EDGE, y - 0.5);
    press_shade(g->press, 0);
    for (size_t i = 0; i < s->sender_count && i < 6; i++)
        press_fit(g->press, i ? PRESS_TEXT : PRESS_STRONG, s->sender[i], EDGE,
                  y + 3.8 + 4.7 * (double)i, g->width / 2 - EDGE - 4);
    const char *total = arena_printf(g->press->arena, "%zu", s->count);
    const char *const pairs[][2] = { { g->words->run, s->run },
                                     { g->words->date, s->date },
                                     { g->words->letters, total },
                                     { g->words->office, s->post_office } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        put_pair(g, pairs[i][0], pairs[i][1], right, y + 6.2 * (double)i, width);
}

static void draw_short_head(const struct page *g)
{
    press_put(g->press, PRESS_STRONG, g->words->title, EDGE, 16);
    if (g->slip->run)
        press_put_right(g->press, PRESS_TEXT,
                        arena_printf(g->press->arena, "%s %s", g->words->run, g->slip->run),
                        g->width - EDGE, 16);
}

static void draw_titles(const struct page *g, double y)
{
    const char *const titles[] = { g->words->number, g->words->recipient, g->words->address,
                                   g->words->category };
    press_shade(g->press, 0.35);
    for (int i = 0; i < 4; i++)
        press_put(g->press, PRESS_SMALL, titles[i], column_x(g, i), y - 5);
    press_put_right(g->press, PRESS_SMALL, g->words->weight, column_x(g, 5), y - 5);
    press_shade(g->press, 0);
    press_line(g->press, EDGE, y, g->width - EDGE, y, 0.8);
}

/* ---- rows ---- */

static void draw_row(const struct page *g, size_t i, double y)
{
    const struct slip_line *l = &g->slip->lines[i];
    struct arena *a = g->press->arena;
    const char *const texts[] = { l->number ? l->number : arena_printf(a, "%zu", i + 1),
                                  l->recipient, l->address, l->category };
    for (int k = 0; k < 4; k++)
        if (texts[k])
            press_fit(g->press, PRESS_CELL, texts[k], column_x(g, k), y + 0.8,
                      column_x(g, k + 1) - column_x(g, k) - 3);
    press_put_right(g->press, PRESS_CELL, arena_printf(a, "%.0f", grams_of(l)), column_x(g, 5),
                    y + 0.8);
    press_shade(g->press, 0.75);
    press_line(g->press, EDGE, y + ROW, g->width - EDGE, y + ROW, 0.25);
    press_shade(g->press, 0);
}

static void put_sum(const struct page *g, const char *label, struct tally t, double x, double y)
{
    press_put(g->press, PRESS_SMALL,
              arena_printf(g->press->arena, "%s: %zu %s, %.0f g", label, t.letters,
                           g->words->letters, t.grams),
              x, y);
}

static void draw_foot(const struct page *g, struct tally page)
{
    double y = g->height - 17;
    press_line(g->press, EDGE, y - 2, g->width - EDGE, y - 2, 0.4);
    if (page.letters)
        put_sum(g, g->words->page_total, page, EDGE, y);
    put_sum(g, g->words->carried, g->all, EDGE + 62, y);
    press_put_right(
        g->press, PRESS_SMALL,
        arena_printf(g->press->arena, "%s %d / %d", g->words->page, g->number, g->count),
        g->width - EDGE, y);
}

/* ---- the end ---- */

static void put_cell(const struct page *g, enum press_face face, double value, double x, double y)
{
    const char *text = value > 0 ? arena_printf(g->press->arena, "%.0f", value) : "–";
    press_put_right(g->press, face, text, x, y);
}

static void draw_sum_row(const struct page *g, enum press_face face, const char *name,
                         const size_t *cells, struct tally t, double y)
{
    double step = (g->width - 2 * EDGE - 46) / (double)(STEPS + 2);
    press_fit(g->press, face, name, EDGE, y, 44);
    for (size_t i = 0; i < STEPS; i++)
        put_cell(g, face, (double)cells[i], EDGE + 46 + step * (double)(i + 1), y);
    put_cell(g, face, (double)t.letters, EDGE + 46 + step * (STEPS + 1), y);
    put_cell(g, face, t.grams, g->width - EDGE, y);
}

static void draw_sum_titles(const struct page *g, double y)
{
    double step = (g->width - 2 * EDGE - 46) / (double)(STEPS + 2);
    struct arena *a = g->press->arena;
    press_shade(g->press, 0.35);
    press_put(g->press, PRESS_SMALL, g->words->category, EDGE, y);
    for (size_t i = 0; i < STEPS; i++) {
        const char *text = i + 1 < STEPS ? arena_printf(a, "≤ %.0f g", steps[i])
                                         : arena_printf(a, "> %.0f g", steps[i - 1]);
        press_put_right(g->press, PRESS_SMALL, text, EDGE + 46 + step * (double)(i + 1), y);
    }
    press_put_right(g->press, PRESS_SMALL, g->words->letters, EDGE + 46 + step * (STEPS + 1), y);
    press_put_right(g->press, PRESS_SMALL, "g", g->width - EDGE, y);
    press_shade(g->press, 0);
    press_line(g->press, EDGE, y + 4.6, g->width - EDGE, y + 4.6, 0.8);
}

static double draw_sums(const struct page *g, double y)
{
    size_t total[STEPS] = { 0 };
    draw_sum_titles(g, y);
    y += 5.6;
    for (size_t k = 0; k < g->category_count; k++) {
        draw_sum_row(g, PRESS_CELL, g->categories[k], g->cells[k], g->rows[k], y);
        for (size_t i = 0; i < STEPS; i++)
            total[i] += g->cells[k][i];
        y += 5.4;
    }
    press_line(g->press, EDGE, y, g->width - EDGE, y, 0.4);
    draw_sum_row(g, PRESS_CELL_STRONG, g->words->total, total, g->all, y + 0.8);
    return y + 7;
}

static void draw_close(const struct page *g)
{
    double y = g->height - FOOT - CLOSE + 10, half = (g->width - 2 * EDGE - 8) / 2;
    double right = EDGE + half + 8;
    press_box(g->press, g->words->stamp, EDGE, y, half, 45);
    press_box(g->press, g->words->accepted, right, y, half, 18);
    press_box(g->press, g->words->signature, right, y + 22, half, 23);
}

/* ---- pages ---- */

static double sums_height(const struct page *g)
{
    return 5.4 * (double)g->category_count + 20;
}

static size_t rows_that_fit(const struct page *g, bool first, bool last)
{
    double room = g->height - FOOT - (first ? HEAD_FIRST : HEAD_FURTHER);
    room -= last ? CLOSE + sums_height(g) : 0;
    return room > 0 ? (size_t)floor(room / ROW) : 0;
}

/* The end stands below the last rows, or on a page of its own where they leave no room. */
static int count_pages(const struct page *g)
{
    size_t left = g->slip->count;
    int pages = 1;
    for (; left > rows_that_fit(g, pages == 1, true); pages++) {
        size_t fit = rows_that_fit(g, pages == 1, false);
        left -= left < fit ? left : fit;
    }
    return pages;
}

static size_t draw_page(struct page *g, size_t first)
{
    bool last = g->number == g->count;
    size_t fit = rows_that_fit(g, g->number == 1, last), end = first + fit;
    end = end < g->slip->count ? end : g->slip->count;
    double y = g->number == 1 ? HEAD_FIRST : HEAD_FURTHER;
    struct tally page = { 0 };
    if (g->number == 1)
        draw_head(g);
    else
        draw_short_head(g);
    if (end > first)
        draw_titles(g, y);
    for (size_t i = first; i < end; i++) {
        draw_row(g, i, y);
        y += ROW;
        add(&page, grams_of(&g->slip->lines[i]));
        add(&g->all, grams_of(&g->slip->lines[i]));
    }
    if (last) {
        draw_sums(g, y + 8);
        draw_close(g);
    }
    draw_foot(g, page);
    press_end_page(g->press);
    return end;
}

static enum err check(struct ctx *c, const struct slip *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct slip_line *l = &s->lines[i];
        if (!utf8_valid(str_of(l->recipient)) || !utf8_valid(str_of(l->address)) ||
            !utf8_valid(str_of(l->category)))
            return ctx_fault(c, "lines", "number %zu is not UTF-8", i + 1);
    }
    return letter_window(s->form) ? OK : ctx_fault(c, "form", "is no form of letters");
}

enum err slip_write(struct ctx *c, const struct slip *s, struct str *pdf)
{
    enum err e = check(c, s);
    if (e)
        return e;
    struct press *p = press_open(c->arena, -1);
    const struct letter_window *w = letter_window(s->form);
    struct page g = { .press = p,
                      .slip = s,
                      .words = words_of(s->language),
                      .width = w->page_width,
                      .height = w->page_height,
                      .number = 1 };
    press_begin(p, w->page_width, w->page_height, s->language);
    for (size_t i = 0; i < s->count; i++)
        count_line(&g, &s->lines[i]);
    g.all = (struct tally){ 0 }; /* counted again, page by page */
    g.count = count_pages(&g);
    for (size_t i = 0; g.number <= g.count; g.number++)
        i = draw_page(&g, i);
    return press_close(p, pdf);
}
