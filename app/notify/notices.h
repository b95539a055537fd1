/* What customers were told, or why not, as a list: for the API and the page. */
#pragma once

#include "base/ctx.h"
#include "web/input.h"
#include "web/shape.h"

#include <json-c/json.h>

struct notices_query {
    const char *state, *type, *shipment_id, *order_id, *after; /* NULL: of any */
};

extern const struct input notices_query_input;
extern const struct shape notices_shape;
extern const char *const notice_states[]; /* NULL at the end */

/* {items, nextCursor}, newest first. */
enum err notices_list(struct ctx *c, const struct notices_query *q,
                      struct json_object **out) must_check;
