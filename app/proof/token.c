/* Tokens of plans: the time, and a tag over it, the actor and what the plan says. */
#include "proof/token.h"

#include "base/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60000 };

const char *plan_token(struct ctx *c, int64_t at_ms, const char *of)
{
    const char *who = c->actor.id ? c->actor.id : "";
    const char *text =
        arena_printf(c->arena, "%lld|%s|%s|%s", (long long)at_ms, c->tenant_id, who, of);
    return arena_printf(c->arena, "%lld.%s", (long long)at_ms,
                        tag_make(c->app, c->arena, "retention-plan", text));
}

enum err plan_token_time(struct ctx *c, const char *token, int64_t *at_ms)
{
    char *end = NULL;
    errno = 0;
    long long at = token ? strtoll(token, &end, 10) : 0;
    if (!token || errno || *end != '.' || at <= 0)
        return ctx_fault(c, "planToken", "Ask for the plan first, and confirm with its planToken.");
    int64_t age = c->app->now_ms(c->app) - at;
    if (age < 0 || age > PLAN_MINUTES * MINUTE_MS)
        return ctx_refuse(c, ERR_CONFLICT, "The plan is older than ten minutes: look at it again.");
    *at_ms = at;
    return OK;
}

enum err plan_token_check(struct ctx *c, const char *token, const char *of)
{
    int64_t at = 0;
    enum err e = plan_token_time(c, token, &at);
    if (e != OK)
        return e;
    if (!ct_equal(str_of(token), str_of(plan_token(c, at, of))))
        return ctx_refuse(c, ERR_CONFLICT,
                          "What it would do has changed since it was planned: look at it again.");
    return OK;
}
