/* Routing: a sorted table in which a fixed segment comes before a :param, searched in order. */
#include "web/router.h"

#include "base/domain.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENTS_MAX 16

struct router {
    const struct route **routes; /* NULL at the end */
    size_t n;
};

/* As text, but ':' sorts after everything, so that fixed segments are tried first. */
static int compare_paths(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    int x = *a == ':' ? 0x100 : (unsigned char)*a, y = *b == ':' ? 0x100 : (unsigned char)*b;
    return x - y;
}

static int compare(const void *a, const void *b)
{
    const struct route *x = *(const struct route *const *)a, *y = *(const struct route *const *)b;
    int order = compare_paths(x->path, y->path);
    return order ? order : (int)x->method - (int)y->method;
}

struct router *router_new(struct arena *a, const struct domain *const *list)
{
    struct router *router = arena_new_of(a, struct router);
    size_t count = 0;
    for (const struct domain *const *d = list; *d; d++)
        for (const struct route *r = (*d)->routes; r && r->path; r++)
            count++;
    router->routes = arena_zalloc(a, count + 1, sizeof(struct route *));
    for (const struct domain *const *d = list; *d; d++)
        for (const struct route *r = (*d)->routes; r && r->path; r++)
            router->routes[router->n++] = r;
    qsort(router->routes, router->n, sizeof(struct route *), compare);
    for (size_t i = 1; i < router->n; i++) {
        if (compare(&router->routes[i - 1], &router->routes[i]) == 0) {
            log_error("route_twice", "path", router->routes[i]->path, NULL);
            abort();
        }
    }
    return router;
}

/* Whether the path has the pattern; the values go to `values`, *n of them. */
static bool matches(const char *pattern, const char *path, struct str *values, size_t *n)
{
    *n = 0;
    while (*pattern && *path) {
        if (*pattern == ':' && pattern[-1] == '/') {
            size_t length = strcspn(path, "/");
            if (length == 0 || *n == SEGMENTS_MAX)
                return false;
            values[(*n)++] = (struct str){ path, length };
            path += length;
            pattern += strcspn(pattern, "/");
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*pattern && !*path;
}

static void name_params(struct arena *a, const char *pattern, const struct str *values, size_t n,
                        struct pairs *params)
{
    params->at = arena_zalloc(a, n + 1, sizeof(struct pair));
    params->n = n;
    for (size_t i = 0; i < n; i++) {
        pattern = strchr(pattern, ':') + 1;
        params->at[i].name = arena_strndup(a, pattern, strcspn(pattern, "/"));
        params->at[i].value = arena_strndup(a, values[i].p, values[i].n);
    }
}

const struct route *router_find(const struct router *router, struct arena *a, const char *path,
                                const enum method *method, struct pairs *params, unsigned *allow)
{
    struct str values[SEGMENTS_MAX];
    size_t n;
    *allow = 0;
    for (size_t i = 0; i < router->n; i++) {
        const struct route *r = router->routes[i];
        if (!matches(r->path, path, values, &n))
            continue;
        if (method && r->method == *method) {
            name_params(a, r->path, values, n, params);
            return r;
        }
        *allow |= 1u << r->method;
    }
    return NULL;
}

const struct route *const *router_routes(const struct router *router)
{
    return router->routes;
}
