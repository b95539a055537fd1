/* What a kind of store must be able to do: a table of functions, looked up once when it is opened.
 */
#pragma once

#include "store/store.h"

#include <magic.h>
#include <stdbool.h>

/* A file being written; each kind keeps its own struct behind it. What is not kept by `finish` is
   dropped with the arena. All answer ERR_RETRY where the store is full or out of reach and
   ERR_INTERNAL where it refuses us, logged where it was found. */
struct store_backend {
    const char *name;
    enum err (*begin)(struct store *s, struct arena *a, void **file);
    enum err (*write)(void *file, const void *bytes, size_t n);
    /* Keeps it under its digest, durable unless the store is batching. A batch leaves one that is
     * there with the same size as it is. */
    enum err (*finish)(void *file, const char *sha256, size_t size);
    /* Makes durable what was finished while batching. */
    enum err (*flush)(struct store *s);
    /* The whole content. ERR_NOT_FOUND. */
    enum err (*get)(struct store *s, struct arena *a, const char *sha256, struct str *out);
    /* Gone for good; OK where it was not there. */
    enum err (*remove)(struct store *s, struct arena *a, const char *sha256);
    /* As store_sweep. One that is put meanwhile stays. */
    enum err (*sweep)(struct store *s, struct arena *a, const char *sha256, int grace_seconds,
                      bool *gone);
    /* As store_old. */
    enum err (*old)(struct store *s, struct arena *a, int part, int older_seconds,
                    struct buf *digests);
};

struct store {
    const struct store_backend *backend;
    const char *place; /* folder, bucket, container */
    magic_t magic;     /* of this process */
    bool batching;
};

/* Loads libmagic's table for the store, closed with the arena. NULL with a log line. */
struct store *store_open(struct arena *a, const struct store_backend *backend, const char *place);
