/* What a list of messages is narrowed to, as people write it: qualifiers and words. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* A qualifier as the bar, its help and its completion know it. */
struct qualifier {
    const char *name;          /* "status": written "status:failed" */
    const char *key;           /* of the filter: "status"; NULL after the last */
    const char *not_key;       /* for "-status:…"; NULL: it cannot be turned around */
    const char *const *values; /* all there are, NULL at the end; NULL: any */
    const char *help;
};
extern const struct qualifier qualifiers[];

/* Reads `status:failed,bounced -channel:sms building:LH-12 "two words" word`: qualifiers narrow
   together, values of one with commas are alternatives, all words must be found. *filter is what
   the function communications_matching takes, its keys in the order of `qualifiers` and then text
   and notText, each an array of texts (year: of numbers; tag: of alternatives with commas between,
   all to be met; before and after: a time, a day, or "7d" for so many days ago); {} for NULL or "".
   ERR_INVALID with a fault of `q` for each wrong qualifier. Pure. */
enum err filter_parse(struct ctx *c, const char *text, struct json_object **filter) must_check;

/* Codes of buildings become ids, among those the actor may see; days become the times they begin
   at where the tenant is. ERR_INVALID with a fault of `q`. */
enum err filter_resolve(struct ctx *c, struct json_object *filter) must_check;

/* Both: what a request asks for. */
enum err filter_read(struct ctx *c, const char *text, struct json_object **filter) must_check;

/* Compact text of a filter, for statements. */
const char *filter_json(struct ctx *c, struct json_object *filter);
