/* UUIDs: what a new one says of its time, and which texts are one. */
#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t at(const struct app *app)
{
    (void)app;
    return 0x017f22e279b0; /* the example of RFC 9562, A.6 */
}

static void all_ones(const struct app *app, void *to, size_t n)
{
    (void)app;
    memset(to, 0xff, n);
}

static void all_zeros(const struct app *app, void *to, size_t n)
{
    (void)app;
    memset(to, 0, n);
}

static void says_its_time(void **state)
{
    struct arena *a = arena_new(4096);
    struct app app = { .now_ms = at, .random_bytes = all_ones };
    (void)state;
    assert_string_equal(uuid7(&app, a), "017f22e2-79b0-7fff-bfff-ffffffffffff");
    app.random_bytes = all_zeros;
    assert_string_equal(uuid7(&app, a), "017f22e2-79b0-7000-8000-000000000000");
    assert_true(uuid_valid(uuid7(&app, a)));
    arena_free(a);
}

static void refuses(void **state)
{
    static const char *const bad[] = { "",
                                       "017f22e2-79b0-7fff-bfff-fffffffffff",
                                       "017f22e2-79b0-7fff-bfff-fffffffffffff",
                                       "017f22e2-79b0-7fff-bfff-ffffffffffffg",
                                       "017f22e279b0-7fff-bfff-ffffffffffff-",
                                       "017f22e2-79b0-7fff-bfff-ffffffff fff",
                                       "{17f22e2-79b0-7fff-bfff-fffffffffff}",
                                       "017f22e2_79b0_7fff_bfff_ffffffffffff" };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (uuid_valid(bad[i]))
            fail_msg("%s was taken", bad[i]);
    assert_true(uuid_valid("017F22E2-79b0-4fff-0fff-ffffffffffff"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_its_time),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
