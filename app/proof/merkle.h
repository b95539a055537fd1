/* Merkle trees as RFC 6962 §2.1 has them, over a stream of leaves: SHA-256, leaves hashed behind a
   byte 0, inner nodes behind a byte 1; the tree of nothing is the digest of nothing. */
#pragma once

#include "base/crypto.h"
#include "base/err.h"

#include <stdint.h>

#define MERKLE_HEIGHT 64

struct merkle_node {
    unsigned char hash[SHA256_SIZE];
    uint64_t size;     /* leaves below it */
    bool holds_wanted; /* the leaf whose path is wanted is below it */
};

/* Zeroed at the start; `wanted` is set where a path is wanted. Its size does not grow with the
   leaves. */
struct merkle {
    uint64_t leaves;
    int n; /* whole subtrees, the largest first */
    struct merkle_node stack[MERKLE_HEIGHT];
    struct buf *keep; /* where the leaves' hashes are added; NULL */
    bool path_wanted;
    uint64_t wanted;                 /* number of a leaf, from 0 */
    unsigned char leaf[SHA256_SIZE]; /* the wanted one's hash */
    int steps;
    struct merkle_step {
        unsigned char hash[SHA256_SIZE];
        bool left; /* it stands left of what was known so far */
    } path[MERKLE_HEIGHT];
};

void merkle_add(struct merkle *m, const unsigned char *bytes, size_t n);

/* The tree's hash; completes the path, from the leaf upward. Nothing may be added after it. */
void merkle_root(struct merkle *m, unsigned char out[SHA256_SIZE]);

/* A whole tree, for the paths of many of its leaves: twice the bytes of `hashes`, which are those
   of n leaves and must stay. */
struct merkle_levels {
    int n;
    uint64_t counts[MERKLE_HEIGHT];
    const unsigned char *nodes[MERKLE_HEIGHT];
};
void merkle_levels(struct arena *a, const unsigned char *hashes, uint64_t n,
                   struct merkle_levels *out);

/* The place of a leaf by its hash; -1: it is none. */
int64_t merkle_find(const struct merkle_levels *t, const unsigned char hash[SHA256_SIZE]);

/* The path of a leaf, from it upward; answers its steps. */
int merkle_path(const struct merkle_levels *t, uint64_t leaf,
                struct merkle_step out[MERKLE_HEIGHT]);

/* ---- roots of days ---- */

/* 32 bytes of hexadecimal; false for any other text, and for NULL. */
bool hash_read(const char *text, unsigned char out[SHA256_SIZE]);

/* H(previous | day | merkle), all in hexadecimal but the day: YYYY-MM-DD. ERR_INTERNAL: not
   hexadecimal. */
enum err root_of(struct arena *a, const char *previous, const char *day, const char *merkle,
                 const char **out) must_check;
