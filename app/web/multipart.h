/* multipart/form-data (RFC 7578), read as it comes: fields into memory, files into the blob store.
 */
#pragma once

#include "base/ctx.h"
#include "web/web.h"

struct body_reader {
    size_t (*read)(void *from, char *to, size_t n); /* 0: the end */
    void *from;
};

struct multipart {
    struct pairs fields;
    const struct upload *uploads;
    size_t upload_count;
};

/* The boundary in a content type, or NULL. */
const char *multipart_boundary(struct arena *a, const char *content_type);

/* Reads a body of at most `limit` bytes. A part with an empty file name and no content is passed
   over. ERR_INVALID: not well-formed; ERR_LIMITED: too large, or more than 256 fields or files. */
enum err multipart_read(struct ctx *c, const char *boundary, struct body_reader body, size_t limit,
                        struct multipart *out) must_check;
