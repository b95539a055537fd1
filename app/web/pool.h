/* The page pool: one request at a time in each of its children. */
#pragma once

#include "base/app.h"

#include <stdbool.h>
#include <stddef.h>

struct domain;

struct page_pool {
    struct app *app;
    int socket; /* of front_listen */
    const struct domain *const *domains;
};

/* The life of a child, for prefork_run; `pool` is a struct page_pool. */
int page_pool_run(void *pool, volatile const int *stop);

/* Memory of one request, in either pool. */
#define REQUEST_ARENA ((size_t)32 << 20)

/* How many requests a child answers before another takes its place: not all at the same time. */
long pool_lifetime(const struct app *app);

/* Whether the process grew so large that it should be replaced. */
bool pool_bloated(void);
