/* Shiprocket's statuses of parcels and of orders. */
#include "carriers/shiprocket_status.h"

#include <stddef.h>

struct row {
    int first, last;
    enum parcel_status status;
    const char *category;
};

static const struct row shipment_rows[] = {
    { 1, 5, PARCEL_INFO_RECEIVED, NULL },      { 6, 6, PARCEL_IN_TRANSIT, NULL },
    { 7, 7, PARCEL_DELIVERED, NULL },          { 8, 8, PARCEL_CANCELLED, NULL },
    { 9, 9, PARCEL_RETURNED, "returning" },    { 10, 10, PARCEL_RETURNED, "returned" },
    { 11, 11, PARCEL_INFO_RECEIVED, NULL },    { 12, 12, PARCEL_EXCEPTION, "lost" },
    { 13, 13, PARCEL_NOTHING, "pickup" },      { 14, 14, PARCEL_RETURNED, "returned" },
    { 15, 15, PARCEL_NOTHING, "pickup" },      { 16, 16, PARCEL_CANCELLED, NULL },
    { 17, 17, PARCEL_OUT_FOR_DELIVERY, NULL }, { 18, 18, PARCEL_IN_TRANSIT, NULL },
    { 19, 20, PARCEL_NOTHING, "pickup" },      { 21, 21, PARCEL_FAILED_ATTEMPT, NULL },
    { 22, 22, PARCEL_IN_TRANSIT, "delayed" },  { 23, 23, PARCEL_DELIVERED, "partly" },
    { 24, 24, PARCEL_EXCEPTION, "destroyed" }, { 25, 25, PARCEL_EXCEPTION, "damaged" },
    { 26, 26, PARCEL_DELIVERED, NULL },        { 27, 27, PARCEL_INFO_RECEIVED, NULL },
    { 38, 38, PARCEL_IN_TRANSIT, NULL },       { 39, 39, PARCEL_IN_TRANSIT, "misrouted" },
    { 40, 41, PARCEL_RETURNED, "returning" },  { 42, 42, PARCEL_IN_TRANSIT, NULL },
    { 44, 44, PARCEL_EXCEPTION, "disposed" },  { 45, 45, PARCEL_CANCELLED, NULL },
    { 46, 46, PARCEL_RETURNED, "returning" },  { 48, 51, PARCEL_IN_TRANSIT, NULL },
    { 52, 52, PARCEL_INFO_RECEIVED, NULL },    { 54, 57, PARCEL_IN_TRANSIT, NULL },
    { 59, 63, PARCEL_INFO_RECEIVED, NULL },    { 67, 67, PARCEL_INFO_RECEIVED, NULL },
    { 68, 68, PARCEL_IN_TRANSIT, NULL },       { 71, 72, PARCEL_EXCEPTION, "handover" },
    { 75, 75, PARCEL_RETURNED, "returning" },  { 76, 76, PARCEL_EXCEPTION, "untraceable" },
    { 77, 77, PARCEL_EXCEPTION, "recipient" }, { 78, 78, PARCEL_RETURNED, "returning" },
};

static const struct row order_rows[] = {
    { 1, 1, PARCEL_PENDING, NULL },
    { 5, 5, PARCEL_CANCELLED, NULL },
    { 6, 6, PARCEL_IN_TRANSIT, NULL },
    { 7, 7, PARCEL_DELIVERED, NULL },
    { 15, 15, PARCEL_RETURNED, "returning" },
    { 18, 18, PARCEL_CANCELLED, NULL },
    { 19, 19, PARCEL_OUT_FOR_DELIVERY, NULL },
    { 20, 20, PARCEL_IN_TRANSIT, NULL },
    { 36, 36, PARCEL_FAILED_ATTEMPT, NULL },
    { 51, 51, PARCEL_IN_TRANSIT, NULL },
};

static const struct row *row_of(const struct row *rows, size_t n, int id)
{
    for (size_t i = 0; i < n; i++)
        if (id >= rows[i].first && id <= rows[i].last)
            return &rows[i];
    return NULL;
}

static const struct row *shipment_row(int id)
{
    return row_of(shipment_rows, sizeof(shipment_rows) / sizeof(shipment_rows[0]), id);
}

bool shiprocket_shipment_known(int id)
{
    return shipment_row(id) != NULL;
}

enum parcel_status shiprocket_shipment_status(int id, const char **category)
{
    const struct row *row = shipment_row(id);
    if (category)
        *category = row ? row->category : NULL;
    return row ? row->status : PARCEL_NOTHING;
}

static const struct row *order_row(int id)
{
    return row_of(order_rows, sizeof(order_rows) / sizeof(order_rows[0]), id);
}

bool shiprocket_order_known(int id)
{
    return order_row(id) != NULL;
}

enum parcel_status shiprocket_order_status(int id)
{
    const struct row *row = order_row(id);
    return row ? row->status : PARCEL_NOTHING;
}
