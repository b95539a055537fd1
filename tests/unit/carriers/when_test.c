/* The times of carriers: every layout, what is no time, offsets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "carriers/when.h"

#include <string.h>

#define INDIA (5 * 60 + 30)

static void layouts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int zone;
        const char *at;
        bool no_time, no_zone;
    } good[] = {
        { "2026-03-04T17:12:57", 0, "2026-03-04T17:12:57.000Z", false, true },
        { "2026-03-04T17:12:57", INDIA, "2026-03-04T11:42:57.000Z", false, true },
        { "2026-03-04T17:12:57.000Z", INDIA, "2026-03-04T17:12:57.000Z", false, false },
        { "2026-03-04T17:12:57.1239Z", 0, "2026-03-04T17:12:57.123Z", false, false },
        { "2026-03-04T17:12:57+02:00", 0, "2026-03-04T15:12:57.000Z", false, false },
        { "2026-03-04T00:30:00+05:30", 0, "2026-03-03T19:00:00.000Z", false, false },
        { "2026-03-04T17:12:57-0800", 0, "2026-03-05T01:12:57.000Z", false, false },
        { "2026-03-04T17:12", 0, "2026-03-04T17:12:00.000Z", false, true },
        { "2026-03-04", 0, "2026-03-04T12:00:00.000Z", true, true },
        { "2026-03-04", INDIA, "2026-03-04T06:30:00.000Z", true, true },
        { "2024-02-29", 0, "2024-02-29T12:00:00.000Z", true, true },
        { "2026-12-31T23:59:60Z", 0, "2027-01-01T00:00:00.000Z", false, false },
        { "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z", false, false },
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct moment m = { 0 };
        assert_true(moment_read(good[i].text, good[i].zone, &m));
        assert_string_equal(m.at, good[i].at);
        assert_int_equal(m.no_time, good[i].no_time);
        assert_int_equal(m.no_zone, good[i].no_zone);
    }
    struct moment m;
    assert_true(moment_read("2026-03-04T17:12:57.250Z", 0, &m));
    assert_int_equal(m.ms, INT64_C(1772644377250));
}

static void no_times(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-3-4",
        "04-03-2026",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-03-00",
        "2026-03-04T24:00:00Z",
        "2026-03-04T17:60:00",
        "2026-03-04T17:12:57.",
        "2026-03-04T17:12:57 Z",
        "2026-03-04Z",
        "2026-03-04T17:12:57+2:00",
        "2026-03-04T17:12:57+02:60",
        "2026-03-04T17:12:57+20:00",
        "2026-03-04T17:12:57Zx",
        "2026-03-04 ",
        " 2026-03-04",
        "1969-12-31",
        "1970-01-01T00:00:00+01:00",
        "9999-12-31T23:00:00-05:00",
        "tomorrow",
        "2026-03-04T",
        "2026-03-04T17",
    };
    struct moment m = { .ms = 7 };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (moment_read(bad[i], 0, &m))
            fail_msg("%s is read", bad[i]);
    assert_false(moment_read(NULL, 0, &m));
    assert_int_equal(m.ms, 7);
}

static void zones(void **state)
{
    (void)state;
    int minutes = 1;
    static const char *const bad[] = { "",        "5", "+5:30", "+05",   "+05:3",
                                       "+05:300", "z", "IST",   "+19:00" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(zone_read(bad[i], &minutes));
    assert_false(zone_read(NULL, &minutes));
    assert_int_equal(minutes, 1);
    assert_true(zone_read("+05:30", &minutes));
    assert_int_equal(minutes, INDIA);
    assert_true(zone_read("-0330", &minutes));
    assert_int_equal(minutes, -210);
    assert_true(zone_read("Z", &minutes));
    assert_int_equal(minutes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts),
        cmocka_unit_test(no_times),
        cmocka_unit_test(zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
