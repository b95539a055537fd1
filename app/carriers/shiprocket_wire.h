/* What Shiprocket is told and answers (apidocs.shiprocket.in), without calling it: pure. */
#pragma once

#include "carriers/carrier.h"

#define SHIPROCKET_URL "https://apiv2.shiprocket.in/v1/external"

/* The bodies of orders/create/adhoc, courier/assign/awb, courier/generate/pickup, orders/cancel. */
struct json_object *shiprocket_create_body(struct arena *a, const struct parcel *p);
struct json_object *shiprocket_awb_body(struct arena *a, const struct parcel *p,
                                        const struct parcel_known *known);
struct json_object *shiprocket_pickup_body(struct arena *a, const struct parcel *p,
                                           const struct parcel_known *known);
struct json_object *shiprocket_cancel_body(struct arena *a, const struct parcel_known *known);

/* What an answer with the status 200 tells. ERR_INVALID with its sentence: a refusal inside of it,
   as one that assigned no number. ERR_RETRY, unknown: it is none of theirs. */
enum err shiprocket_created(struct arena *a, struct json_object *answer,
                            struct carrier_result *out) must_check;
enum err shiprocket_assigned(struct arena *a, struct json_object *answer,
                             struct carrier_result *out) must_check;
enum err shiprocket_picked_up(struct arena *a, struct json_object *answer,
                              struct carrier_result *out) must_check;
