/* The figures over a list of messages: how many moved when, and what failures have in common. */
#pragma once

#include "base/ctx.h"
#include "messages/messages.h"
#include "web/shape.h"

extern const char *const figure_periods[]; /* "24h", "7d", "30d"; NULL at the end */

/* {period, from, to, step, counted, searched, buckets: [{from, to, total, statuses}], failures:
   [{reason, code, provider, count, since, last, q, href}]}. Messages stand where they last moved,
   in the state they are in; of more than FIGURES_MOST the last ones are counted, and searched says
   so. period NULL: 7d. ERR_INVALID: faults of q. */
#define FIGURES_MOST 100000
enum err messages_figures(struct ctx *c, const char *q, const char *period,
                          struct json_object **out) must_check;

/* Adds what a page shows: bars of the histogram, its layers and periods, links into the list. */
void figures_dress(struct ctx *c, struct json_object *figures);

extern const struct shape figures_shape;
