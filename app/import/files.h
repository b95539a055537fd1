/* The attachments of an import: PDFs in a zip file or a folder, found by their name in the CSV. */
#pragma once

#include "base/ctx.h"
#include "store/store.h"

#include <stdbool.h>

#define ATTACHMENT_LIMIT ((size_t)25 * 1024 * 1024)        /* bytes of one */
#define ATTACHMENTS_LIMIT ((size_t)2 * 1024 * 1024 * 1024) /* bytes of all, unpacked */
#define ATTACHMENT_COUNT 100000

struct attachments_from { /* one of the two, or neither */
    struct str zip;
    const char *folder;
};

struct attachment {
    const char *name; /* relative, with /; as in the archive */
    const char *key;  /* folded, for the search */
    size_t size;
    const char *problem; /* why it cannot be attached; NULL */
    bool used;           /* a row names it */
    struct blob blob;    /* set by attachments_store; sha256 "" before */
};

/* Who is told, as work goes on, how many communications are written; what it answers, if not OK,
   ends the work and is its answer. */
struct import_watch {
    enum err (*look)(void *to, int64_t written);
    void *to;
};

struct attachments {
    struct attachment *at; /* sorted by key */
    size_t n;
    bool given; /* a zip or a folder was given at all */
};

/* Lists what is there; nothing is unpacked to disk. ERR_INVALID with *why: no zip file, damaged,
   over the limits, or a name that leads out of the archive. */
enum err attachments_list(struct arena *a, const struct attachments_from *from,
                          struct attachments *out, const char **why) must_check;

/* The one a row means: the same name, else the same but for case, accents and the direction of
   slashes. NULL with *why where there is none, or it cannot be attached. */
struct attachment *attachments_find(struct arena *a, const struct attachments *set,
                                    const char *name, const char **why);

/* Puts those in use into the store, as one batch that is durable with OK; `watch` is looked at
   after each, or NULL. ERR_INVALID with *why as above. */
enum err attachments_store(struct arena *a, const struct attachments_from *from,
                           struct attachments *set, struct store *store,
                           const struct import_watch *watch, const char **why) must_check;
