/* Suppressions: addresses that nothing is sent to, or that something is wrong with. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <libpq-fe.h>

extern const char *const suppression_channels[],
    *const suppression_reasons[], *const suppression_states[]; /* NULL at the end */

struct suppression_query {
    const char *channel, *reason, *state, *search, *after; /* state NULL: those that stand */
};

/* {items, nextCursor}, newest first, of what the actor may see: all, or what messages of granted
   buildings caused. */
enum err suppression_list(struct ctx *c, const struct suppression_query *q,
                          struct json_object **out) must_check;

/* One of them. ERR_NOT_FOUND. */
enum err suppression_get(struct ctx *c, const char *id, struct json_object **out) must_check;

struct suppression_new {
    const char *channel, *address, *note;
};

/* A person's own: blocks. ERR_INVALID names the field; ERR_CONFLICT: it stands already. */
enum err suppression_add(struct ctx *c, const struct suppression_new *n,
                         const char **id) must_check;

/* Ends it. ERR_NOT_FOUND; ERR_CONFLICT: it was lifted before. */
enum err suppression_lift(struct ctx *c, const char *id) must_check;

/* ---- for sending, and for what recipients write ---- */

/* Why a communication is skipped, from its row of send_load. */
const char *suppression_sentence(struct arena *a, const PGresult *row);

/* One more message was kept back by it. */
enum err suppression_counts(struct ctx *c, const char *id) must_check;

/* A wish that came by no message of ours: nothing more to the number, or again. */
enum err suppression_opt_out(struct ctx *c, const char *channel, const char *address,
                             const char *sentence) must_check;
enum err suppression_opt_in(struct ctx *c, const char *channel, const char *address) must_check;
