/* Which changes of a shipment's status a customer is told of. */
#include "notify/notify.h"

#include <stddef.h>

const char *const notice_names[] = { "shipped", "out_for_delivery", "delivered", "exception",
                                     NULL };

enum notice_type notice_of(enum parcel_status from, enum parcel_status to)
{
    static const enum notice_type becomes[PARCEL_STATUS_COUNT] = {
        [PARCEL_OUT_FOR_DELIVERY] = NOTICE_OUT_FOR_DELIVERY,
        [PARCEL_DELIVERED] = NOTICE_DELIVERED,
        [PARCEL_EXCEPTION] = NOTICE_EXCEPTION,
    };
    if (to < 0 || to >= PARCEL_STATUS_COUNT || from == to)
        return NOTICE_NONE;
    if (to == PARCEL_IN_TRANSIT && (from == PARCEL_PENDING || from == PARCEL_INFO_RECEIVED))
        return NOTICE_SHIPPED;
    return becomes[to];
}

const char *notice_name(enum notice_type t)
{
    return t > NOTICE_NONE && t < NOTICE_TYPE_COUNT ? notice_names[t - 1] : NULL;
}
