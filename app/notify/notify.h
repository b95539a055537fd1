/* Telling customers where their parcels are, in the conversation they already have. */
#pragma once

#include "carriers/scan.h"

struct domain;
extern const struct domain notify_domain, catch_up_domain; /* of customers */
extern const struct domain team_domain;                    /* of those who work here */

/* What a customer is told of. */
enum notice_type {
    NOTICE_NONE,
    NOTICE_SHIPPED,
    NOTICE_OUT_FOR_DELIVERY,
    NOTICE_DELIVERED,
    NOTICE_EXCEPTION,
    NOTICE_TYPE_COUNT
};

extern const char *const notice_names[]; /* of all but NOTICE_NONE, in order; NULL at the end */

/* What a change of a shipment's status tells its customer: the table. Pure. */
enum notice_type notice_of(enum parcel_status from, enum parcel_status to);

/* "out_for_delivery"; NULL of NOTICE_NONE. */
const char *notice_name(enum notice_type t);
