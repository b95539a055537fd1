/* A letter drawn on pages, and its body: Markdown laid out as lines. */
#pragma once

#include "paper/press.h"

/* ERR_INVALID with a fault where letter_draw could not set it. */
enum err letter_check(struct ctx *c, const struct letter *l) must_check;

/* Draws the letter's own pages and answers how many. */
int letter_draw(struct press *p, const struct letter *l);

/* One line as it was set; millimetres. */
struct body_line {
    PangoLayout *layout; /* NULL: a rule across */
    int index;           /* of the line in its layout */
    double x, before, height;
    PangoLayout *marker; /* "•" or "3." left of it; NULL: none */
    bool keep;           /* no page ends behind it */
};

struct body {
    struct body_line *lines;
    size_t count;
};

/* Lines of this width; what the fonts lack is counted in p->unknown. */
struct body body_layout(struct press *p, const char *markdown, double width);

/* Draws lines from `first` on, down from y to `end` at most, and answers the first one that did not
   fit. At least one line is drawn; two lines of a paragraph stay together. p NULL: only
   answers. */
size_t body_draw(struct press *p, const struct body *b, size_t first, double x, double y,
                 double end, double width);
