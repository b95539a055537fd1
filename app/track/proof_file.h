/* Files that people add as proof: scans and photographs. */
#pragma once

#include "web/web.h"

#define PROOF_LIMIT ((size_t)10 * 1024 * 1024) /* bytes of one file */

/* Looks at what an upload really is, whatever its sender calls it, and notes its blob in the
   transaction at hand. *type is its media type. ERR_INVALID names the field: no PDF, JPEG or PNG,
   or over the limit. */
enum err proof_take(struct ctx *c, const struct upload *file, const char **type) must_check;

/* The n-th upload of a field; NULL: there is none. */
const struct upload *upload_at(const struct req *r, const char *field, size_t n);
