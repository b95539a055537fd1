/* Imports: a billing file kept, previewed and committed as buildings, units, batches and
   communications. */
#pragma once

#include "base/ctx.h"
#include "track/import_scan.h"
#include "web/web.h"

extern const struct route import_routes[]; /* path NULL at the end */
extern const char *const import_states[];  /* NULL at the end */

/* What an import reads. */
struct import_source {
    struct csv_file csv;
    struct attachments_from attachments;
};

/* The document of import_scan over both; pure but for reading them. ERR_INVALID with the problem's
   sentence where the attachments cannot be read. */
enum err import_preview(struct ctx *c, const struct import_options *options,
                        const struct import_source *source,
                        struct json_object **preview) must_check;

struct import_new {
    struct import_options options;
    const char *file_sha256;        /* in the store */
    const char *attachments_sha256; /* a zip in the store; NULL */
};

/* Previews files of the store and keeps an import of it (PREVIEWED). */
enum err import_add(struct ctx *c, const struct import_new *n, const char **id) must_check;

/* The same file with other options; only while PREVIEWED, else ERR_CONFLICT. */
enum err import_change(struct ctx *c, const char *id,
                       const struct import_options *options) must_check;

/* {id, fileName, state, createdAt, createdByName, committedAt, settings, preview, result}, and the
   newest 50 of them without preview and result. ERR_NOT_FOUND. */
enum err import_get(struct ctx *c, const char *id, struct json_object **out) must_check;
enum err import_list(struct ctx *c, struct json_object **out) must_check;

/* Reads the kept files again and inserts what they say, in the transaction at hand: all of it, or
   the good rows where asked. `from` are other attachments than the kept ones, or NULL. The import
   becomes COMMITTED and its `result` {communications, alreadyThere, attachments, batches:
   [{batchId, buildingId, buildingCode, buildingName, year, added}]}. What is there already is left
   as it is. ERR_CONFLICT: committed before; ERR_INVALID: errors, and not only good rows were asked
   for. */
enum err import_commit(struct ctx *c, const char *id, bool good_rows_only,
                       const struct attachments_from *from) must_check;
