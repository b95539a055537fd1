/* What a list of messages is narrowed to, as people write it: qualifiers and words. */
#pragma once

#include "base/ctx.h"
#include "web/qualifier.h"

#include <json-c/json.h>

extern const struct qualifier qualifiers[];

/* As qualifiers_parse has it: *filter is what the function communications_matching takes (year: of
   numbers; tag: of alternatives with commas between, all to be met). Pure. */
enum err filter_parse(struct ctx *c, const char *text, struct json_object **filter) must_check;

/* Codes of buildings become ids, among those the actor may see; days become the times they begin
   at where the tenant is. ERR_INVALID with a fault of `q`. */
enum err filter_resolve(struct ctx *c, struct json_object *filter) must_check;

/* Both: what a request asks for. */
enum err filter_read(struct ctx *c, const char *text, struct json_object **filter) must_check;

/* Compact text of a filter, for statements. */
const char *filter_json(struct ctx *c, struct json_object *filter);
