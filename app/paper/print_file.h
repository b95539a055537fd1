/* What a print run puts on paper: one merged file of many letters with separator sheets, address
   labels, and the slip for the counter of the post. */
#pragma once

#include "paper/letter.h"
#include "paper/pdf.h"

/* ---- the merged file ---- */

struct print_options {
    enum letter_form form; /* size of separator sheets */
    const char *language;
    bool duplex;  /* every letter and separator begins on a new sheet */
    int children; /* that set letters at the same time; 0: 2 */
};

struct print_file;

struct print_separator {
    const char *title;        /* what follows: "Lindenhof 12", "8000-8099" */
    const char *const *lines; /* further ones: street, "48 letters, 96 sheets" */
    size_t count;
};

/* Pieces come out in the order they are given. What `l` and `pdf` point at must stay until
   print_finish; letters are set there, by children, a range each. */
struct print_file *print_begin(struct ctx *c, const struct print_options *o);
/* Answers the number of the piece, from 0. */
size_t print_letter(struct print_file *p, const struct letter *l);
size_t print_pdf(struct print_file *p, struct str pdf); /* one kept: the bytes that were promised */
size_t print_separator(struct print_file *p, const struct print_separator *s);

struct print_piece {
    int page, pages; /* where it begins in the file, from 1 */
    int unknown;     /* as in letter_pdf */
};

struct print_merged {
    struct str bytes; /* mapped read-only for the life of the arena */
    int pages, sheets;
    const struct print_piece *pieces;
};

/* Errors as letter_write and pdf_merge; c->problem names the piece. Memory does not grow with the
   bytes of the letters: they go through files without a name in the temporary folder. */
enum err print_finish(struct print_file *p, struct print_merged *out) must_check;

/* Many letters, each its own file, set by so many children at the same time (0: 2). `out` has room
   for `count`. */
enum err letters_write(struct ctx *c, const struct letter *letters, size_t count, int children,
                       struct letter_pdf *out) must_check;

/* ---- labels ---- */

/* A sheet of labels; millimetres. */
struct label_sheet {
    const char *name, *title; /* "l7160", "Avery L7160, 3 x 7" */
    double page_width, page_height;
    int columns, rows;
    double width, height;  /* of a label */
    double left, top;      /* of the first one */
    double step_x, step_y; /* from one to the next */
};

extern const struct label_sheet label_sheets[];
extern const size_t label_sheet_count;

/* NULL where none has this name. */
const struct label_sheet *label_sheet_of(const char *name);

struct label {
    const char *const *lines;
    size_t count;
    const char *note; /* small, in the corner: the unit's number, as on the envelope's inside */
};

/* Labels of the sheet's layout, from position `start` (1: the first one, row by row) on: the ones
   before it are used up. ERR_INVALID with a fault on `start` that the sheet has not. */
enum err labels_write(struct ctx *c, const struct label_sheet *sheet, int start,
                      const struct label *labels, size_t count, struct str *pdf) must_check;

/* ---- the lodgement slip ---- */

struct slip_line {
    const char *number;    /* as on the letter: its number in the run; NULL: its place, from 1 */
    const char *recipient; /* name */
    const char *address;   /* one line: "Seestrasse 12, 8000 Zürich" */
    const char *category;  /* the post's product: "Registered" */
    double grams;
};

struct slip {
    const char *language;
    enum letter_form form; /* paper */
    const char *const *sender;
    size_t sender_count;
    const char *run;         /* the print run's id or name */
    const char *date;        /* as printed */
    const char *post_office; /* NULL: a line to write it on */
    const struct slip_line *lines;
    size_t count;
};

/* A numbered list in the manner of USPS PS Form 3877 and the German and Swiss posts' own: totals of
   each page, of categories and of weight steps (20, 50, 100, 250, 500, 1000 g), and room for the
   stamp and the signature. */
enum err slip_write(struct ctx *c, const struct slip *s, struct str *pdf) must_check;
