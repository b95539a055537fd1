/* What orders and purchase orders are made and asked for with, as tables. */
#include "ship/order_input.h"

#include "ship/ship.h"

#include <stddef.h>

#define NUMBER_MOST 60
#define WORDS_MOST 200
#define AMOUNT_MOST 1000000000000000L /* minor units */
#define PRICE_MOST 40                 /* characters of one, as people write it */

/* ---- orders ---- */

#define CUSTOMER(member) offsetof(struct customer_new, member)
static const struct field customer_fields[] = {
    { "reference", FIELD_TEXT, CUSTOMER(reference), .max = NUMBER_MOST,
      .help = "The shop's own id. Who has the same is the same customer." },
    { "name", FIELD_TEXT, CUSTOMER(name), .required = true, .max = WORDS_MOST,
      .help = "Who bought it." },
    { "email", FIELD_EMAIL, CUSTOMER(email), .help = "Where the customer is written to." },
    { "phone", FIELD_TEXT, CUSTOMER(phone), .max = 40,
      .help = "As in +41791234567, or as in the country the order goes to." },
    { "language", FIELD_TEXT, CUSTOMER(language), .max = 40,
      .help = "ISO 639-1: the customer is told of parcels in it. Absent: the tenant's." },
    { .name = NULL },
};
static const struct input customer_input = { "CustomerNew", sizeof(struct customer_new),
                                             customer_fields };

#define ADDRESS(member) offsetof(struct order_address, member)
static const struct field address_fields[] = {
    { "name", FIELD_TEXT, ADDRESS(name), .max = WORDS_MOST, .help = "Absent: the customer's." },
    { "street", FIELD_TEXT, ADDRESS(street), .max = WORDS_MOST, .help = "With its number." },
    { "postalCode", FIELD_TEXT, ADDRESS(postal_code), .max = 20, .help = "Of the place." },
    { "city", FIELD_TEXT, ADDRESS(city), .max = 100, .help = "The place." },
    { "region", FIELD_TEXT, ADDRESS(region), .max = 100, .help = "State, province or canton." },
    { "country", FIELD_TEXT, ADDRESS(country), .required = true, .max = 60,
      .help = "ISO 3166, or its usual name." },
    { .name = NULL },
};
static const struct input address_input = { "OrderAddressNew", sizeof(struct order_address),
                                            address_fields };

#define ITEM(member) offsetof(struct order_item_new, member)
#define ITEM_FIELDS                                                                                     \
    { "sku", FIELD_TEXT, ITEM(sku), .max = 100, .help = "The shop's own number of it." },               \
        { "name", FIELD_TEXT, ITEM(name), .required = true, .max = WORDS_MOST, .help = "What it is." }, \
    {                                                                                                   \
        "quantity", FIELD_INT, ITEM(quantity), .required = true, .min = 1,                              \
                                               .max = ORDER_QUANTITY_MOST, .help = "How many."          \
    }
static const struct field item_fields[] = {
    ITEM_FIELDS,
    { "unitMinor", FIELD_INT, ITEM(unit_minor), .max = ORDER_PRICE_MOST,
      .help = "Price of one in minor units, without tax." },
    { "taxMinor", FIELD_INT, ITEM(tax_minor), .max = ORDER_PRICE_MOST,
      .help = "Tax on them all, in minor units." },
    { "hsn", FIELD_TEXT, ITEM(hsn), .max = 20, .help = "Code of the goods for customs and tax." },
    { .name = NULL },
};
static const struct input item_input = { "OrderItemNew", sizeof(struct order_item_new),
                                         item_fields };

static const struct field item_form_fields[] = {
    ITEM_FIELDS,
    { "price", FIELD_TEXT, offsetof(struct item_form, price), .max = PRICE_MOST,
      .help = "Of one, without tax." },
    { .name = NULL },
};
static const struct input item_form_input = { "OrderItemForm", sizeof(struct item_form),
                                              item_form_fields };

#define ORDER(member) offsetof(struct order_new, member)
#define ORDER_FIELDS                                                                               \
    { "number",           FIELD_TEXT,                                                              \
      ORDER(number),      .required = true,                                                        \
      .max = NUMBER_MOST, .help = "As the shop and the customer know it; once in a shop." },       \
        { "shop", FIELD_TEXT, ORDER(shop), .max = NUMBER_MOST,                                     \
          .help = "Which shop, where there are several." },                                        \
        { "promisedOn", FIELD_TEXT, ORDER(promised_on), .max = 10,                                 \
          .help = "The day the customer was promised it: 2026-03-31." },                           \
        { "currency", FIELD_TEXT, ORDER(currency), .max = 3, .help = "ISO 4217. Absent: CHF." },   \
        { "customer",       FIELD_OBJECT,          ORDER(customer),                                \
          .required = true, .of = &customer_input, .help = "Who bought it." },                     \
        { "shipTo",         FIELD_OBJECT,         ORDER(ship_to),                                  \
          .required = true, .of = &address_input, .help = "Where it goes." },                      \
        { "note", FIELD_TEXT, ORDER(note), .max = 2000, .help = "For those who work here." },      \
    {                                                                                              \
        "frontConversationId", FIELD_TEXT, ORDER(conversation_id),                                 \
            .max = 500, .help = "The conversation in Front it is talked about in, or its address." \
    }

