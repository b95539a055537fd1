/* The text of the qualifier bar, taken apart and put together again: for chips and links. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* The tokens of a text as they are written, quotation marks and all: at most 40. NULL at the end.
 */
const char *const *bar_tokens(struct ctx *c, const char *q);

/* The address of a list for a text: "/messages?q=…&columns=…"; NULL or "": without. */
const char *bar_href(struct ctx *c, const char *path, const char *q, const char *columns);

/* The text without one of its tokens. */
const char *bar_without(struct ctx *c, const char *q, const char *token);

/* The text without the token at a place, from 1. */
const char *bar_without_place(struct ctx *c, const char *q, long place);

/* The text for another period: without its before and after, and with these (RFC 3339). */
const char *bar_between(struct ctx *c, const char *q, const char *after, const char *before);

/* Its first tokens as chips: [{text, negative, place}]; and how many more there are. */
struct json_object *bar_chips(struct ctx *c, const char *q);
int64_t bar_more(struct ctx *c, const char *q);
