/* Orders: what a customer bought, where it goes, and the conversation it is talked about in. */
#pragma once

#include "base/ctx.h"
#include "web/shape.h"

#include <json-c/json.h>

/* Bounds of an item, so that an order adds up. */
#define ORDER_ITEMS_MOST 200
#define ORDER_QUANTITY_MOST 100000
#define ORDER_PRICE_MOST 100000000000L /* minor units, of one */

/* Texts are NULL where not given. */
struct customer_new {
    const char *reference; /* the shop's own id: who has the same is the same customer */
    const char *name, *email, *phone, *language;
};

struct order_address {
    const char *name; /* NULL: the customer's */
    const char *street, *postal_code, *city, *region, *country;
};

struct order_item_new {
    const char *sku, *name, *hsn;
    long quantity;
    long unit_minor, tax_minor; /* of one, without tax; tax on them all */
};

struct order_new {
    const char *number, *shop, *currency, *note;
    const char *placed_at;       /* RFC 3339; NULL: now */
    const char *promised_on;     /* 2026-03-31 */
    const char *conversation_id; /* linked at once */
    long shipping_minor;
    long tax_minor;   /* below 0: what the items have */
    long total_minor; /* below 0: what items, tax and shipping add up to */
    const struct customer_new *customer;
    const struct order_address *ship_to, *bill_to; /* bill_to NULL: as ship_to */
    const struct order_item_new *const *items;     /* NULL at the end */
};

/* What a list of orders is asked for; NULL: not asked. */
struct order_query {
    const char *q; /* a number of an order, purchase order or parcel, a conversation, an e-mail
                      address, or words of a name */
    const char *status, *thread, *shop, *after;
};

extern const char *const order_thread_names[]; /* "unmatched", …; NULL at the end */

/* Makes an order, and its customer where that is nobody known: with the same reference or, without
   one, the same e-mail address and name. What the customer's row has is as the newest order says.
   ERR_INVALID names the field; ERR_CONFLICT: the shop has an order of this number, which the
   problem names. */
enum err order_add(struct ctx *c, const struct order_new *n, const char **id) must_check;

/* With items, customer, purchase orders, shipments, and what its customer was told. */
enum err order_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* {orders, next}, the newest first. */
enum err order_list(struct ctx *c, const struct order_query *q,
                    struct json_object **out) must_check;

/* The shops that orders name, without '': [name]. */
enum err order_shops(struct ctx *c, struct json_object **out) must_check;

/* What is wrong with a price as people write it, "12.50", of the currency; NULL: *minor is it, or 0
   of a currency there is none of, which order_add refuses. */
const char *order_price(struct arena *a, const char *text, const char *currency, long *minor);

extern const struct shape order_shape, order_list_shape;
