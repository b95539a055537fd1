/* PDF files of others: counted and put together, always by a child that can do no harm. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

#include <stdbool.h>

#define PDF_PAGES_MAX 20000 /* of one file we make */

/* Pages of a PDF. ERR_INVALID with a sentence in c->problem ("The PDF is protected by a password.")
   where it is none, is broken or needs a password to be read, or asks for more time, memory or
   pages than any honest one. Nothing is repaired: a page lost in silence would be worse. */
enum err pdf_page_count(struct ctx *c, struct str pdf, int *out) must_check;

/* What a PDF holds: its pages, and the first page of each size, upright or not. */
#define PDF_SIZES 8
struct pdf_look {
    int pages, sizes;
    struct pdf_size {
        int page;             /* from 1 */
        double width, height; /* in millimetres, the narrow side first */
    } size[PDF_SIZES];
    /* Answered with ERR_INVALID: */
    const char *fault; /* "is protected by a password" */
    bool opens;        /* its reader can open it all the same: with the password, or mended */
};

/* Errors as pdf_page_count. */
enum err pdf_look(struct ctx *c, struct str pdf, struct pdf_look *out) must_check;

/* A file without a name for what is too much for memory, in the folder of the store; -1: none could
   be made. The caller closes it. */
int pdf_temporary(const struct ctx *c);

/* What was written to it, mapped read-only for the life of the arena; it may be closed after.
   ERR_RETRY: it is empty or cannot be mapped. */
enum err pdf_map(struct ctx *c, int file, struct str *out) must_check;

/* A piece of a merged file. */
struct pdf_part {
    struct str pdf;    /* several parts may name the same bytes: they are kept
                       once in a hundred parts */
    int from, count;   /* pages, from 0; count 0: to the end */
    bool new_sheet;    /* begins on an odd page: a blank one is put before it where needed */
    int page;          /* answered: where it begins in the merged file, from 1 */
    int pages;         /* answered */
    const char *fault; /* answered with ERR_INVALID, of the part that is at fault: "is protected by
                          a password" */
};

struct pdf_merged {
    struct str bytes; /* mapped read-only for the life of the arena, not in its memory */
    int pages;
};

/* The parts one after another, each page of its own size; without scripts, forms and actions. The
   same parts make the same bytes. Errors as pdf_page_count. */
enum err pdf_merge(struct ctx *c, struct pdf_part *parts, size_t count,
                   struct pdf_merged *out) must_check;
