/* The table of shipments: narrowed by the bar over it, what moved last first. */
#pragma once

#include "base/ctx.h"
#include "web/qualifier.h"

#include <json-c/json.h>
#include <stdbool.h>

#define SHIPMENTS_TABLE "/shipments/table"

/* What it is asked for; NULL: any. */
struct shipment_query {
    const char *q;      /* as in the bar */
    const char *status; /* one of parcel_status_names, beside the bar */
    const char *after;  /* cursor */
    long without;       /* of the page: the place of the word that is taken away, from 1; 0 */
};

/* What the bar understands; key NULL at the end. */
extern const struct qualifier shipment_qualifiers[];

/* Reads the bar: *filter is what the function shipments_matching takes, with what it names looked
   up. ERR_INVALID with a fault of `q` for each wrong qualifier. */
enum err shipment_filter(struct ctx *c, const char *q, const char *status,
                         struct json_object **filter) must_check;

/* {shipments, q, next}, 50 at a time; `next` is a cursor or null. ERR_INVALID: faults of q or
   after. */
enum err shipment_list(struct ctx *c, const struct shipment_query *q,
                       struct json_object **out) must_check;

/* Which words of a bar that finds nothing may go so that something is found, at most three: [{text,
   href}]. */
enum err shipments_nearest(struct ctx *c, const struct shipment_query *q,
                           struct json_object **out) must_check;

/* What the bar understands and is completed from: [{name, help, values, fixed}]. */
enum err shipments_help(struct ctx *c, struct json_object **out) must_check;
