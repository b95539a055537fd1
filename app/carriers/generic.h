/* What a carrier without a format of its own posts: a JSON of ours, which the README describes.
   Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "carriers/scan.h"

#define CALLBACK_MAPPER "generic.callback/1"

struct callback_fault {
    const char *field, *message; /* "events[2].occurredAt", "is missing" */
};

/* The news of one parcel of `carrier`. A status that is none of ours is kept as a code and moves
   nothing. zone_minutes, east of UTC, is of times that name no zone. ERR_INVALID sets *fault. */
enum err callback_read(struct arena *a, struct str body, int zone_minutes, const char *carrier,
                       struct parcel_news *out, struct callback_fault *fault) must_check;
