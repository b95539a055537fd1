/* What carriers say of parcels, in one vocabulary whoever says it. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

/* As the shipments' column says it: "in_transit". */
enum parcel_status {
    PARCEL_PENDING,
    PARCEL_INFO_RECEIVED,
    PARCEL_IN_TRANSIT,
    PARCEL_OUT_FOR_DELIVERY,
    PARCEL_FAILED_ATTEMPT,
    PARCEL_AVAILABLE_FOR_PICKUP,
    PARCEL_DELIVERED,
    PARCEL_EXCEPTION,
    PARCEL_RETURNED,
    PARCEL_CANCELLED,
    PARCEL_STATUS_COUNT,
    PARCEL_NOTHING = -1 /* says nothing of the status */
};

extern const char *const parcel_status_names[]; /* by status; NULL at the end */

/* NULL of PARCEL_NOTHING. */
const char *parcel_status_name(enum parcel_status s);

/* False where there is none of that name; *out stays as it is. */
bool parcel_status_of(const char *name, enum parcel_status *out);
