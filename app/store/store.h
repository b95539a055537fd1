/* The blob store: files by the SHA-256 of their content. */
#pragma once

#include "base/app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* A kind of store is a table of functions (store/backend.h): local now, S3 and Azure later.
   A full disk, too many open files or a failing device answer ERR_RETRY, an unwritable folder
   ERR_INTERNAL; both are logged here, once, with path and reason. */
struct store;

/* The local store in folder `dir` (made if absent). NULL with a log line where it cannot be
 * written. */
struct store *store_local(struct arena *a, const char *dir);

struct blob {
    char sha256[65]; /* lower-case hex */
    size_t size;
    /* Sniffed from the content, never the sender's word: PDF, PNG, JPEG, WebP, ZIP, CSV, plain
       text, message/rfc822; all else is application/octet-stream. */
    const char *content_type;
};

/* Writing: temporary file, fsync, rename to ab/cd/<sha256>. */
struct blob_writer;
enum err store_begin(struct store *s, struct arena *a, size_t limit,
                     struct blob_writer **out) must_check;
enum err blob_write(struct blob_writer *w, const void *bytes,
                    size_t n) must_check; /* ERR_LIMITED over the limit */
enum err blob_finish(struct blob_writer *w,
                     struct blob *out) must_check; /* not called: dropped with the arena */

enum err store_put(struct store *s, struct arena *a, struct str bytes, struct blob *out) must_check;

/* Many blobs at once: those finished between the two are durable when store_flush answered OK, and
   need not be before; it waits for the disk once instead of thrice per blob. Each store_batch
   needs its store_flush, after an error too. */
void store_batch(struct store *s);
enum err store_flush(struct store *s) must_check;

/* The content, mapped read-only for the life of the arena. ERR_NOT_FOUND. */
enum err store_get(struct store *s, struct arena *a, const char *sha256,
                   struct str *out) must_check;

/* Removes one for good; none there is as well. Whose row refers to it is for the caller to know
   (blob_forget in SQL, blob_keep in store/keep.h). */
enum err store_remove(struct store *s, struct arena *a, const char *sha256) must_check;
/* Unlinks one that nothing names any more, unless it was put in the last `grace_seconds`: who put
   it may be about to name it; 0: at any age. *gone: it is not there now. */
enum err store_sweep(struct store *s, struct arena *a, const char *sha256, int grace_seconds,
                     bool *gone) must_check;

/* Digests of what lies in one part of the store and was put longer ago than that, as an array of
   SQL. */
enum { STORE_PARTS = 256 };
enum err store_old(struct store *s, struct arena *a, int part, int older_seconds,
                   struct buf *digests) must_check;

/* Size and sniffed type of one that is there. ERR_NOT_FOUND. */
enum err store_find(struct store *s, struct arena *a, const char *sha256,
                    struct blob *out) must_check;

/* The path nginx serves it from: "/_blobs/ab/cd/<sha256>". */
const char *store_accel_path(struct arena *a, const char *sha256);

/* A link that works without a login until it expires: "/files/<sha256>?…", signed with the
 * settings' key. */
const char *store_link(struct app *app, struct arena *a, const char *tenant_id, const char *sha256,
                       const char *file_name, int seconds);

/* What a request for such a link may get. Expired is told only of links that were good. */
enum link_state { LINK_WRONG, LINK_EXPIRED, LINK_GOOD };
enum link_state store_link_check(struct app *app, struct arena *a, const char *sha256,
                                 const char *tenant_id, const char *file_name, const char *expires,
                                 const char *tag);
