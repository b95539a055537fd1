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
