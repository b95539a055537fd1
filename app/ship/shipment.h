/* Shipments: made for a purchase order, shown, and moved by staff. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <stdbool.h>

/* A parcel that somebody handed to a carrier; texts are NULL where not given. */
struct shipment_new {
    const char *purchase_order_id; /* uuid */
    const char *carrier, *carrier_name, *service, *tracking_number;
    const char *promised_on;  /* a day: 2026-05-12 */
    bool track;               /* by Ship24 */
    const char *courier_code; /* Ship24's, for that */
    bool dry_run;             /* a stand-in took it on: there is no parcel */
    const char *added_at;     /* RFC 3339; NULL: now */
};

/* Makes it with its first event and has its order follow. ERR_INVALID names the field;
   ERR_CONFLICT: the shipment that has this carrier and number is named. */
enum err shipment_add(struct ctx *c, const struct shipment_new *n, const char **id) must_check;

#define TRACKING_NUMBER_MOST 60
#define CARRIER_CODE_MOST 40

/* "1z 999 aa1" as carriers compare it, "1Z999AA1"; NULL: over 60 characters, or others than
   letters, digits and -_/. are in it. Pure. */
const char *tracking_number_of(struct arena *a, const char *text);

/* "Swiss Post" as it is kept, "swiss-post"; NULL: over 40 characters, or others than letters,
   digits, blanks and -_. are in it, or it begins with none of the first two. Pure. */
const char *carrier_code_of(struct arena *a, const char *text);

/* One with its order, timeline and what its customer was told. ERR_NOT_FOUND. */
enum err shipment_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* What somebody here says of it. */
struct shipment_claim {
    const char *status;      /* one of parcel_status_names */
    const char *occurred_at; /* as when_read has it; NULL: now */
    const char *note, *location;
};

/* Sets its status. *moved: it is another one. ERR_CONFLICT: it would go backwards, and the
   transaction is to be rolled back; ERR_NOT_FOUND. */
enum err shipment_set(struct ctx *c, const char *id, const struct shipment_claim *claim,
                      bool *moved) must_check;

/* Writes a note on its timeline. ERR_NOT_FOUND. */
enum err shipment_note(struct ctx *c, const char *id, const char *note) must_check;
