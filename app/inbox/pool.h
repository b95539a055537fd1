/* The hook pool: children that take whatever webhooks are waiting and answer them after one commit.
 */
#pragma once

#include "base/app.h"

struct domain;

struct hook_pool {
    struct app *app;
    int socket; /* of front_listen */
    const struct domain *const *domains;
};

/* The life of a child, for prefork_run; `pool` is a struct hook_pool. */
int hook_pool_run(void *pool, volatile const int *stop);
