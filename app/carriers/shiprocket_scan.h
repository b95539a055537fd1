/* What Shiprocket says of parcels, in a webhook or an answer to who asks. Its times are those of
   India (+05:30), which none of them says. Pure. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "carriers/scan.h"

#define SHIPROCKET_MAPPER "shiprocket.scan/1"

/* A webhook's body: one parcel. ERR_INVALID sets *why to a sentence. */
enum err shiprocket_read(struct arena *a, struct str body, struct parcel_news *out,
                         const char **why) must_check;

/* The answer to track/awbs: of each parcel that it knows something of. The same scan has the same
   key in both. */
void shiprocket_tracked(struct arena *a, struct json_object *answer, struct parcel_news **out,
                        size_t *n);
