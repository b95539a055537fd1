/* Amounts of money as languages write them. */
#include "base/money.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void writes(void **state)
{
    static const struct {
        int64_t minor;
        const char *currency, *language, *text;
    } cases[] = {
        { 123450, "CHF", "de", "1’234.50\u00a0CHF" },
        { 123450, "EUR", "de", "1.234,50\u00a0EUR" },
        { 123450, "EUR", "fr", "1\u202f234,50\u00a0EUR" },
        { 123450, "EUR", "en", "1,234.50\u00a0EUR" },
        { 5, "EUR", "en", "0.05\u00a0EUR" },
        { -5, "EUR", "en", "\u22120.05\u00a0EUR" },
        { 0, "CHF", "en", "0.00\u00a0CHF" },
        { 1234567, "JPY", "en", "1,234,567\u00a0JPY" },
        { 1234567, "KWD", "en", "1,234.567\u00a0KWD" },
        { 100000, "EUR", "en", "1,000.00\u00a0EUR" },
        { INT64_MIN, "EUR", "en", "\u221292,233,720,368,547,758.08\u00a0EUR" },
    };
    struct arena *a = arena_new(65536);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(money_text(a, cases[i].minor, cases[i].currency, cases[i].language),
                            cases[i].text);
    arena_free(a);
}

static void knows_currencies(void **state)
{
    (void)state;
    assert_int_equal(money_decimals("CHF"), 2);
    assert_int_equal(money_decimals("AED"), 2);
    assert_int_equal(money_decimals("ZWL"), 2);
    assert_int_equal(money_decimals("JPY"), 0);
    assert_int_equal(money_decimals("TND"), 3);
    assert_int_equal(money_decimals("chf"), -1);
    assert_int_equal(money_decimals("XXX"), -1);
    assert_int_equal(money_decimals("D A"), -1);
    assert_int_equal(money_decimals(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes),
        cmocka_unit_test(knows_currencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
