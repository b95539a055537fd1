/* The way from an event to the root of its day, as manifests tell it. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <libpq-fe.h>

/* The tree of the day that was asked for last: most messages of a set are of one. */
struct day_trees;
struct day_trees *day_trees_new(struct arena *a);

/* Of a row of evidence_rooted; *out is NULL where there is none. trees may be NULL: then the day's
   events are read without being kept. */
enum err inclusion_find(struct ctx *c, struct day_trees *trees, const PGresult *rooted,
                        struct json_object **out) must_check;
