/* The words, icons and tones that pages of shipments show beside the documents. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* To each of a list's shipments: label, icon, tone, carrierWord, promisedWords. */
void shipments_view(struct ctx *c, struct json_object *list);

/* To a shipment: the same; milestones; the words of its events, order and notifications; statuses,
   [{value, label, selected}]; `poll`, seconds until it is asked for again, absent where nothing is
   expected of it. `chosen`: the status that is chosen in the form; NULL: the one it has. */
void shipment_view(struct ctx *c, struct json_object *d, const char *chosen);

/* [{value, label, selected}] of all statuses, behind one of "" where `all` is not NULL. */
struct json_object *shipment_statuses(const char *all, const char *chosen);
