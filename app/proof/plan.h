/* What retention would remove: told before it is done, and done as it was told. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"
#include "proof/retention.h"
#include "web/shape.h"

#include <json-c/json.h>
#include <stdint.h>

/* What of each store goes, as people call it: "Names and addresses". */
const char *store_words(const char *store);

/* {at, messages, content, person, planned, held, rows, bytes, places, holds, parts, tables}: what
   would go now; with a policy, as if that were set. */
enum err plan_document(struct ctx *c, const struct retention_policy *policy,
                       struct json_object **out) must_check;

/* The same with the planToken that the actor confirms it with. ERR_INVALID: no such policy. */
enum err plan_make(struct ctx *c, const struct retention_policy *policy,
                   struct json_object **out) must_check;

/* Sets a policy: one that removes as planned, with the plan's token; one that does not needs none.
   ERR_INVALID as retention_set, or without the token; ERR_CONFLICT: what would go has changed. */
enum err plan_policy(struct ctx *c, const struct retention_policy *policy, const char *token,
                     struct json_object **out) must_check;

/* ---- now ---- */

/* What was planned for now, where the token is of that; *at_ms is when. ERR_CONFLICT: it has
   changed since. */
enum err plan_confirm(struct ctx *c, const char *token, int64_t *at_ms,
                      struct json_object **out) must_check;

/* Asks for what is due to be removed as planned: what is due later does not join. ERR_CONFLICT: it
   has changed since, nothing is due, or such a removal is under way. */
enum err removal_ask(struct ctx *c, const char *token, struct json_object **out) must_check;

/* {id, state, planned, done, …}. ERR_NOT_FOUND. */
enum err removal_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Adds removalId of the one under way, or null. */
enum err removal_open(struct ctx *c, struct json_object *to) must_check;

/* The job proof.retention {removalId}. */
enum err removal_run(struct job *j, const char *id) must_check;

extern const struct shape plan_shape, plan_table_shape, plan_place_shape, plan_part_shape,
    removal_shape;
