/* The record of an SMTP dialogue: no secret in it, however the server answers, and never too long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channels/smtp_record.h"

#include <string.h>

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new((size_t)1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct smtp_record record(void)
{
    return (struct smtp_record){ .said = buf_in(a), .password = "s3cret" };
}

static void a_login_is_left_out(void **state)
{
    struct smtp_record r = record();
    (void)state;
    smtp_record_sent(&r, "AUTH LOGIN\r\n");
    smtp_record_heard(&r, "334 VXNlcm5hbWU6");
    smtp_record_sent(&r, "dXNlcg==\r\n");
    smtp_record_heard(&r, "334 UGFzc3dvcmQ6");
    smtp_record_sent(&r, "czNjcmV0\r\n");
    smtp_record_heard(&r, "535-5.7.8 refused: czNjcmV0");
    smtp_record_heard(&r, "535 5.7.8 it was s3cret");
    smtp_record_sent(&r, "QUIT\r\n");
    assert_string_equal(smtp_record_text(&r), "> AUTH LOGIN\n< 334 [left out]\n· [login left out]\n"
                                              "< 334 [left out]\n· [login left out]\n"
                                              "< 535 [left out]\n< 535 [left out]\n> QUIT\n");
}

static void an_initial_response_too(void **state)
{
    struct smtp_record r = record();
    (void)state;
    smtp_record_sent(&r, "AUTH PLAIN AHVzZXIAczNjcmV0\r\n");
    smtp_record_heard(&r, "235 2.7.0 Accepted");
    smtp_record_sent(&r, "EHLO me\r\n");
    assert_string_equal(smtp_record_text(&r), "> AUTH PLAIN\n· [login left out]\n"
                                              "< 235 2.7.0 Accepted\n> EHLO me\n");
}

static void it_is_bounded(void **state)
{
    struct smtp_record r = record();
    char line[2000];
    (void)state;
    memset(line, 'x', sizeof(line) - 1);
    memcpy(line, "250-", 4);
    line[sizeof(line) - 1] = '\0';
    for (int i = 0; i < 100; i++)
        smtp_record_heard(&r, line);
    const char *text = smtp_record_text(&r);
    assert_in_range(strlen(text), 7000, 8192);
    assert_non_null(strstr(text, "· [85 further lines left out]\n"));
}

static void nothing_is_kept_without_an_arena(void **state)
{
    struct smtp_record r = { .left_out = 0 };
    (void)state;
    smtp_record_sent(&r, "QUIT");
    smtp_record_heard(&r, "221 Bye");
    smtp_record_note(&r, "end");
    assert_null(smtp_record_text(&r));
}

static void what_is_no_text_is_cleaned(void **state)
{
    (void)state;
    assert_string_equal(smtp_record_clean(a, "250 \xe9\0 ok\x07 \xc3\xa9", 13), "250 ?? ok? é");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_is_left_out),
        cmocka_unit_test(an_initial_response_too),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(nothing_is_kept_without_an_arena),
        cmocka_unit_test(what_is_no_text_is_cleaned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
