/* Tokens of plans: what was shown is what is confirmed. */
#pragma once

#include "base/ctx.h"

#include <stdint.h>

#define PLAN_MINUTES 10

/* The token of a plan made at that time by the actor; `of` tells what it is for and its figures. */
const char *plan_token(struct ctx *c, int64_t at_ms, const char *of);

/* When its plan was made. ERR_INVALID with a fault for planToken: it is none, or was not given;
   ERR_CONFLICT: that was more than ten minutes ago. */
enum err plan_token_time(struct ctx *c, const char *token, int64_t *at_ms) must_check;

/* Whether it is of that plan. ERR_CONFLICT: something changed since, or somebody else made it. */
enum err plan_token_check(struct ctx *c, const char *token, const char *of) must_check;
