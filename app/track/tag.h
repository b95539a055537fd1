/* Tags: words that people put on communications, to find them again. Nothing of them stands on the
   timeline, and they move nothing. */
#pragma once

#include "base/ctx.h"

#define TAG_LENGTH 40 /* characters */
#define TAGS_MOST 10  /* on one communication, as bulk_exclusion says it, too */

/* Reads a tag as a person writes it: one word of letters, digits and - _ ., made lower case.
   NULL, or why it is none. */
const char *tag_read(struct arena *a, const char *text, const char **out);
