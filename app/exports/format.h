/* The formats of an export: a row of communications or of shipments as a line of CSV or of JSON.

   CSV is RFC 4180 in UTF-8 and begins with a byte order mark, as Excel takes a file without one for
   its own code page. Times are RFC 3339 in UTC; what is absent is an empty cell, without quotes, or
   null. Several notes or files stand in one cell with "; " between, in JSON in a list. */
#pragma once

#include "base/buf.h"

#include <libpq-fe.h>
#include <stdbool.h>

struct export_format {
    const char *what, *name;     /* "communications", "csv" */
    bool json;                   /* lists (notes, attachments) are JSON; else one text */
    const char *head;            /* what the file begins with */
    const char *prefix, *ending; /* of the file's name: "communications", "csv" */
    /* NULL: it has no rows, see packs_write; building: NULL of shipments */
    void (*row)(struct buf *to, const char *building, const PGresult *row);
};

/* NULL: there is none of that name. */
const struct export_format *export_format_of(const char *what, const char *name);

/* A text as a cell: in quotes, those in it doubled (RFC 4180). One that a spreadsheet may take for
   a formula gets an apostrophe before it: where its first character, spaces, NUL and byte order
   marks apart, is = + - @, their full-width forms, a tab or an end of line. */
void cell_put(struct buf *to, const char *text, size_t n);
