/* Names and HTTP statuses of errors, in one table. */
#include "base/err.h"

#include <stddef.h>

static const struct {
    const char *name;
    int status;
} table[] = {
    [OK] = { "ok", 200 },
    [ERR_INVALID] = { "invalid", 422 },
    [ERR_DENIED] = { "denied", 403 },
    [ERR_NOT_FOUND] = { "not-found", 404 },
    [ERR_CONFLICT] = { "conflict", 409 },
    [ERR_LIMITED] = { "limited", 429 },
    [ERR_RETRY] = { "unavailable", 503 },
    [ERR_INTERNAL] = { "internal", 500 },
};

const char *err_name(enum err e)
{
    return table[e].name;
}

int err_status(enum err e)
{
    return table[e].status;
}