static const struct field order_fields[] = {
    ORDER_FIELDS,
    { "placedAt", FIELD_TIME, ORDER(placed_at), .help = "When it was placed. Absent: now." },
    { "items", FIELD_OBJECTS, ORDER(items), .required = true, .min = 1, .max = ORDER_ITEMS_MOST,
      .of = &item_input, .help = "What was bought." },
    { "shippingMinor", FIELD_INT, ORDER(shipping_minor), .max = AMOUNT_MOST,
      .help = "What shipping costs, in minor units." },
    { "taxMinor", FIELD_INT, ORDER(tax_minor), .max = AMOUNT_MOST, .absent = -1,
      .help = "Tax in all. Absent: what the items have." },
    { "totalMinor", FIELD_INT, ORDER(total_minor), .max = AMOUNT_MOST, .absent = -1,
      .help = "0: it is free. Absent: what items, tax and shipping add up to." },
    { "billTo", FIELD_OBJECT, ORDER(bill_to), .of = &address_input, .help = "Absent: as shipTo." },
    { .name = NULL },
};
const struct input order_input = { "OrderNew", sizeof(struct order_new), order_fields };

static const struct field order_form_fields[] = {
    ORDER_FIELDS,
    { "items", FIELD_OBJECTS, offsetof(struct order_form, items), .required = true, .min = 1,
      .max = ORDER_LINES_MOST, .of = &item_form_input, .help = "What was bought." },
    { "shipping", FIELD_TEXT, offsetof(struct order_form, shipping), .max = PRICE_MOST,
      .help = "What shipping costs." },
    { .name = NULL },
};
const struct input order_form_input = { "OrderForm", sizeof(struct order_form), order_form_fields };

#define QUERY(member) offsetof(struct order_query, member)
static const struct field query_fields[] = {
    { "q", FIELD_TEXT, QUERY(q), .max = WORDS_MOST,
      .help = "Number of an order, purchase order or parcel, a conversation, an e-mail address, "
              "or words of a name." },
    { "status", FIELD_CHOICE, QUERY(status), .values = order_status_names,
      .help = "Only those that stand so." },
    { "thread", FIELD_CHOICE, QUERY(thread), .values = order_thread_names,
      .help = "Only those whose conversation is known so." },
    { "shop", FIELD_TEXT, QUERY(shop), .max = NUMBER_MOST, .help = "Only of this shop." },
    { "after", FIELD_TEXT, QUERY(after), .max = 2048, .help = "The page after this cursor." },
    { .name = NULL },
};
const struct input order_query_input = { "OrdersQuery", sizeof(struct order_query), query_fields };

static const struct field thread_fields[] = {
    { "frontConversationId", FIELD_TEXT, offsetof(struct thread_input, conversation_id),
      .required = true, .max = 500,
      .help = "A conversation of Front, as in cnv_yo1kg5q, or its address." },
    { .name = NULL },
};
const struct input thread_input = { "OrderThread", sizeof(struct thread_input), thread_fields };

static const struct field cancel_fields[] = {
    { "reason", FIELD_TEXT, offsetof(struct order_cancel_input, reason), .max = 500,
      .help = "Why; stands in the audit trail." },
    { .name = NULL },
};
const struct input order_cancel_input = { "OrderCancel", sizeof(struct order_cancel_input),
                                          cancel_fields };

/* ---- purchase orders ---- */

static const struct field po_item_fields[] = {
    { "sku", FIELD_TEXT, offsetof(struct po_item_new, sku), .required = true, .max = 100,
      .help = "Which item." },
    { "quantity", FIELD_INT, offsetof(struct po_item_new, quantity), .required = true, .min = 1,
      .max = ORDER_QUANTITY_MOST, .help = "How many." },
    { .name = NULL },
};
static const struct input po_item_input = { "PurchaseOrderItemNew", sizeof(struct po_item_new),
                                            po_item_fields };

#define PO(member) offsetof(struct po_new, member)
#define PO_FIELDS                                                                                  \
    { "number",         FIELD_TEXT,         PO(number),                                            \
      .required = true, .max = NUMBER_MOST, .help = "Once for a supplier." },                      \
    {                                                                                              \
        "supplier", FIELD_TEXT, PO(supplier), .max = 100, .help = "Who delivers it."               \
    }
static const struct field po_fields[] = {
    PO_FIELDS,
    { "orderId", FIELD_UUID, PO(order_id), .help = "The order it is for; may be told later." },
    { "items", FIELD_OBJECTS, PO(items), .max = ORDER_ITEMS_MOST, .of = &po_item_input,
      .help = "What is ordered." },
    { .name = NULL },
};
const struct input po_input = { "PurchaseOrderNew", sizeof(struct po_new), po_fields };

static const struct field po_form_fields[] = { PO_FIELDS, { .name = NULL } };
const struct input po_form_input = { "PurchaseOrderForm", sizeof(struct po_new), po_form_fields };

static const struct field po_order_fields[] = {
    { "orderId", FIELD_UUID, offsetof(struct po_order_input, order_id), .required = true,
      .help = "The order it is for." },
    { .name = NULL },
};
const struct input po_order_input = { "PurchaseOrderLink", sizeof(struct po_order_input),
                                      po_order_fields };

#define PO_QUERY(member) offsetof(struct po_query, member)
static const struct field po_query_fields[] = {
    { "q", FIELD_TEXT, PO_QUERY(q), .max = 100, .help = "How a number or a supplier begins." },
    { "orderId", FIELD_UUID, PO_QUERY(order_id), .help = "Only those of this order." },
    { "after", FIELD_TEXT, PO_QUERY(after), .max = 2048, .help = "The page after this cursor." },
    { .name = NULL },
};
const struct input po_query_input = { "PurchaseOrdersQuery", sizeof(struct po_query),
                                      po_query_fields };
