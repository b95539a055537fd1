/* Text on paper: a PDF being drawn, page by page, with Cairo and Pango. Millimetres throughout,
   from the upper left corner. */
#pragma once

#include "paper/letter.h"

#include <pango/pangocairo.h>

#define PRESS_POINT (25.4 / 72) /* millimetres of one */

enum press_face {
    PRESS_TEXT,   /* 10 pt */
    PRESS_STRONG, /* 10 pt bold */
    PRESS_NAME,   /* 12 pt bold */
    PRESS_CELL,   /* 8.5 pt: tables */
    PRESS_CELL_STRONG,
    PRESS_SMALL, /* 8 pt */
    PRESS_TINY,  /* 6.5 pt */
    PRESS_LARGE, /* 18 pt */
    PRESS_HUGE   /* 40 pt bold */
};

struct press {
    struct arena *arena; /* of the layouts: another one may be put here between pages */
    struct buf bytes;    /* what was written, where there is no file */
    int file;            /* -1: none */
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoContext *context;
    int pages, unknown;
};

/* A PDF, into the arena or, where file is not -1, into that file. What it holds is freed with the
   arena. */
struct press *press_open(struct arena *a, int file);

/* What viewers show as the file's name. */
void press_title(struct press *p, const char *title);

/* Size and language of what is drawn next; before anything on the page. */
void press_begin(struct press *p, double width, double height, const char *language);
void press_end_page(struct press *p);

/* Ends the file. ERR_RETRY where it could not be written; *out (may be NULL) are its bytes. */
enum err press_close(struct press *p, struct str *out) must_check;

/* Text set to a width (0: one line), freed with the arena. */
PangoLayout *press_layout(struct press *p, enum press_face face, const char *text, double width);

/* Its width and height as set. */
void press_measure(PangoLayout *layout, double *width, double *height);

/* Draws it with the upper left corner of its first line there, as high as the face's own font. */
void press_draw(struct press *p, enum press_face face, PangoLayout *layout, double x, double y);

/* Both in one, for a single line. */
void press_put(struct press *p, enum press_face face, const char *text, double x, double y);

/* As press_put, ending at x. */
void press_put_right(struct press *p, enum press_face face, const char *text, double x, double y);

/* As press_put, set smaller where it is wider than the width: never cut. */
void press_fit(struct press *p, enum press_face face, const char *text, double x, double y,
               double width);

/* As press_fit, where the height may be less than the face's line too. */
void press_fit_box(struct press *p, enum press_face face, const char *text, double x, double y,
                   double width, double height);

/* Shade of what is drawn next: 0 black, 1 white. */
void press_shade(struct press *p, double grey);
void press_line(struct press *p, double x1, double y1, double x2, double y2, double points);

/* A QR code of so many millimetres without its quiet zone. */
void press_code(struct press *p, const char *text, double x, double y, double size);

/* A Code 128 (ISO/IEC 15417) in the middle of a width without its quiet zones, its modules at most
   0.5 mm wide; nothing where the text is not ASCII. */
void press_bars(struct press *p, const char *text, double x, double y, double width, double height);

/* A frame with a small title, for what is written by hand. */
void press_box(struct press *p, const char *label, double x, double y, double width, double height);
