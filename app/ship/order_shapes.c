/* What orders and purchase orders are answered as. */
#include "carriers/scan.h"
#include "ship/order.h"
#include "ship/purchase_order.h"
#include "ship/ship.h"

static const struct member customer_members[] = {
    { "customerId", SHAPE_UUID, .help = "The customer." },
    { "reference", SHAPE_TEXT, .help = "The shop's own id; empty: none.", .example = "C-1001" },
    { "name", SHAPE_TEXT, .example = "Eva Keller" },
    { "email", SHAPE_TEXT, .example = "eva@example.com", .nullable = true },
    { "phone", SHAPE_TEXT, .example = "+41791234567", .nullable = true },
    { "language", SHAPE_TEXT, .help = "ISO 639-1; null: the tenant's.", .example = "de",
      .nullable = true },
    { .name = NULL },
};
static const struct shape customer_shape = { "Customer", "Who bought it.", customer_members };

static const struct member address_members[] = {
    { "name", SHAPE_TEXT, .example = "Eva Keller" },
    { "street", SHAPE_TEXT, .example = "Seestrasse 1" },
    { "postalCode", SHAPE_TEXT, .example = "8002" },
    { "city", SHAPE_TEXT, .example = "Zürich" },
    { "region", SHAPE_TEXT, .help = "State, province or canton; empty: none." },
    { "country", SHAPE_TEXT, .help = "ISO 3166.", .example = "CH" },
    { .name = NULL },
};
static const struct shape address_shape = { "OrderAddress", "Where it goes.", address_members };

static const struct member item_members[] = {
    { "sku", SHAPE_TEXT, .help = "The shop's own number of it; empty: none.", .example = "LAMP-7" },
    { "name", SHAPE_TEXT, .example = "Desk lamp" },
    { "quantity", SHAPE_COUNT, .example = "2" },
    { "unitMinor", SHAPE_COUNT, .help = "Price of one in minor units, without tax." },
    { "taxMinor", SHAPE_COUNT, .help = "Tax on them all." },
    { "hsn", SHAPE_TEXT, .help = "Code of the goods for customs and tax; empty: none." },
    { .name = NULL },
};
static const struct shape item_shape = { "OrderItem", "What was bought.", item_members };

static const struct member po_item_members[] = {
    { "sku", SHAPE_TEXT, .example = "LAMP-7" },
    { "quantity", SHAPE_COUNT, .example = "2" },
    { .name = NULL },
};
static const struct shape po_item_shape = { "PurchaseOrderItem", "What is ordered.",
                                            po_item_members };

static const struct member po_members[] = {
    { "purchaseOrderId", SHAPE_UUID, .help = "The purchase order." },
    { "number", SHAPE_TEXT, .example = "PO-77" },
    { "supplier", SHAPE_TEXT, .help = "Empty: not told.", .example = "Lampen AG" },
    { "orderId", SHAPE_UUID, .help = "Null: not known yet.", .nullable = true },
    { "orderNumber", SHAPE_TEXT, .example = "1001", .nullable = true },
    { "items", SHAPE_LIST, .help = "What is ordered.", .of = &po_item_shape },
    { "createdAt", SHAPE_TIME, .help = "When it was added here." },
    { .name = NULL },
};
const struct shape po_shape = { "PurchaseOrder", "What was ordered from a supplier for an order.",
                                po_members };

static const struct member pos_members[] = {
    { "purchaseOrders", SHAPE_LIST, .help = "The newest first.", .of = &po_shape },
    { "next", SHAPE_TEXT, .help = "For `after`; null: there are no more.", .nullable = true },
    { .name = NULL },
};
const struct shape po_list_shape = { "PurchaseOrderList", "A page of purchase orders.",
                                     pos_members };

static const struct member parcel_members[] = {
    { "shipmentId", SHAPE_UUID, .help = "The shipment." },
    { "purchaseOrderId", SHAPE_UUID, .help = "Its purchase order." },
    { "purchaseOrderNumber", SHAPE_TEXT, .example = "PO-77" },
    { "carrier", SHAPE_TEXT, .example = "post" },
    { "carrierName", SHAPE_TEXT, .help = "Empty: not told.", .example = "Swiss Post" },
    { "service", SHAPE_TEXT, .help = "Empty: not told.", .example = "Priority" },
    { "trackingNumber", SHAPE_TEXT, .example = "996012345678901234", .nullable = true },
    { "status", SHAPE_CHOICE, .values = parcel_status_names },
    { "statusAt", SHAPE_TIME, .help = "When what it stands on occurred.", .nullable = true },
    { "promisedOn", SHAPE_TEXT, .example = "2026-03-31", .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "No real parcel." },
    { "createdAt", SHAPE_TIME, .help = "When it was added here." },
    { .name = NULL },
};
static const struct shape parcel_shape = { "OrderShipment", "A parcel of an order.",
                                           parcel_members };

