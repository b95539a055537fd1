/* Tags: words that people put on communications, to find them again. Nothing of them stands on the
   timeline, and they move nothing. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

#define TAG_LENGTH 40 /* characters */
#define TAGS_MOST 10  /* on one communication, as bulk_exclusion says it, too */

/* Reads a tag as a person writes it: one word of letters, digits and - _ ., made lower case.
   NULL, or why it is none. */
const char *tag_read(struct arena *a, const char *text, const char **out);

/* Puts a tag on a communication or takes it off, in the transaction at hand, with its audit entry,
   which does not hold the word. ERR_INVALID: a fault of `tag`; ERR_NOT_FOUND where it is absent or
   not granted; ERR_CONFLICT with a sentence where nothing would change, or there are enough. */
enum err communication_tag(struct ctx *c, const char *id, const char *tag, bool on) must_check;

/* The tags on what the actor may see, in order: the first 200. */
enum err tags_known(struct ctx *c, struct json_object **out) must_check;
