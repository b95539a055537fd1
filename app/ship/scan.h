/* What carriers say, brought to the timelines of shipments. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"
#include "carriers/scan.h"
#include "inbox/inbox.h"

#include <json-c/json.h>

#define SHIP24_HOOK_PATH "/api/webhooks/ship24"
#define CALLBACK_HOOK_PATH "/api/carriers/:carrier/callback"
#define SHIPROCKET_HOOK_PATH "/api/hooks/c/:token"

extern const struct hook carrier_hooks[];

/* Of which of carrier_hooks, of whose account, by which request; inbox_id NULL: of none, the
   carrier was asked. */
struct news_origin {
    const char *provider, *account_id, *inbox_id, *mapper;
};

/* The news in a body of the hook of this provider, by the settings of its account. ERR_INVALID sets
 *why to a sentence. Pure. */
enum err news_read(struct arena *a, const char *provider, struct str body,
                   struct json_object *settings, struct parcel_news **out, size_t *n,
                   const char **why) must_check;

/* Appends the news to the shipment it is of: the one whose id we gave the carrier, or the one with
   its number, where several have it that of the courier. What is nobody's, or could be several's,
   is kept until a shipment has the number, if a request told it: then *found is false. In the
   transaction at hand. */
enum err news_apply(struct ctx *c, const struct parcel_news *news, const struct news_origin *from,
                    bool *found) must_check;

struct job;

/* The job ship.match {shipmentId}: appends what was kept of its number, as one change. */
enum err scans_match(struct job *j) must_check;

#define UNMATCHED_DAYS 90

/* The job ship.prune: drops unmatched parcels of which nobody told for UNMATCHED_DAYS. Of every
   tenant. */
enum err unmatched_prune(struct job *j) must_check;

/* {items, nextCursor}: parcels that carriers tell of and no shipment has, the latest first. */
enum err unmatched_list(struct ctx *c, const char *after, struct json_object **out) must_check;
