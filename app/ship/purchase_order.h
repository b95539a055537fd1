/* Purchase orders: what was ordered from a supplier for an order of a customer. */
#pragma once

#include "base/ctx.h"
#include "web/shape.h"

#include <json-c/json.h>

struct po_item_new {
    const char *sku;
    long quantity;
};

struct po_new {
    const char *number, *supplier;
    const char *order_id;                   /* NULL: not known yet */
    const struct po_item_new *const *items; /* NULL at the end; NULL: none told */
};

struct po_query {
    const char *q, *order_id, *after; /* q: the beginning of a number or supplier */
};

/* ERR_INVALID: no such order, named by `orderId`; ERR_CONFLICT: the supplier has one of this
   number, which the problem names. */
enum err po_add(struct ctx *c, const struct po_new *n, const char **id) must_check;
enum err po_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* {purchaseOrders, next}, the newest first. */
enum err po_list(struct ctx *c, const struct po_query *q, struct json_object **out) must_check;

/* Says of which order it is, whose status then follows its shipments; where that has a conversation
   ThreadLinked is emitted, as for its shipments it is new. ERR_CONFLICT: it is another order's. */
enum err po_link(struct ctx *c, const char *id, const char *order_id) must_check;

extern const struct shape po_shape, po_list_shape;
