/* The log's lines: JSON whatever is in them, secrets never in them. Each line is read back from a
   pipe. */
#include "base/log.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static int saved_stderr, pipe_ends[2];

static void listen_to_it(void)
{
    assert_int_equal(pipe(pipe_ends), 0);
    saved_stderr = dup(STDERR_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[1]);
}

static struct str heard(void)
{
    char *text = arena_alloc(arena, 65536);
    size_t n = 0;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    for (ssize_t got; (got = read(pipe_ends[0], text + n, 65535 - n)) > 0;)
        n += (size_t)got;
    close(pipe_ends[0]);
    text[n] = '\0';
    return (struct str){ text, n };
}

static struct json_object *line(void)
{
    static const struct json_limits limits = { 2, 100, 65536 };
    struct json_object *out;
    const char *why = "";
    struct str text = heard();
    assert_true(text.n > 0 && text.n <= 4096);
    assert_ptr_equal(strchr(text.p, '\n'), text.p + text.n - 1);
    if (json_parse(arena, text, &limits, &out, &why))
        fail_msg("%s: %s", text.p, why);
    return out;
}

static void is_json(void **state)
{
    (void)state;
    listen_to_it();
    log_info("done", "text", "a \"b\" \\ \n\t\x01\x7f é", "absent", NULL, NULL);
    struct json_object *l = line();
    assert_string_equal(json_text(l, "text"), "a \"b\" \\ \n\t\x01\x7f é");
    assert_string_equal(json_text(l, "program"), "test");
    assert_string_equal(json_text(l, "level"), "info");
    assert_string_equal(json_text(l, "event"), "done");
    assert_null(json_get(l, "requestId"));
}

static void hides_secrets(void **state)
{
    static const char *const keys[] = { "password",    "newPassword", "Authorization", "cookie",
                                        "accessToken", "clientState", "x-api-key" };
    static const char *const values[] = { "tc_live_1", "x eyJhbGciOi", "whsec_1", "Bearer abc" };
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        listen_to_it();
        log_info("e", keys[i], "plain", NULL);
        assert_string_equal(json_text(line(), keys[i]), "[redacted]");
    }
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        listen_to_it();
        log_info("e", "note", values[i], NULL);
        assert_string_equal(json_text(line(), "note"), "[redacted]");
    }
}

static void shortens_addresses(void **state)
{
    (void)state;
    listen_to_it();
    log_info("e", "email", "eva@example.com", "phone", "+41791234567", "statusCode", "404", NULL);
    struct json_object *l = line();
    assert_string_equal(json_text(l, "email"), "e…@example.com");
    assert_string_equal(json_text(l, "phone"), "…567");
    assert_string_equal(json_text(l, "statusCode"), "404");
}

/* Whatever a value ends with at the cut, the line stays one line of JSON. */
static void cuts_long_lines(void **state)
{
    static const char *const units[] = { "x", "\"", "\n", "\\", "é", "😀" };
    (void)state;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        for (size_t shift = 0; shift < 8; shift++) {
            struct buf b = buf_in(arena);
            buf_put(&b, "xxxxxxxx", shift);
            while (b.n < 9000)
                buf_puts(&b, units[i]);
            listen_to_it();
            log_info("long", "text", b.p, NULL);
            const char *text = json_text(line(), "text");
            assert_true(text && strlen(text) > 500);
        }
    }
}

static void many_fields(void **state)
{
    (void)state;
    char big[1500];
    memset(big, 'y', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    listen_to_it();
    log_info("many", "a", big, "b", big, "c", big, "d", big, "e", "last", NULL);
    assert_string_equal(json_text(line(), "a"), big);
}

static void keeps_its_scope_and_level(void **state)
{
    (void)state;
    listen_to_it();
    log_scope("jobId", "42");
    log_debug("unheard", NULL);
    log_warn("heard", NULL);
    log_scope(NULL, NULL);
    assert_string_equal(json_text(line(), "jobId"), "42");
    assert_int_equal(log_level_of("error"), LOG_LEVEL_ERROR);
    assert_int_equal(log_level_of("loud"), LOG_LEVEL_INFO);
    assert_string_equal(NUM(-12), "-12");
}

static int make(void **state)
{
    (void)state;
    arena = arena_new((size_t)16 * 1024 * 1024);
    log_init("test", LOG_LEVEL_INFO);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_json),         cmocka_unit_test(hides_secrets),
        cmocka_unit_test(cuts_long_lines), cmocka_unit_test(shortens_addresses),
        cmocka_unit_test(many_fields),     cmocka_unit_test(keeps_its_scope_and_level),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
