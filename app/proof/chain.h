/* Reading a hash chain: which of its rows was the first to be changed, taken out or put in. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct chain_row {
    long long seq;
    const char *id, *hash, *prev; /* hash and prev in hexadecimal; the first row's prev is "" */
    bool whole;                   /* its hash is that of its fields */
};

struct chain {
    const struct chain_row *rows; /* by seq */
    size_t n;
    long long first;  /* the number the first row must have */
    const char *prev; /* the hash before it, "" */
    long long head_seq;
    const char *head; /* number and hash of the last row, as kept elsewhere; "" for no row */
    bool more;        /* rows follow that are not given; the last given one is taken as linked */
};

enum chain_break { CHAIN_HOLDS, CHAIN_CHANGED, CHAIN_REMOVED, CHAIN_INSERTED };

struct chain_finding {
    enum chain_break what;
    long long seq;               /* where it is, or was */
    const struct chain_row *row; /* NULL where it is gone, or only the head does not fit */
    const char *missing;         /* the hash of a row that is gone; NULL: not known */
};

/* The first row that is not as it was written. A row counts as written where it is whole, links to
   the one before and is linked from the one behind or the head. */
struct chain_finding chain_check(const struct chain *c);
