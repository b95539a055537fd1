/* Numbers and their nouns. */
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void agrees_with_its_number(void **state)
{
    struct arena *a = arena_new(4096);
    (void)state;
    assert_string_equal(count_words(a, 1, "entry", "entries"), "1 entry");
    assert_string_equal(count_words(a, 0, "entry", "entries"), "0 entries");
    assert_string_equal(count_words(a, 1234567890123, "entry", "entries"), "1234567890123 entries");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(agrees_with_its_number) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
