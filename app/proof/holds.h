/* Legal holds: what is kept whatever the clocks say, until somebody lifts the hold. */
#pragma once

#include "base/ctx.h"
#include "web/shape.h"

#include <json-c/json.h>

struct hold_new {
    const char *scope, *value, *reason, *owner, *review_on; /* review_on: YYYY-MM-DD or NULL */
};

extern const char *const hold_scopes[];

/* {holds}: those that stand first. */
enum err holds_document(struct ctx *c, struct json_object **out) must_check;

/* ERR_INVALID: there is nothing of that id, or no such day. */
enum err hold_add(struct ctx *c, const struct hold_new *n, struct json_object **out) must_check;

/* ERR_NOT_FOUND: no such hold stands. */
enum err hold_lift(struct ctx *c, const char *id, struct json_object **out) must_check;

extern const struct shape holds_shape, hold_shape;
