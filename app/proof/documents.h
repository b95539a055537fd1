/* The documents of roots and of the inclusion of one event, as API and page show them. */
#pragma once

#include "base/ctx.h"
#include "web/shape.h"

#include <json-c/json.h>

/* {days, checked, nextCursor}: roots newest first, `rows` of them, before the day a cursor tells,
   and what the last verification found. */
enum err proof_document(struct ctx *c, const char *after, int rows,
                        struct json_object **out) must_check;

/* {event, day, leaf, path}: what shows that an event is under the root of its day. ERR_NOT_FOUND;
   ERR_CONFLICT: that day has no root yet, or one that does not cover shipments. */
enum err inclusion_document(struct ctx *c, const char *event_id,
                            struct json_object **out) must_check;

extern const struct shape proof_shape, inclusion_shape;
