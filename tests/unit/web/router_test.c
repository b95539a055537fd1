/* Routing: which route a path and method find. */
#include "base/domain.h"
#include "web/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/a/:id", NULL, ROLE_VIEWER, .doc = "" },
    { METHOD_DELETE, ROUTE_API, "/a/:id", NULL, ROLE_VIEWER, .doc = "" },
    { METHOD_POST, ROUTE_API, "/a/new", NULL, ROLE_VIEWER, .doc = "" },
    { METHOD_GET, ROUTE_API, "/a/fixed", NULL, ROLE_VIEWER, .doc = "" },
    { METHOD_GET, ROUTE_API, "/a/:id/b/:other", NULL, ROLE_VIEWER, .doc = "" },
    { METHOD_GET, ROUTE_PAGE, "/", NULL, ROLE_VIEWER, .doc = "" },
    { .path = NULL },
};
static const struct domain sample = { .name = "sample", .routes = routes };
static const struct domain *const list[] = { &sample, NULL };

static struct arena *arena;
static struct pairs params;
static unsigned allow;

static const char *found(enum method m, const char *path)
{
    static struct router *router;
    if (!router)
        router = router_new(arena, list);
    params = (struct pairs){ .n = 0 };
    const struct route *r = router_find(router, arena, path, &m, &params, &allow);
    return r ? r->path : "none";
}

static void finds(void **state)
{
    (void)state;
    assert_string_equal(found(METHOD_GET, "/"), "/");
    assert_string_equal(found(METHOD_GET, "/a/fixed"), "/a/fixed");
    assert_string_equal(found(METHOD_GET, "/a/fixe"), "/a/:id");
    assert_string_equal(params.at[0].name, "id");
    assert_string_equal(params.at[0].value, "fixe");
    assert_string_equal(found(METHOD_GET, "/a/new"), "/a/:id");
    assert_string_equal(found(METHOD_POST, "/a/new"), "/a/new");
    assert_string_equal(found(METHOD_GET, "/a/1/b/x y"), "/a/:id/b/:other");
    assert_int_equal(params.n, 2);
    assert_string_equal(params.at[1].name, "other");
    assert_string_equal(params.at[1].value, "x y");
}

static void finds_none(void **state)
{
    (void)state;
    static const char *const absent[] = { "/a", "/a/", "/a/1/", "/a/1/b", "/a/1/b/", "/x", "//" };
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_string_equal(found(METHOD_GET, absent[i]), "none");
        assert_int_equal(allow, 0);
    }
    assert_string_equal(found(METHOD_PUT, "/a/new"), "none");
    assert_int_equal(allow, 1u << METHOD_GET | 1u << METHOD_POST | 1u << METHOD_DELETE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(finds_none),
    };
    arena = arena_new((size_t)1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
