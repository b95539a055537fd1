/* Shiprocket's two tables of statuses. They number differently: 17, 18 and 19 are on their way in
   the one and something else in the other. Pure. */
#pragma once

#include "carriers/scan.h"

/* Of a parcel: `shipment_status_id`, `sr-status`, `tracking_data.shipment_status`. *category (may
   be NULL) is what is known beside it: "returning", "pickup", …; NULL: nothing. PARCEL_NOTHING: it
   says nothing of the status, or is unknown. */
enum parcel_status shiprocket_shipment_status(int id, const char **category);

/* Whether the table of parcels has it, if only as one that says nothing of the status. */
bool shiprocket_shipment_known(int id);

/* Of an order: `current_status_id`, `status_code`. */
enum parcel_status shiprocket_order_status(int id);

/* Whether the table of orders, which is not all of theirs, has it. */
bool shiprocket_order_known(int id);
