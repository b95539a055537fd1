/* One row of a billing file, checked: what will be sent to whom, or what is wrong with it. */
#pragma once

#include "channels/message.h"
#include "import/columns.h"
#include "track/value.h"

#include <stdint.h>

/* What the checks of a row need to know beside it. */
struct row_rules {
    const struct import_columns *columns;
    int year;                            /* for every row; 0: found in each */
    const char *file_name;               /* where a year is looked for last */
    const struct message_kind *messages; /* a row may name; NULL: the usual one, in any language */
};

struct import_row {
    long line;
    const char *text[IMPORT_FIELDS]; /* as they will be stored; "" where nothing is given */
    unsigned channels;               /* bits 1 << CHANNEL_x */
    int64_t amount_minor;
    bool has_amount;
    int year;
    const struct message_kind *message; /* NULL in a row at fault */
};

/* A cell of a row: no values are longer, but those that are too long. */
#define CELL_SHOWN 400

/* Called for every fault; `column` is the file's own header, `field` -1 where it is of the row. */
typedef void row_fault(void *to, long line, int field, const char *column, const char *value,
                       const char *reason);

/* What stands in a field's cell, as row_check reads it; empty without one. */
struct str row_cell(const struct import_columns *columns, const struct str *cells, size_t n,
                    enum import_field f);

/* A cell as people are shown it: without control characters, cut after CELL_SHOWN characters. */
const char *cell_shown(struct arena *a, struct str cell);

/* The same cell but for what is around it: no blanks, no guard against formulas. */
struct str cell_text(struct str cell);

/* NULL, or why the text of a cell cannot be taken at all: over `max` characters, or not to be
   printed. */
const char *cell_problem(struct str text, size_t max);

/* Checks a row and fills *out, whose texts live in the arena. False where a fault was told. */
bool row_check(struct arena *a, const struct row_rules *rules, long line, const struct str *cells,
               size_t n, row_fault *fault, void *to, struct import_row *out);
