/* Tags as people write them: what becomes of them, and what is none. */
#include "track/tag.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena *a;

static void words_are_made_lower_case(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "call-back", "call-back" }, { "  Frist  ", "frist" }, { "ÄRGER_2.0", "ärger_2.0" },
        { "ΦΟΡΟΣ", "φοροσ" },         { "Срочно", "срочно" },   { "7", "7" },
        { "Éloi", "éloi" },           { "未払い", "未払い" },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *tag = NULL;
        assert_null(tag_read(a, pairs[i][0], &tag));
        assert_string_equal(tag, pairs[i][1]);
        assert_null(tag_read(a, tag, &tag)); /* read again it is the same */
        assert_string_equal(tag, pairs[i][1]);
    }
}

static void what_is_no_word_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",      "   ", "two words", "a,b",      "a:b",
                                       "\"a\"", "a'b", "a\tb",      "a\u00a0b", "a\xFF",
                                       "☎",     "a/b", "<b>",       "a\u200b" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *tag = "untouched";
        print_message("%s\n", bad[i]);
        assert_non_null(tag_read(a, bad[i], &tag));
        assert_string_equal(tag, "untouched");
    }
}

static void its_length_is_that_of_characters(void **state)
{
    (void)state;
    const char *tag;
    struct buf b = buf_in(a);
    for (int i = 0; i < TAG_LENGTH; i++)
        buf_puts(&b, "Ü");
    assert_null(tag_read(a, b.p, &tag));
    buf_puts(&b, "x");
    assert_non_null(tag_read(a, b.p, &tag));
}

static int start(void **state)
{
    (void)state;
    a = arena_new((size_t)1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_made_lower_case),
        cmocka_unit_test(what_is_no_word_is_refused),
        cmocka_unit_test(its_length_is_that_of_characters),
    };
    return cmocka_run_group_tests(tests, start, end);
}
