/* What Ship24 answers to a call means, without the network: pure. Source: its OpenAPI document
   ship24-tracking-api, and docs.ship24.com (errors, rate limiter). */
#pragma once

#include "carriers/carrier.h"
#include "carriers/ship24.h"
#include "http/http.h"

#define SHIP24_WAIT_MOST 300 /* seconds: its limits are those of a second */

/* OK: a 2xx of JSON, *body. ERR_LIMITED: a 429, whose body is plain text; retry_after is set from
   Retry-After, RateLimit-Reset (seconds left) or X-RateLimit-Reset (a time), whichever it tells.
   ERR_NOT_FOUND: Ship24 itself says so. ERR_CONFLICT: the id that we gave is another tracker's.
   ERR_DENIED: the key, the plan or its quota. ERR_INVALID: refused for good. ERR_RETRY: its fault,
   or an answer that cannot be read; unknown is set. *body is the JSON also of a refusal, else NULL.
 */
enum err ship24_judge(struct arena *a, const struct http_answer *answer, int64_t now_ms,
                      struct json_object **body, struct carrier_result *out) must_check;

/* The outcomes of a bulk call, each found by the id that we gave it, or else by its place and
   number. Those that the answer does not tell of stay SHIP24_UNTOLD. False: it names none. */
bool ship24_bulk_read(struct json_object *body, struct ship24_parcel *list, size_t n);

/* The tracker of an answer about one: false where it has none that can be named in an address. */
bool ship24_tracker_read(struct json_object *tracker, const char **external_id,
                         const char **tracking_number);

/* 5 to 50 letters, digits and - _ / . */
bool ship24_takes(const char *tracking_number);
