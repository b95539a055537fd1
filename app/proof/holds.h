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

/* One with how many messages and orders it keeps; of one that was lifted {free, due} as told then,
   as freed. ERR_NOT_FOUND. */
enum err hold_document(struct ctx *c, const char *id, struct json_object **out) must_check;

/* {value, label, messages, orders, holdId}: what a hold would be on; holdId of the one that is
   already. ERR_INVALID with a fault for value: there is nothing of that name; an address that no
   message has is something. */
enum err hold_target(struct ctx *c, const char *scope, const char *value,
                     struct json_object **out) must_check;

/* ERR_INVALID as of hold_target, or no such day; ERR_CONFLICT: there is one on it. */
enum err hold_add(struct ctx *c, const struct hold_new *n, struct json_object **out) must_check;

/* {hold, messages, free, due, orders, freeOrders, dueOrders, planToken}: what lifting it would
   free. ERR_NOT_FOUND: none such stands. */
enum err hold_lifting(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Lifts it, as planned by the actor. ERR_NOT_FOUND: no such hold stands; ERR_CONFLICT: what would
   go then has changed since. */
enum err hold_lift(struct ctx *c, const char *id, const char *plan_token,
                   struct json_object **out) must_check;

extern const struct shape holds_shape, hold_shape, hold_lifting_shape;
