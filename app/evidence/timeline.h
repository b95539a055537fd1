/* Checking a timeline of a pack by itself: each event, the chain, the way to a root. Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "evidence/verify.h"

#include <json-c/json.h>

/* What an event says, once its hash holds. */
struct event_told {
    long long seq;
    const char *type, *status_after;
    struct json_object *detail; /* NULL: it was removed with the words */
};

struct timeline_check {
    const char *communication_id;
    struct str lines;              /* timeline.jsonl */
    struct json_object *chain;     /* of the manifest: events, head */
    struct json_object *inclusion; /* of the manifest; NULL: under no root yet */
    long long events;              /* read */
    struct event_told *told;       /* in their order, where it holds */
};

/* NULL: it holds. Else the first thing that does not, in a sentence that names it. */
const char *timeline_check(struct arena *a, struct timeline_check *t);
