/* Problems noted on a piece of work, and the names of roles and actors. */
#include "base/ctx.h"

#include <string.h>

enum err ctx_fault(struct ctx *c, const char *field, const char *format, ...)
{
    if (c->problem.n < PROBLEM_FAULTS) {
        struct fault *f = &c->problem.faults[c->problem.n++];
        va_list args;
        va_start(args, format);
        f->field = arena_strdup(c->arena, field);
        f->message = arena_vprintf(c->arena, format, args);
        va_end(args);
    }
    return ERR_INVALID;
}

enum err ctx_refuse(struct ctx *c, enum err e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    c->problem.detail = arena_vprintf(c->arena, format, args);
    va_end(args);
    return e;
}

const char *actor_kind_name(enum actor_kind kind)
{
    static const char *const names[] = {
        [ACTOR_SYSTEM] = "system", [ACTOR_USER] = "user",         [ACTOR_CLIENT] = "client",
        [ACTOR_WORKER] = "worker", [ACTOR_PROVIDER] = "provider", [ACTOR_RECIPIENT] = "recipient"
    };
    return names[kind];
}

static const char *const roles[] = {
    [ROLE_NOBODY] = "nobody", [ROLE_PUBLIC] = "public", [ROLE_VIEWER] = "viewer",
    [ROLE_AGENT] = "agent",   [ROLE_ADMIN] = "admin",   [ROLE_OWNER] = "owner"
};

const char *role_name(enum role role)
{
    return roles[role];
}

enum role role_of(const char *name)
{
    for (int r = ROLE_VIEWER; r <= ROLE_OWNER; r++)
        if (strcmp(roles[r], name) == 0)
            return (enum role)r;
    return ROLE_NOBODY;
}
