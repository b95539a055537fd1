/* Where the parcels of an order are, and what became of it when nothing of it is sent. */
#pragma once

#include "base/ctx.h"
#include "web/shape.h"

#include <json-c/json.h>

/* {orderId, number, status, shipments, moreShipments}: at most 200, each with its milestones
   [{name, at, reached}] and events, what occurred last first, and moreEvents. All have at most
   1,000 events, shared evenly, one at most 200. ERR_NOT_FOUND. */
enum err order_tracking(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Cancels an order of which nothing is on its way; reason NULL: none was given. ERR_CONFLICT says
   what is in the way; ERR_NOT_FOUND. */
enum err order_cancel(struct ctx *c, const char *id, const char *reason) must_check;

extern const struct shape order_tracking_shape;
