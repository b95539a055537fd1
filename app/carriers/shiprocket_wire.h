/* What Shiprocket is told and answers (apidocs.shiprocket.in), without calling it: pure. */
#pragma once

#include "carriers/carrier.h"
#include "carriers/shiprocket_status.h"
#include "http/http.h"

#define SHIPROCKET_HOST "https://apiv2.shiprocket.in"
#define SHIPROCKET_PATH "/v1/external"
#define SHIPROCKET_PAGE 50 /* orders on a page of those it lists */
#define SHIPROCKET_URL SHIPROCKET_HOST SHIPROCKET_PATH

/* The bodies of orders/create/adhoc, courier/assign/awb, courier/generate/pickup, orders/cancel. */
struct json_object *shiprocket_create_body(struct arena *a, const struct parcel *p);
struct json_object *shiprocket_awb_body(struct arena *a, const struct parcel *p,
                                        const struct parcel_known *known);
struct json_object *shiprocket_pickup_body(struct arena *a, const struct parcel *p,
                                           const struct parcel_known *known);
struct json_object *shiprocket_cancel_body(struct arena *a, const struct parcel_known *known);

/* What an answer with the status 200 tells. ERR_INVALID with its sentence: a refusal inside of it,
   as one that assigned no number. ERR_RETRY, unknown: it is none of theirs. */
enum err shiprocket_created(struct json_object *answer, struct carrier_result *out) must_check;
enum err shiprocket_assigned(struct json_object *answer, struct carrier_result *out) must_check;
enum err shiprocket_picked_up(struct json_object *answer, struct carrier_result *out) must_check;

/* What an answer means: sets sentence, code, field, retry_after, raw, and unknown as for a call
   that writes. OK: a 204, *body NULL, or another 2xx with a JSON object that tells of no error.
   ERR_NOT_FOUND: it says that there is no such thing. ERR_DENIED with a 401, outside or inside of
   the body: the token. */
enum err shiprocket_judge(struct arena *a, const struct http_answer *answer,
                          struct json_object **body, struct carrier_result *out) must_check;

/* The order with exactly our reference on a page of orders. ERR_NOT_FOUND: it is not on it; *more:
   there are further pages. ERR_RETRY: it is no such page. */
enum err shiprocket_listed(struct json_object *body, const char *our_ref,
                           struct carrier_result *out, bool *more) must_check;

/* How far the one order of an answer is. ERR_RETRY: it shows none. */
enum err shiprocket_shown(struct json_object *body, struct carrier_result *out) must_check;
