/* Addresses of assets change with each file: browsers keep what is under them for a year. */
#include "web/request.h"

#include "base/settings.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const files[] = { "static/run.css", "static/pick.js", "static/vendor/rows.css" };
#define FILES (sizeof(files) / sizeof(files[0]))

static char dir[] = "/tmp/assets-test-XXXXXX";
static struct arena *arena;

static void put(const char *name, const char *text)
{
    int f = open(arena_printf(arena, "%s/%s", dir, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(f >= 0);
    assert_int_equal(write(f, text, strlen(text)), (ssize_t)strlen(text));
    close(f);
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new(16 << 20);
    if (!mkdtemp(dir))
        return -1;
    mkdir(arena_printf(arena, "%s/templates", dir), 0700);
    mkdir(arena_printf(arena, "%s/static", dir), 0700);
    mkdir(arena_printf(arena, "%s/static/vendor", dir), 0700);
    for (size_t i = 0; i < FILES; i++)
        put(files[i], "one");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        unlink(arena_printf(arena, "%s/%s", dir, files[i]));
    rmdir(arena_printf(arena, "%s/static/vendor", dir));
    rmdir(arena_printf(arena, "%s/static", dir));
    rmdir(arena_printf(arena, "%s/templates", dir));
    int left = rmdir(dir);
    arena_free(arena);
    return left;
}

static const char *version(void)
{
    static const struct domain *const none[] = { NULL };
    const struct settings settings = {
        .public_url = "https://track.example.com",
        .template_dir = arena_printf(arena, "%s/templates", dir),
    };
    struct app app = { .settings = &settings };
    return web_new(&app, arena, NULL, none)->asset_version;
}

static void changes_with_every_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        const char *before = version();
        assert_string_equal(version(), before);
        put(files[i], "another");
        assert_string_not_equal(version(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(changes_with_every_file) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
