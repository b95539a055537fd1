/* The file of an export while it is written: what its formats share. */
#pragma once

#include "exports/exports.h"
#include "exports/format.h"
#include "jobs/watch.h"
#include "store/store.h"

struct writing {
    struct ctx *c;
    const char *id;
    const char *what;
    const struct export_format *format;
    struct actor asker; /* as he stands now */
    const char *filter; /* jsonb */
    bool listed;
    struct job_watch *watch;
    struct blob_writer *blob;
    struct buf out;          /* what is not in the blob yet */
    struct buf buildings;    /* those it has rows of, as an array of SQL */
    struct buf written;      /* of one that is listed: what it has, in the same way */
    const char *building_id; /* of the row at hand; NULL: there was none */
    int64_t rows, scanned, scope;
};

/* Notes whose row comes next. Rows come building by building. `id`: which; NULL where it is not
   listed. */
void writing_note(struct writing *w, const char *building_id, const char *id);

/* Keeps the lease and tells how far it is; answers as job_watch_look. */
enum err writing_look(struct writing *w) must_check;

/* Writes what is in w->out to the blob. */
enum err writing_flush(struct writing *w) must_check;

/* The rows of shipments. ERR_DENIED: who asked does not see all buildings any more. */
enum err shipments_write(struct writing *w) must_check;

/* The file of the format evidence: packs of the messages of these batches. */
enum err packs_write(struct writing *w, const PGresult *batches, struct blob *out) must_check;
