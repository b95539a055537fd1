/* Reading a hash chain: the rows vouch for each other by their links, so that one which does not
 * fit is told from its neighbours, which only seem not to. */
#include "proof/chain.h"

#include <string.h>

struct place {
    const struct chain *c;
    size_t i;      /* of the row at hand */
    long long seq; /* the number it must have */
    const char *prev;
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static struct chain_finding found(enum chain_break what, long long seq, const struct chain_row *row)
{
    return (struct chain_finding){ .what = what, .seq = seq, .row = row };
}

static struct chain_finding gone(long long seq, const char *hash)
{
    return (struct chain_finding){ .what = CHAIN_REMOVED, .seq = seq, .missing = hash };
}

/* Whether another row or the head says that this one comes before it, and it is no copy. */
static bool linked(const struct chain *c, const struct chain_row *r)
{
    bool yes = c->more ? r == c->rows + c->n - 1 : same(c->head, r->hash);
    for (const struct chain_row *x = c->rows; x < c->rows + c->n; x++) {
        if (x != r && x->whole && !r->whole && same(x->hash, r->hash))
            return false;
        yes = yes || (x != r && same(x->prev, r->hash));
    }
    return yes;
}

static bool fits(const struct place *p, const struct chain_row *r)
{
    return r->seq == p->seq && r->whole && same(r->prev, p->prev);
}

/* How many rows there are beyond those the head counts; below zero: too few. */
static long long surplus(const struct chain *c)
{
    return c->more ? 0 : (long long)c->n - (c->head_seq - c->first + 1);
}

static struct chain_finding end(const struct place *p)
{
    const struct chain *c = p->c;
    const struct chain_row *last = c->n ? c->rows + c->n - 1 : NULL;
    if (c->more)
        return found(CHAIN_HOLDS, 0, NULL);
    if (p->seq - 1 < c->head_seq)
        return gone(p->seq, p->seq == c->head_seq ? c->head : NULL);
    if (p->seq - 1 > c->head_seq)
        return found(CHAIN_INSERTED, c->head_seq + 1, last);
    return same(c->head, p->prev) ? found(CHAIN_HOLDS, 0, NULL)
                                  : found(CHAIN_CHANGED, p->seq - 1, last);
}

/* The row of this number is gone; the one behind it tells its hash. */
static struct chain_finding gone_before(long long seq, const struct chain_row *next)
{
    return gone(seq, next->seq == seq + 1 && next->whole ? next->prev : NULL);
}

/* No row has the number that is due. */
static struct chain_finding gap(const struct place *p)
{
    for (size_t i = p->i; i < p->c->n; i++) {
        const struct chain_row *r = p->c->rows + i;
        if (!r->whole && same(r->prev, p->prev) && linked(p->c, r))
            return found(CHAIN_CHANGED, p->seq, r); /* it has another number now */
    }
    return gone_before(p->seq, p->c->rows + p->i);
}

/* Several rows have the number: one is the chain's, another was put. */
static struct chain_finding crowd(const struct place *p, size_t n)
{
    const struct chain *c = p->c;
    const struct chain_row *ours = NULL;
    for (size_t i = p->i; i < p->i + n; i++)
        if (!ours || (linked(c, c->rows + i) && (fits(p, c->rows + i) || !linked(c, ours))))
            ours = c->rows + i;
    const struct chain_row *other = ours == c->rows + p->i ? ours + 1 : c->rows + p->i;
    return found(linked(c, other) ? CHAIN_CHANGED : CHAIN_INSERTED, p->seq, other);
}

/* A row that fits what is before it, but nothing behind it knows of it. */
static struct chain_finding unlinked(const struct place *p)
{
    const struct chain *c = p->c;
    const struct chain_row *r = c->rows + p->i, *next = r + 1;
    if (p->i + 1 == c->n) {
        if (p->seq < c->head_seq)
            return gone(p->seq + 1, p->seq + 1 == c->head_seq ? c->head : NULL);
        return found(p->seq > c->head_seq ? CHAIN_INSERTED : CHAIN_CHANGED, p->seq, r);
    }
    if (next->seq > p->seq + 1)
        return gone_before(p->seq + 1, next);
    if (next->whole)
        return linked(c, next) ? found(CHAIN_CHANGED, p->seq, r)
                               : found(CHAIN_CHANGED, next->seq, next);
    if (same(next->prev, p->prev))
        return found(CHAIN_INSERTED, p->seq, r); /* those behind it were numbered anew */
    if (surplus(c) < 0)
        return gone(p->seq + 1, next->prev);
    return found(CHAIN_CHANGED, next->seq, next);
}

/* The one row of this number does not fit what is before it. */
static struct chain_finding misfit(const struct place *p)
{
    const struct chain_row *r = p->c->rows + p->i;
    if (surplus(p->c) > 0 && !linked(p->c, r))
        return found(CHAIN_INSERTED, p->seq, r);
    if (surplus(p->c) < 0 && !r->whole && !same(r->prev, p->prev))
        return gone(p->seq, r->prev); /* those behind it were numbered anew */
    return found(CHAIN_CHANGED, p->seq, r);
}

struct chain_finding chain_check(const struct chain *c)
{
    struct place p = { c, 0, c->first, c->prev };
    for (; p.i < c->n; p.i++, p.seq++) {
        const struct chain_row *r = c->rows + p.i;
        size_t n = 0;
        while (p.i + n < c->n && r[n].seq == p.seq)
            n++;
        if (r->seq < p.seq)
            return found(linked(c, r) ? CHAIN_CHANGED : CHAIN_INSERTED, r->seq, r);
        if (n == 0)
            return gap(&p);
        if (n > 1)
            return crowd(&p, n);
        if (!fits(&p, r))
            return misfit(&p);
        if (!linked(c, r))
            return unlinked(&p);
        p.prev = r->hash;
    }
    return end(&p);
}
