/* Reading MIME (RFC 2045, 5322): headers, bodies decoded, parts of a multipart. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct mime_header {
    const char *name;  /* as written */
    const char *value; /* unfolded, trimmed */
};

struct mime_part {
    struct mime_header *headers;
    size_t header_count;
    const char *type;     /* "multipart/report", lower case; "text/plain" where absent */
    const char *boundary; /* NULL */
    struct str raw;       /* the body as it stands */
};

/* Splits headers and body: lines end with CRLF or LF. ERR_INVALID over 1,000 headers. */
enum err mime_part_read(struct arena *a, struct str text, struct mime_part *out) must_check;

/* The first header of this name, whatever its case; NULL. */
const char *mime_header_of(const struct mime_part *p, const char *name);

/* The body freed of base64 or quoted-printable. */
struct str mime_part_body(struct arena *a, const struct mime_part *p);

/* The next part of a multipart body: *at moves on; false at the end. */
bool mime_next_part(const struct mime_part *whole, size_t *at, struct str *out);

/* Header-style lines up to an empty one, as in message/delivery-status: *rest is what follows. */
enum err mime_headers_read(struct arena *a, struct str text, struct mime_header **headers,
                           size_t *count, struct str *rest) must_check;

/* A parameter of a header's value by name: "x" of `text/plain; name="x"`, also as RFC 2231 §4
   writes it (name*=UTF-8''…), its encoded words decoded. NULL. */
const char *mime_parameter(struct arena *a, const char *value, const char *name);

/* A header's value with its encoded words (RFC 2047) decoded; taken as UTF-8 whatever they name. */
const char *mime_words(struct arena *a, const char *value);

/* RFC 5322 §3.3 as RFC 3339 in UTC; NULL where it cannot be read. */
const char *mime_date(struct arena *a, const char *value);