static const struct member notice_members[] = {
    { "id", SHAPE_UUID, .help = "The notification." },
    { "shipmentId", SHAPE_UUID, .help = "The shipment it is about." },
    { "type", SHAPE_TEXT, .example = "shipped" },
    { "state", SHAPE_TEXT, .example = "sent" },
    { "reason", SHAPE_TEXT, .help = "Why it was not sent.", .nullable = true },
    { "conversationId", SHAPE_TEXT, .example = "cnv_yo1kg5q", .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When it was added here." },
    { "settledAt", SHAPE_TIME, .help = "Null while it is under way.", .nullable = true },
    { "error", SHAPE_TEXT, .help = "What the last try met.", .nullable = true },
    { .name = NULL },
};
static const struct shape notice_shape = { "OrderNotification", "What a customer was told of.",
                                           notice_members };

#define ORDER_HEAD                                                                                 \
    { "orderId", SHAPE_UUID, .help = "The order." }, { "number", SHAPE_TEXT, .example = "1001" },  \
        { "shop", SHAPE_TEXT, .help = "Empty: the only one.", .example = "zurich" },               \
        { "status", SHAPE_CHOICE, .help = "Follows its shipments.",                                \
          .values = order_status_names },                                                          \
        { "placedAt", SHAPE_TIME, .help = "When." },                                               \
        { "promisedOn", SHAPE_TEXT, .example = "2026-03-31", .nullable = true },                   \
        { "currency", SHAPE_TEXT, .help = "ISO 4217.", .example = "CHF" },                         \
        { "totalMinor", SHAPE_COUNT, .help = "In minor units." },                                  \
        { "frontConversationId", SHAPE_TEXT, .help = "Where it is talked about.",                  \
          .example = "cnv_yo1kg5q", .nullable = true },                                            \
    {                                                                                              \
        "threadStatus", SHAPE_CHOICE, .help = "How that is known.", .values = order_thread_names   \
    }

static const struct member order_members[] = {
    ORDER_HEAD,
    { "threadAt", SHAPE_TIME, .help = "Since when.", .nullable = true },
    { "threadBy", SHAPE_TEXT, .help = "Who said so.", .nullable = true },
    { "shippingMinor", SHAPE_COUNT, .help = "What shipping costs." },
    { "taxMinor", SHAPE_COUNT, .help = "Tax in all." },
    { "items", SHAPE_LIST, .of = &item_shape },
    { "customer", SHAPE_OBJECT, .of = &customer_shape },
    { "shipTo", SHAPE_OBJECT, .of = &address_shape },
    { "billTo", SHAPE_OBJECT, .help = "Null: as shipTo.", .of = &address_shape, .nullable = true },
    { "note", SHAPE_TEXT, .help = "Empty: none." },
    { "purchaseOrders", SHAPE_LIST, .of = &po_shape },
    { "shipments", SHAPE_LIST, .help = "The oldest first.", .of = &parcel_shape },
    { "notifications", SHAPE_LIST, .help = "The oldest first.", .of = &notice_shape },
    { "createdAt", SHAPE_TIME, .help = "When it was added here." },
    { "movedAt", SHAPE_TIME, .help = "When its status changed last." },
    { "cancelledAt", SHAPE_TIME, .nullable = true },
    { .name = NULL },
};
const struct shape order_shape = { "Order", "What a customer bought.", order_members };

static const struct member row_members[] = {
    ORDER_HEAD,
    { "recipientName", SHAPE_TEXT, .example = "Eva Keller" },
    { "city", SHAPE_TEXT, .example = "Zürich" },
    { "country", SHAPE_TEXT, .example = "CH" },
    { "itemCount", SHAPE_COUNT, .help = "Lines of items." },
    { "shipmentCount", SHAPE_COUNT, .help = "Its parcels." },
    { .name = NULL },
};
static const struct shape row_shape = { "OrderRow", "An order in a list.", row_members };

static const struct member list_members[] = {
    { "orders", SHAPE_LIST, .help = "The newest first.", .of = &row_shape },
    { "next", SHAPE_TEXT, .help = "For `after`; null: there are no more.", .nullable = true },
    { .name = NULL },
};
const struct shape order_list_shape = { "OrderList", "A page of orders.", list_members };
