/* Of the files of Shiprocket only: a call with the account's token.

   The account's settings are `email`, `endpoint` (default https://apiv2.shiprocket.in) and, where
   its secret `password` is not set, `passwordFile`: the name of a file in TRACK_CREDENTIALS_DIR. */
#pragma once

#include "carriers/carrier.h"
#include "http/http.h"

struct shiprocket_request {
    const char *method, *path; /* "/orders/create/adhoc", with its query */
    struct json_object *body;  /* NULL: none */
    bool secret;               /* the answer is of other people's orders: it is not logged */
};

/* Signs in where there is no token, and once more where one is refused. What is only asked (GET)
   is never `unknown`. Errors as of struct carrier. */
enum err shiprocket_call(struct carrier_call *call, const struct shiprocket_request *q,
                         struct json_object **body, struct carrier_result *out) must_check;

/* ---- beside deliveries (shiprocket_acts.c): as struct carrier has them ---- */

enum err shiprocket_document(struct carrier_call *call, enum carrier_can which,
                             const struct parcel_known *known,
                             struct carrier_result *out) must_check;
enum err shiprocket_serviceability(struct carrier_call *call, const struct parcel *p,
                                   const char *pickup_postal_code,
                                   struct carrier_result *out) must_check;
enum err shiprocket_give_back(struct carrier_call *call, const struct parcel *p,
                              struct carrier_result *out) must_check;
enum err shiprocket_ndr(struct carrier_call *call, const struct parcel_known *known,
                        struct json_object *asked, struct carrier_result *out) must_check;
extern const char *const shiprocket_return_settings[];
