/* What of a call may be kept in the log: no secrets, no files, no more than 16 KiB. */
#pragma once

#include "base/buf.h"

#define LOGGED_MAX (16 << 10)

/* Adds a header line, the value of one that carries credentials as "[redacted]". */
void redact_header(struct buf *to, const char *name, const char *value);

/* The URL with its user and secret query values ("sig", "authtoken", "code", …) as "[redacted]". */
const char *redact_url(struct arena *a, const char *url);

/* The scheme and server of a URL whose path is a secret: "https://host/[redacted]". */
const char *redact_path(struct arena *a, const char *url);

/* Adds a JSON or form body: values of secret members, tokens and the queries of addresses (of an
   upload they are the proof) as "[redacted]", contentBytes as its length.
   Then cuts the whole of `to` after LOGGED_MAX bytes, and makes "?" of what is not UTF-8 text. */
void redact_body(struct buf *to, struct str body);
