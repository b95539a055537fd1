/* Merkle trees over a stream of leaves: a stack of whole subtrees, as many as the count has bits.
 */
#include "proof/merkle.h"

#include <sodium.h>
#include <string.h>

static void digest(unsigned char prefix, const void *a, size_t a_n, const void *b, size_t b_n,
                   unsigned char out[SHA256_SIZE])
{
    crypto_hash_sha256_state s;
    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, &prefix, 1);
    crypto_hash_sha256_update(&s, a, a_n);
    crypto_hash_sha256_update(&s, b, b_n);
    crypto_hash_sha256_final(&s, out);
}

static void step(struct merkle *m, const struct merkle_node *other, bool left)
{
    struct merkle_step *s = &m->path[m->steps++];
    memcpy(s->hash, other->hash, SHA256_SIZE);
    s->left = left;
}

/* Makes one of the last two subtrees. */
static void join(struct merkle *m)
{
    struct merkle_node *a = &m->stack[m->n - 2], *b = &m->stack[m->n - 1];
    if (a->holds_wanted)
        step(m, b, false);
    if (b->holds_wanted)
        step(m, a, true);
    digest(1, a->hash, SHA256_SIZE, b->hash, SHA256_SIZE, a->hash);
    a->size += b->size;
    a->holds_wanted = a->holds_wanted || b->holds_wanted;
    m->n--;
}

void merkle_add(struct merkle *m, const unsigned char *bytes, size_t n)
{
    struct merkle_node *leaf = &m->stack[m->n++];
    digest(0, bytes, n, "", 0, leaf->hash);
    leaf->size = 1;
    if (m->keep)
        buf_put(m->keep, leaf->hash, SHA256_SIZE);
    leaf->holds_wanted = m->path_wanted && m->wanted == m->leaves;
    if (leaf->holds_wanted)
        memcpy(m->leaf, leaf->hash, SHA256_SIZE);
    m->leaves++;
    while (m->n > 1 && m->stack[m->n - 2].size == m->stack[m->n - 1].size)
        join(m);
}

void merkle_root(struct merkle *m, unsigned char out[SHA256_SIZE])
{
    while (m->n > 1)
        join(m);
    if (m->n)
        memcpy(out, m->stack[0].hash, SHA256_SIZE);
    else
        sha256("", 0, out);
}

/* ---- whole ones ---- */

static const unsigned char *node(const struct merkle_levels *t, int level, uint64_t i)
{
    return t->nodes[level] + i * SHA256_SIZE;
}

/* Pairs are joined level by level; a last one without a pair goes up as it is, which makes the same
   tree as splitting at the largest power of two. */
static void join_level(struct arena *a, struct merkle_levels *t)
{
    int below = t->n - 1;
    uint64_t n = t->counts[below];
    unsigned char *up = arena_alloc(a, (size_t)((n + 1) / 2) * SHA256_SIZE);
    for (uint64_t i = 0; i + 1 < n; i += 2)
        digest(1, node(t, below, i), SHA256_SIZE, node(t, below, i + 1), SHA256_SIZE,
               up + i / 2 * SHA256_SIZE);
    if (n % 2)
        memcpy(up + n / 2 * SHA256_SIZE, node(t, below, n - 1), SHA256_SIZE);
    t->counts[t->n] = (n + 1) / 2;
    t->nodes[t->n++] = up;
}

void merkle_levels(struct arena *a, const unsigned char *hashes, uint64_t n,
                   struct merkle_levels *out)
{
    *out = (struct merkle_levels){ .n = 1, .counts = { n }, .nodes = { hashes } };
    while (out->counts[out->n - 1] > 1)
        join_level(a, out);
}

int64_t merkle_find(const struct merkle_levels *t, const unsigned char hash[SHA256_SIZE])
{
    for (uint64_t i = 0; i < t->counts[0]; i++)
        if (memcmp(node(t, 0, i), hash, SHA256_SIZE) == 0)
            return (int64_t)i;
    return -1;
}

int merkle_path(const struct merkle_levels *t, uint64_t leaf, struct merkle_step out[MERKLE_HEIGHT])
{
    int steps = 0;
    for (int level = 0; level + 1 < t->n; level++, leaf /= 2) {
        uint64_t other = leaf ^ 1;
        if (other >= t->counts[level])
            continue;
        out[steps].left = other < leaf;
        memcpy(out[steps++].hash, node(t, level, other), SHA256_SIZE);
    }
    return steps;
}

/* ---- roots of days ---- */

bool hash_read(const char *text, unsigned char out[SHA256_SIZE])
{
    size_t n = 0;
    return text && sodium_hex2bin(out, SHA256_SIZE, text, strlen(text), NULL, &n, NULL) == 0 &&
           n == SHA256_SIZE;
}

enum err root_of(struct arena *a, const char *previous, const char *day, const char *merkle,
                 const char **out)
{
    unsigned char all[SHA256_SIZE + 10 + SHA256_SIZE], hash[SHA256_SIZE];
    if (!hash_read(previous, all) || strlen(day) != 10 ||
        !hash_read(merkle, all + SHA256_SIZE + 10))
        return ERR_INTERNAL;
    memcpy(all + SHA256_SIZE, day, 10);
    sha256(all, sizeof(all), hash);
    *out = hex(a, hash, SHA256_SIZE);
    return OK;
}
