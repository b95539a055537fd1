/* What proves who calls: our requests to Azure Communication Services, Twilio's requests to us. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "web/input.h"

/* The headers of a request to Azure Communication Services, NULL at the end: x-ms-date,
   x-ms-content-sha256 and Authorization (HMAC-SHA256 over both, method, host, path and query).
   `key` is the account's, in base64; `date` an RFC 1123 date. NULL: no such key or URL. */
const char *const *acs_headers(struct arena *a, const char *key, const char *method,
                               const char *url, const char *date, struct str body);

/* Whether X-Twilio-Signature is that of the token over the URL and the form's pairs (NULL: a
   JSON body, whose digest stands in the URL as bodySHA256). The URL may have been signed with its
   port written out. */
bool twilio_signed(struct arena *a, const char *token, const char *url, const struct pairs *form,
                   struct str body, const char *signature);

/* "Mon, 05 Jan 2026 08:00:00 GMT" (RFC 1123) of seconds since 1970. */
const char *http_date(struct arena *a, int64_t seconds);
