/* The names of the statuses. */
#include "carriers/scan.h"

#include <stddef.h>
#include <string.h>

const char *const parcel_status_names[PARCEL_STATUS_COUNT + 1] = {
    [PARCEL_PENDING] = "pending",
    [PARCEL_INFO_RECEIVED] = "info_received",
    [PARCEL_IN_TRANSIT] = "in_transit",
    [PARCEL_OUT_FOR_DELIVERY] = "out_for_delivery",
    [PARCEL_FAILED_ATTEMPT] = "failed_attempt",
    [PARCEL_AVAILABLE_FOR_PICKUP] = "available_for_pickup",
    [PARCEL_DELIVERED] = "delivered",
    [PARCEL_EXCEPTION] = "exception",
    [PARCEL_RETURNED] = "returned",
    [PARCEL_CANCELLED] = "cancelled",
};

const char *parcel_status_name(enum parcel_status s)
{
    return s == PARCEL_NOTHING ? NULL : parcel_status_names[s];
}

bool parcel_status_of(const char *name, enum parcel_status *out)
{
    for (int s = 0; name && s < PARCEL_STATUS_COUNT; s++)
        if (strcmp(parcel_status_names[s], name) == 0) {
            *out = (enum parcel_status)s;
            return true;
        }
    return false;
}
