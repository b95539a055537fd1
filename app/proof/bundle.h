/* The file of a bundle: a gzip tar of JSON lines and files, written into the store and read back.
 */
#pragma once

#include "base/ctx.h"
#include "store/store.h"

#include <stdbool.h>

struct bundle; /* one that is written */

/* Begins one; what is not ended is dropped with the context's arena. */
enum err bundle_begin(struct ctx *c, struct bundle **out) must_check;
enum err bundle_add(struct bundle *b, const char *name, struct str bytes) must_check;
enum err bundle_end(struct bundle *b, struct blob *out) must_check;

/* Called for each entry, whose bytes a NUL follows and which lies in `page`, emptied for the next.
 */
typedef enum err bundle_entry(void *to, const char *name, struct str bytes, struct arena *page);

/* Hands over the entries of one, as they were added. ERR_NOT_FOUND: its file is not there;
   ERR_INVALID: it cannot be read to its end, or what `each` answered. */
enum err bundle_read(struct ctx *c, const char *sha256, bundle_entry *each, void *to) must_check;
