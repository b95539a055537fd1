/* What pages say of a communication: what happened, what it means, what can be done. */
#pragma once

#include "base/arena.h"

#include <json-c/json.h>
#include <stdbool.h>

struct words_of {
    struct json_object *communication; /* its document */
    bool agent;                        /* who reads it may act */
    bool refused;                      /* its channel takes nothing to its address any more */
    const char *kept;   /* by its run: "PAUSED", or "CANARY", as others go first; NULL: it is not */
    const char *others; /* channels that would take it, "letter or SMS"; NULL: none */
};

/* Sets happened, means and can of `to`. */
void communication_words(struct arena *a, const struct words_of *of, struct json_object *to);
