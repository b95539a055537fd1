/* What goes with parcels on paper: labels of carriers that have none of their own, what is to be
   fetched, and the manifests of what was handed over. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

#include <json-c/json.h>
#include <stdbool.h>

extern const struct domain paper_domain;

#define MANIFEST_MOST 500 /* parcels on one */

/* The label of a shipment, as a PDF or, `zpl`, for label printers. ERR_CONFLICT with the reason
   where none can be drawn; ERR_NOT_FOUND. */
enum err paper_label(struct ctx *c, const char *shipment_id, bool zpl, struct str *out) must_check;

/* Whether paper_label has one, by the document of shipment_get. */
bool paper_has_label(struct json_object *shipment);

/* {carriers: [{carrier, carrierName, parcels}]}: what waits to be handed over, by carrier. A parcel
   does that has a number, is no dry run, is on no manifest, and was not seen by its carrier. */
enum err handover_waiting(struct ctx *c, struct json_object **out) must_check;

/* The list of what waits for a carrier. ERR_CONFLICT: nothing does. */
enum err handover_list(struct ctx *c, const char *carrier, struct str *pdf) must_check;

/* Puts what waits for a carrier, at most MANIFEST_MOST, on a new manifest, tells each timeline and
   the audit. In the transaction at hand. ERR_CONFLICT: nothing waits. */
enum err manifest_make(struct ctx *c, const char *carrier, const char **id) must_check;

/* {manifests, next}: the latest first, 50 at a time. */
enum err manifest_list(struct ctx *c, const char *after, struct json_object **out) must_check;

/* One with the shipments on it. ERR_NOT_FOUND. */
enum err manifest_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* To be signed by who takes the parcels over; *name: of the file. ERR_NOT_FOUND. */
enum err manifest_file(struct ctx *c, const char *id, struct str *pdf,
                       const char **name) must_check;
