/* Holding a pack's files and message against what the events of its chain say of them. Pure. */
#pragma once

#include "evidence/contents.h"
#include "evidence/timeline.h"

struct claims_check {
    const char *communication_id, *folder;
    const struct event_told *told;
    size_t events;
    const struct contents *all;
    struct json_object *manifest;
};

/* NULL: they agree, and each file that an event holds the digest of is marked as held. Else the
   first that do not, in a sentence that names the file and the event. Files that the manifest names
   must be there. */
const char *claims_check(struct arena *a, const struct claims_check *t);
