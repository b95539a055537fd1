/* The board of shipments: a column for each thing they ask for. */
#pragma once

#include "base/ctx.h"
#include "web/web.h"

#include <json-c/json.h>

/* {columns: [{attention, count, shipments}], deliveries, deliveryCount, total}: in the order of
   attention_names, of each at most 20; deliveries that failed and have no shipment yet. */
enum err board_get(struct ctx *c, struct json_object **out) must_check;

/* {counts: {act_now: 3, …}, total} */
enum err board_count(struct ctx *c, struct json_object **out) must_check;

extern const struct shape board_shape, board_count_shape;

enum err board_page(struct req *r, struct reply *p) must_check;

/* To a shipment with its attention: what it asks for in words, and its estimates. */
void attention_view(struct ctx *c, struct json_object *d);
