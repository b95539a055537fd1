/* Checking the hash chains of timelines. */
#pragma once

#include "base/ctx.h"

struct verification {
    long long communications, events, bad; /* bad: communications whose chain does not hold */
    const char *first_bad;                 /* its id, NULL where all hold */
    long long first_bad_event; /* the number of its first that was changed, removed or put */
};

/* Checks every timeline of the tenant at hand, outside a transaction. */
enum err timelines_verify(struct ctx *c, struct verification *out) must_check;
