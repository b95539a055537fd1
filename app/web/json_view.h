/* JSON to be read by people: what templates/partials/json.mustache shows. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <json-c/json.h>

#define JSON_VIEW_PAGE 1500 /* values that a page shows in all */

/* A document's text as a tree of {members: [node]}, a node {key, text, comma, opens, closes, count,
   open, members, more}: keys in order, numbers and strings as they were written, at most 400
   values, and 100 members of one. `left`, of the page, goes down by what is shown. Member `without`
   of the outermost object is left out; NULL: none is. NULL: it is no JSON, or an object or array of
   nothing. */
struct json_object *json_view(struct arena *a, struct str text, const char *without, int *left);
