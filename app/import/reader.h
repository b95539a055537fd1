/* A CSV file as it comes: encoding and delimiter found, cells handed over row by row. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "track/text.h"

#define ROW_LIMIT ((size_t)256 * 1024) /* bytes of UTF-8 */
#define COLUMN_LIMIT 256

struct csv_file {
    struct str bytes;
    bool mapped; /* a private mapping: pages that were read are given back to the system */
};

struct csv_format {
    enum encoding encoding;
    size_t bom;
    char delimiter;
    long header_line; /* 1; 2 behind a "sep=;" line of Excel's */
};

/* Gives the pages of a mapping between *from and `at` back to the system, some MiB at a time. */
void csv_give_back(const struct csv_file *f, size_t *from, size_t at);

/* Reads the first line. ERR_INVALID with *why where the file is no text with columns: empty, a
   workbook, a PDF, a first line without end. */
enum err csv_detect(struct arena *a, const struct csv_file *f, struct csv_format *out,
                    const char **why) must_check;

/* One row: its cells, UTF-8, valid until the function returns; `line` is the number in the file of
   the line where it starts. An answer other than OK ends the reading. */
typedef enum err csv_row(void *to, long line, const struct str *cells, size_t n);

/* All rows but empty lines, the header first. Memory is that of one row. ERR_INVALID with *line and
 *why: a quotation mark never closed, too long a row, too many columns. */
enum err csv_read(struct arena *a, const struct csv_file *f, const struct csv_format *format,
                  csv_row *row, void *to, long *line, const char **why) must_check;
