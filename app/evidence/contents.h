/* What a ZIP holds, as its checking needs it: of each entry the digest, of documents the text. */
#pragma once

#include "base/crypto.h"
#include "base/ctx.h"

#include <stdint.h>

struct entry {
    const char *name;
    uint64_t size;
    const char *sha256; /* hexadecimal */
    struct str text;    /* of manifest, message and timeline; p NULL of others */
    const char *words;  /* message_digest of a kept SMS, content/N.txt; NULL: none */
    bool named;         /* a manifest names it */
    bool held;          /* an event of the chain holds its digest */
};

struct contents {
    struct entry *entries; /* by name */
    size_t n;
};

/* Reads all of it. ERR_NOT_FOUND: it cannot be opened; ERR_INVALID: *sentence tells why it is
   refused. */
enum err contents_read(struct ctx *c, const char *path, struct contents *out,
                       const char **sentence) must_check;

/* The entry `folder``name`; NULL: there is none. */
struct entry *contents_find(const struct contents *all, const char *folder, const char *name);
