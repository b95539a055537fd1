/* What Ship24 posts and answers, read (its OpenAPI document ship24-tracking-api: the webhook
   "your-endpoint", the results of a tracker). Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "carriers/scan.h"

#define SHIP24_MAPPER "ship24.tracking/1"

/* The news of each parcel in a body: of trackings, or of one proof of delivery. The milestone tells
   the status; code and category are kept. zone_minutes, east of UTC, is of times that name no zone.
   A shipment's milestone that none of its events carries is a scan of its own, graded 'C'.
   ERR_INVALID sets *why to a sentence. */
enum err ship24_read(struct arena *a, struct str body, int zone_minutes, struct parcel_news **out,
                     size_t *n, const char **why) must_check;

/* What makes two deliveries of the webhook the same: its messageId, or a digest of several. NULL:
   some have none. */
const char *ship24_message_key(struct arena *a, struct str body);
