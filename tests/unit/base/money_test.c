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

static void millionths_are_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t micros;
        const char *currency, *text, *number;
    } cases[] = {
        { 75000, "CHF", "0.075\u00a0CHF", "0.075" },
        { 12500000, "CHF", "12.50\u00a0CHF", "12.50" },
        { 1234500000, "CHF", "1\u2019234.50\u00a0CHF", "1234.50" },
        { 0, "EUR", "0.00\u00a0EUR", "0.00" },
        { 1, "EUR", "0.000001\u00a0EUR", "0.000001" },
        { -75000, "EUR", "\u22120.075\u00a0EUR", "-0.075" },
        { 7000000, "JPY", "7\u00a0JPY", "7.00" },
        { 7500000, "JPY", "7.5\u00a0JPY", "7.50" },
        { 150000, NULL, "0.15", "0.15" },
        { INT64_MAX, "EUR", "9,223,372,036,854.775807\u00a0EUR", "9223372036854.775807" },
    };
    struct arena *a = arena_new(65536);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(money_micros_text(a, cases[i].micros, cases[i].currency, "en"),
                            cases[i].text);
        assert_string_equal(money_micros_number(a, cases[i].micros), cases[i].number);
    }
    assert_int_equal(money_micros(120, "CHF"), 1200000);
    assert_int_equal(money_micros(120, "JPY"), 120000000);
    assert_int_equal(money_micros(1200, "KWD"), 1200000);
    assert_int_equal(money_micros_read("0.075"), 75000);
    assert_int_equal(money_micros_read("12"), 12000000);
    assert_int_equal(money_micros_read("0.0000001"), -1);
    assert_int_equal(money_micros_read("1234567"), -1);
    assert_int_equal(money_micros_read("1e3"), -1);
    assert_int_equal(money_micros_read(""), -1);
    assert_int_equal(money_micros_read(NULL), -1);
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
        cmocka_unit_test(millionths_are_exact),
        cmocka_unit_test(knows_currencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
