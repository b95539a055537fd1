/* Calls to Ship24, which tracks what others carry. The account's settings are `endpoint` (default
   https://api.ship24.com/public/v1), its secret `apiKey`. Each is one call outside a transaction,
   never repeated inside; errors as ship24_judge tells them, and ERR_DENIED without a key. */
#pragma once

#include "base/buf.h"
#include "carriers/carrier.h"

#define SHIP24_BULK_MOST 100

enum ship24_outcome {
    SHIP24_UNTOLD,  /* the answer does not tell */
    SHIP24_MADE,    /* it is tracked: external_id; also where it was before */
    SHIP24_REFUSED, /* for good: sentence, code */
    SHIP24_TAKEN,   /* our id is a tracker's with other values */
    SHIP24_LATER    /* not for a fault of its own: the quota */
};

struct ship24_parcel {
    const char *client_id;     /* ours, of one shipment */
    struct json_object *asked; /* the body of its creation, the same at every try */
    enum ship24_outcome outcome;
    const char *external_id, *sentence, *code;
};

/* Asks for trackers: of one parcel, or at most SHIP24_BULK_MOST in one call. OK, or ERR_INVALID of
   a bulk that tells of each: the outcomes are set. The same values again make no second tracker. */
enum err ship24_track(struct carrier_call *call, struct ship24_parcel *list, size_t n,
                      struct carrier_result *out) must_check;

/* The tracker that has our id. ERR_NOT_FOUND: surely none. ERR_CONFLICT: it is of another number.
 */
enum err ship24_find(struct carrier_call *call, const char *client_id, const char *tracking_number,
                     const char **external_id, struct carrier_result *out) must_check;

/* All that is known of a tracker's parcel, as ship24_read reads it. */
enum err ship24_results(struct carrier_call *call, const char *external_id, struct str *body,
                        struct carrier_result *out) must_check;

/* Has all it has posted of a tracker posted again; *resent counts them. */
enum err ship24_resend(struct carrier_call *call, const char *external_id, int *resent,
                       struct carrier_result *out) must_check;

/* What stands in for ship24_track in a dry run: answers as Ship24 does, and nothing is tracked. */
enum err ship24_rehearse(struct carrier_call *call, struct ship24_parcel *list, size_t n,
                         struct carrier_result *out) must_check;

extern const struct carrier carrier_ship24;
