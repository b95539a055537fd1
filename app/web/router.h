/* The routes of all domains as one table, most particular first. */
#pragma once

#include "base/arena.h"
#include "web/web.h"

struct router;

/* Aborts with a log line where two routes have the same method and pattern: a fault of ours. */
struct router *router_new(struct arena *a, const struct domain *const *domains);

/* The route of a path and method; NULL where there is none, *allow then has a bit per method that
   the path has (0: no such path). *params are the :params, in the arena. */
const struct route *router_find(const struct router *router, struct arena *a, const char *path,
                                const enum method *method, struct pairs *params, unsigned *allow);

/* All routes in stable order: by path, then method. NULL at the end. */
const struct route *const *router_routes(const struct router *router);
