/* Multipart bodies, whole and broken, in pieces of every size. */
#include "web/multipart.h"

#include "base/crypto.h"
#include "store/store.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct source {
    struct str text;
    size_t at, piece;
};

static struct app app;
static struct arena *whole;
static struct ctx ctx;

static size_t next(void *from, char *to, size_t n)
{
    struct source *s = from;
    size_t left = s->text.n - s->at, m = n < s->piece ? n : s->piece;
    if (m > left)
        m = left;
    memcpy(to, s->text.p + s->at, m);
    s->at += m;
    return m;
}

static enum err take(struct str body, size_t piece, size_t limit, struct multipart *m)
{
    struct source s = { .text = body, .piece = piece };
    return multipart_read(&ctx, "B", (struct body_reader){ next, &s }, limit, m);
}

#define GOOD                                                                                       \
    "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--x\r\n--B\r\n"               \
    "Content-Disposition: form-data; name=\"f\"; filename=\"C:\\\\dir\\\\r%22s.csv\"\r\n"          \
    "Content-Type: text/html\r\n\r\nid;name\r\n1;x\r\n\r\n--B\r\n"                                 \
    "content-disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n--B--\r\ntail"

static void reads_in_any_pieces(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 70; piece++) {
        struct multipart m;
        struct str bytes;
        assert_int_equal(take(STR(GOOD), piece, 10000, &m), OK);
        assert_int_equal(m.fields.n, 1);
        assert_string_equal(m.fields.at[0].name, "a");
        assert_string_equal(m.fields.at[0].value, "one\r\n--x");
        assert_int_equal(m.upload_count, 1);
        assert_string_equal(m.uploads[0].field, "f");
        assert_string_equal(m.uploads[0].file_name, "r\"s.csv");
        assert_int_equal(m.uploads[0].size, 14);
        assert_int_equal(store_get(app.store, ctx.arena, m.uploads[0].sha256, &bytes), OK);
        assert_memory_equal(bytes.p, "id;name\r\n1;x\r\n", 14);
    }
}

static void refuses_what_is_broken(void **state)
{
    const struct {
        struct str body;
        size_t limit;
        enum err e;
    } bad[] = {
        { STR(""), 100, ERR_INVALID },
        { STR("hello"), 100, ERR_INVALID },
        { STR("--B"), 100, ERR_INVALID },
        { STR("--Bx\r\n"), 100, ERR_INVALID },
        { STR("--B\r\n"), 100, ERR_INVALID },
        { STR("--B\r\n\r\nx\r\n--B--"), 100, ERR_INVALID },
        { STR("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx"), 1000, ERR_INVALID },
        { STR("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--B--"), 1000,
          ERR_INVALID },
        { STR("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\0\r\n--B--"), 1000,
          ERR_INVALID },
        { STR(GOOD), 60, ERR_LIMITED },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct multipart m;
        if (take(bad[i].body, 4096, bad[i].limit, &m) != bad[i].e)
            fail_msg("case %zu: %s", i, bad[i].body.p);
    }
}

static void limits_a_field(void **state)
{
    struct multipart m;
    struct buf b = buf_in(ctx.arena);
    (void)state;
    buf_puts(&b, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n");
    for (int i = 0; i < 64 * 1024 + 1; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, "\r\n--B--");
    assert_int_equal(take(buf_str(&b), 4096, 1000000, &m), ERR_INVALID);
    assert_string_equal(ctx.problem.faults[0].field, "a");
}

static void finds_the_boundary(void **state)
{
    (void)state;
    assert_string_equal(multipart_boundary(ctx.arena, "multipart/form-data; boundary=abc"), "abc");
    assert_string_equal(
        multipart_boundary(ctx.arena, "Multipart/Form-Data; charset=x; boundary=\"a b\""), "a b");
    assert_null(multipart_boundary(ctx.arena, "multipart/form-data"));
    assert_null(multipart_boundary(ctx.arena, "multipart/form-data; boundary="));
    assert_null(multipart_boundary(ctx.arena, "multipart/form-data; xboundary=a"));
    assert_null(multipart_boundary(ctx.arena, "text/plain; boundary=abc"));
}

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){ .app = &app, .arena = arena_new((size_t)64 << 20) };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_in_any_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_broken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_a_field, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_the_boundary, set_up, tear_down),
    };
    char dir[] = "/tmp/track-multipart.XXXXXX";
    crypto_init();
    whole = arena_new((size_t)8 << 20);
    app.now_ms = app_now_ms;
    app.random_bytes = app_random_bytes;
    app.store = store_local(whole, mkdtemp(dir));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(whole);
    nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
    return failed;
}
