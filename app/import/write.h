/* Writes the good rows of a scan into the database, in chunks of a few statements each. */
#pragma once

#include "base/ctx.h"
#include "import/scan.h"

struct import_writer;

/* `watch` is looked at after each chunk, or NULL. */
struct import_writer *import_writer_new(struct ctx *c, const char *import_id,
                                        const struct import_watch *watch);

/* import_take: keeps a row, and writes the chunk when it is full. */
enum err import_write(void *writer, const struct import_row *row, const struct attachment *file);

/* Writes the rest, and opens finished batches that got new e-mails again. *result is the object of
   import_commit. */
enum err import_write_end(struct import_writer *w, struct json_object **result) must_check;
