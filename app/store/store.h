/* The blob store: files by the SHA-256 of their content. */
#pragma once

#include "base/app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct store;

/* How a kind of store does it: local now; S3 and Azure are further tables of this kind. */
struct store_backend;

/* The local store in folder `dir` (made if absent). NULL with a log line where it cannot be
 * written. */
struct store *store_local(struct arena *a, const char *dir);

struct blob {
    char sha256[65]; /* lower-case hex */
    size_t size;
    const char *content_type; /* sniffed from the content, never the sender's word */
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

/* The content, mapped read-only for the life of the arena. ERR_NOT_FOUND. */
enum err store_get(struct store *s, struct arena *a, const char *sha256,
                   struct str *out) must_check;

/* The path nginx serves it from: "/_blobs/ab/cd/<sha256>". */
const char *store_accel_path(struct arena *a, const char *sha256);

/* A link that works without a login until it expires: "/files/<sha256>?…", signed with the
 * settings' key. */
const char *store_link(struct app *app, struct arena *a, const char *tenant_id, const char *sha256,
                       const char *file_name, int seconds);
