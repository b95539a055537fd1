/* What the call log keeps of headers, URLs and bodies. */
#include "http/redact.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena *arena;

static const char *body(struct str text)
{
    struct buf out = buf_in(arena);
    redact_body(&out, text);
    return out.p;
}

static void bodies(void **state)
{
    (void)state;
    assert_string_equal(body(STR("client_id=a&client_secret=b%26c&grant_type=d")),
                        "client_id=a&client_secret=[redacted]&grant_type=d");
    assert_string_equal(body(STR("{\"access_token\" : \"e\\\"yJ\",\"expires_in\":3599}")),
                        "{\"access_token\":\"[redacted]\",\"expires_in\":3599}");
    assert_string_equal(body(STR("[{\"contentBytes\":\"QUJD\",\"name\":\"secret\"}]")),
                        "[{\"contentBytes\":\"[4 characters]\",\"name\":\"secret\"}]");
    assert_string_equal(body(STR("{\"clientState\":\"x\",\"error\":{\"code\":\"E\"}}")),
                        "{\"clientState\":\"[redacted]\",\"error\":{\"code\":\"E\"}}");
    assert_string_equal(
        body(STR("{\"uploadUrl\":\"https:\\/\\/h.example/u?authtoken=eyJ0&x=1\",\"n\":\"a?b\"}")),
        "{\"uploadUrl\":\"https:\\/\\/h.example/u?[redacted]\",\"n\":\"a?b\"}");
    assert_string_equal(body(STR("{\"note\":\"it was eyJhbGciOi.x\"}")),
                        "{\"note\":\"[redacted]\"}");
    assert_string_equal(body(STR("grant_type=a&code=0.AXo")), "grant_type=a&code=[redacted]");
    assert_string_equal(body(STR("{\"a\":\"unfinished \\")), "{\"a\":\"unfinished \\");
    assert_string_equal(body(STR("{\"contentBytes\":\"")), "{\"contentBytes\":\"[0 characters]\"");
    assert_string_equal(body(STR("{\"password\":\"unfinished")), "{\"password\":\"[redacted]\"");
}

static void text_only(void **state)
{
    (void)state;
    assert_string_equal(body(STR("a\0b\xff\xc3\xa9")), "a?b?é");
    struct buf big = buf_in(arena);
    for (int i = 0; i < LOGGED_MAX; i++)
        buf_puts(&big, "ü");
    const char *kept = body(buf_str(&big));
    assert_int_equal(strlen(kept), LOGGED_MAX);
    assert_true(utf8_valid(str_of(kept)));
}

static void urls(void **state)
{
    (void)state;
    assert_string_equal(redact_url(arena, "https://a/b?authtoken=x&c=d&sig=e"),
                        "https://a/b?authtoken=[redacted]&c=d&sig=[redacted]");
    assert_string_equal(redact_url(arena, "https://a/b"), "https://a/b");
    assert_string_equal(redact_url(arena, "https://a/b?code=f&encode=g"),
                        "https://a/b?code=[redacted]&encode=g");
    assert_string_equal(redact_url(arena, "https://u:p@a/b"), "https://[redacted]@a/b");
}

static void headers(void **state)
{
    struct buf out = buf_in(arena);
    (void)state;
    redact_header(&out, "authorization", "Basic x");
    redact_header(&out, "X-Other", "Bearer y");
    redact_header(&out, "Retry-After", "3");
    redact_header(&out, "location", "https://a/b?token=c");
    assert_string_equal(out.p, "authorization: [redacted]\nX-Other: [redacted]\nRetry-After: 3\n"
                               "location: https://a/b?token=[redacted]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(bodies), cmocka_unit_test(text_only),
                                        cmocka_unit_test(urls), cmocka_unit_test(headers) };
    arena = arena_new(8 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
