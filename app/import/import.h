/* Imports: a billing file kept, previewed and committed as buildings, units, batches and
   communications. */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"
#include "import/scan.h"
#include "web/web.h"

extern const struct domain import_domain;
extern const char *const import_states[]; /* NULL at the end */

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

/* The same file with other options, PREVIEWED again. ERR_CONFLICT: it is under way or COMMITTED. */
enum err import_change(struct ctx *c, const char *id,
                       const struct import_options *options) must_check;

/* The document of import_shapes.c, and the newest 50 in short. ERR_NOT_FOUND. */
enum err import_get(struct ctx *c, const char *id, struct json_object **out) must_check;
enum err import_list(struct ctx *c, struct json_object **out) must_check;

/* Only what is shown of one under way: {id, state, error, progress}. ERR_NOT_FOUND. */
enum err import_progress(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Leaves the commit to the worker (import_job.h), in the transaction at hand: QUEUED. ERR_CONFLICT:
   it is under way or COMMITTED; ERR_INVALID: errors, and not only good rows were asked for. */
enum err import_queue(struct ctx *c, const char *id, bool good_rows_only) must_check;

struct import_how {
    bool good_rows_only;
    const struct attachments_from *from; /* other attachments than the kept ones, or NULL */
    const struct import_watch *watch;    /* of the job whose import is IMPORTING; NULL: PREVIEWED */
};

/* Reads the kept files again and inserts what they say, in the transaction at hand: all of it, or
   the good rows where asked. The import becomes COMMITTED, with its `result`. What is there already
   is left as it is. Until its end the import's row is not locked. ERR_LIMITED: another one of
   the tenant is being committed; ERR_CONFLICT: it is in another state; ERR_INVALID: as of
   import_queue, or attachments that cannot be read. */
enum err import_commit(struct ctx *c, const char *id, const struct import_how *how) must_check;
