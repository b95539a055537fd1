/* One row of a billing file, checked: what will be sent to whom, or what is wrong with it. */
#pragma once

#include "import/columns.h"
#include "track/value.h"

#include <stdint.h>

/* What the checks of a row need to know beside it. */
struct row_rules {
    const struct import_columns *columns;
    int year;                     /* for every row; 0: found in each */
    const char *file_name;        /* where a year is looked for last */
    const char *const *templates; /* a row may name, NULL at the end; NULL: the usual one */
};

struct import_row {
    long line;
    const char *text[IMPORT_FIELDS]; /* as they will be stored; "" where nothing is given */
    unsigned channels;               /* bits 1 << CHANNEL_x */
    int64_t amount_minor;
    bool has_amount;
    int year;
};

/* Called for every fault; `column` is the file's own header. */
typedef void row_fault(void *to, long line, const char *column, const char *value,
                       const char *reason);

/* Checks a row and fills *out, whose texts live in the arena. False where a fault was told. */
bool row_check(struct arena *a, const struct row_rules *rules, long line, const struct str *cells,
               size_t n, row_fault *fault, void *to, struct import_row *out);
