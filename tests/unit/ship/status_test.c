/* The state machine of a shipment, over every pair, and what an order makes of its shipments. */
#include "ship/ship.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Rows: where it stands; columns: what is claimed, both in the order of the statuses. Where it goes
   by a claim of an earlier, the same and a later time. */
static const char letters[PARCEL_STATUS_COUNT + 1] = "PITOFADXRC";
static const struct {
    const char *earlier, *same, *later;
} expected[PARCEL_STATUS_COUNT] = {
    [PARCEL_PENDING] = { "PITOFADXRC", "PITOFADXRC", "PITOFADXRC" },
    [PARCEL_INFO_RECEIVED] = { "IITOFADXRC", "IITOFADXRC", "IITOFADXRC" },
    [PARCEL_IN_TRANSIT] = { "TTTOFADTRC", "TTTOFADXRC", "TTTOFADXRC" },
    [PARCEL_OUT_FOR_DELIVERY] = { "OOOOOODORC", "OOOOFADXRC", "OOOOFADXRC" },
    [PARCEL_FAILED_ATTEMPT] = { "FFFFFFDFRC", "FFFOFADXRC", "FFFOFADXRC" },
    [PARCEL_AVAILABLE_FOR_PICKUP] = { "AAAAAADARC", "AAAOFADXRC", "AAAOFADXRC" },
    [PARCEL_DELIVERED] = { "DDDDDDDDRD", "DDDDDDDDRD", "DDDDDDDDRD" },
    [PARCEL_EXCEPTION] = { "XXXXXXDXRC", "XXXOFADXRC", "XXTOFADXRC" },
    [PARCEL_RETURNED] = { "RRRRRRRRRR", "RRRRRRRRRR", "RRRRRRRRRR" },
    [PARCEL_CANCELLED] = { "CCCCCCDCRC", "CCCCCCDCRC", "CCCCCCDCRC" },
};

static const char *at_time(enum parcel_status s, int64_t at)
{
    return at < 1000 ? expected[s].earlier : at > 1000 ? expected[s].later : expected[s].same;
}

static void every_pair(void **state)
{
    (void)state;
    bool against;
    for (int s = 0; s < PARCEL_STATUS_COUNT; s++)
        for (int t = 0; t < PARCEL_STATUS_COUNT; t++)
            for (int64_t at = 999; at <= 1001; at++) {
                const struct parcel_standing before = { (enum parcel_status)s, 1000, 'B', false };
                char got =
                    letters[parcel_status_after(before, (enum parcel_status)t, at, 'B', &against)];
                if (got != at_time((enum parcel_status)s, at)[t])
                    fail_msg("%s after %s at %d: %c", parcel_status_names[s],
                             parcel_status_names[t], (int)at, got);
            }
}

static void what_says_nothing_moves_nothing(void **state)
{
    (void)state;
    bool against;
    for (int s = 0; s < PARCEL_STATUS_COUNT; s++) {
        const struct parcel_standing before = { (enum parcel_status)s, 1000, 'B', false };
        assert_int_equal(parcel_status_after(before, PARCEL_NOTHING, 2000, 'A', &against), s);
        assert_false(against);
        assert_int_equal(parcel_status_after(before, PARCEL_DELIVERED, 2000, 'X', &against), s);
        assert_false(against);
    }
}

/* Of a time that is not known it cannot be said that it was before or after. */
static void without_times_it_goes_on(void **state)
{
    (void)state;
    bool against;
    const struct parcel_standing near = { PARCEL_OUT_FOR_DELIVERY, 0, 'B', false };
    const struct parcel_standing trouble = { PARCEL_EXCEPTION, 1000, 'B', false };
    assert_int_equal(parcel_status_after(near, PARCEL_FAILED_ATTEMPT, 5, 'B', &against),
                     PARCEL_FAILED_ATTEMPT);
    assert_int_equal(parcel_status_after(trouble, PARCEL_IN_TRANSIT, 0, 'B', &against),
                     PARCEL_EXCEPTION);
}

static bool contradicts(enum parcel_status from, char before, enum parcel_status to, char grade,
                        int64_t at)
{
    bool against;
    (void)parcel_status_after((struct parcel_standing){ from, 1000, before, false }, to, at, grade,
                              &against);
    return against;
}

static void what_speaks_against_it_is_told(void **state)
{
    (void)state;
    assert_true(contradicts(PARCEL_DELIVERED, 'B', PARCEL_EXCEPTION, 'B', 1001));
    assert_true(contradicts(PARCEL_DELIVERED, 'C', PARCEL_FAILED_ATTEMPT, 'B', 1001));
    assert_false(contradicts(PARCEL_DELIVERED, 'B', PARCEL_EXCEPTION, 'C', 1001));
    assert_false(contradicts(PARCEL_DELIVERED, 'B', PARCEL_EXCEPTION, 'B', 999));
    assert_false(contradicts(PARCEL_DELIVERED, 'B', PARCEL_RETURNED, 'B', 1001));
    assert_false(contradicts(PARCEL_DELIVERED, 'D', PARCEL_EXCEPTION, 'D', 1001));
    assert_true(contradicts(PARCEL_DELIVERED, 0, PARCEL_EXCEPTION, 'C', 1001));
    assert_true(contradicts(PARCEL_CANCELLED, 'C', PARCEL_DELIVERED, 'B', 999));
    assert_true(contradicts(PARCEL_CANCELLED, 'C', PARCEL_IN_TRANSIT, 'B', 1001));
    assert_false(contradicts(PARCEL_CANCELLED, 'C', PARCEL_IN_TRANSIT, 'B', 999));
    assert_true(contradicts(PARCEL_RETURNED, 'B', PARCEL_DELIVERED, 'B', 1001));
    assert_false(contradicts(PARCEL_OUT_FOR_DELIVERY, 'B', PARCEL_IN_TRANSIT, 'B', 999));
}

/* ---- a history in any order ---- */

#define SCANS 5

static enum parcel_status ends_at(const enum parcel_status *history, const int *order)
{
    bool against;
    struct parcel_standing s = { PARCEL_PENDING, 0, 0, false };
    for (int i = 0; i < SCANS; i++) {
        int64_t at = 1000 * (order[i] + 1);
        enum parcel_status to = history[order[i]];
        enum parcel_status after = parcel_status_after(s, to, at, 'B', &against);
        if (after != s.status)
            s = (struct parcel_standing){ after, at, 'B', false };
        else if (to == after && at > s.at_ms)
            s.at_ms = at;
    }
    return s.status;
}

/* All orders of the scans from `n` on, each held against how it ended in the order of time. */
static void permute(const enum parcel_status *history, int *order, int n, enum parcel_status end)
{
    if (n == SCANS) {
        assert_int_equal(ends_at(history, order), end);
        return;
    }
    for (int i = n; i < SCANS; i++) {
        int kept = order[n];
        order[n] = order[i];
        order[i] = kept;
        permute(history, order, n + 1, end);
        order[i] = order[n];
        order[n] = kept;
    }
}

static void the_order_of_scans_does_not_matter(void **state)
{
    (void)state;
    static const enum parcel_status histories[][SCANS] = {
        { PARCEL_INFO_RECEIVED, PARCEL_IN_TRANSIT, PARCEL_IN_TRANSIT, PARCEL_OUT_FOR_DELIVERY,
          PARCEL_DELIVERED },
        { PARCEL_IN_TRANSIT, PARCEL_OUT_FOR_DELIVERY, PARCEL_FAILED_ATTEMPT,
          PARCEL_OUT_FOR_DELIVERY, PARCEL_AVAILABLE_FOR_PICKUP },
        { PARCEL_INFO_RECEIVED, PARCEL_IN_TRANSIT, PARCEL_OUT_FOR_DELIVERY, PARCEL_FAILED_ATTEMPT,
          PARCEL_RETURNED },
        { PARCEL_IN_TRANSIT, PARCEL_OUT_FOR_DELIVERY, PARCEL_FAILED_ATTEMPT, PARCEL_EXCEPTION,
          PARCEL_DELIVERED },
        { PARCEL_PENDING, PARCEL_INFO_RECEIVED, PARCEL_IN_TRANSIT, PARCEL_IN_TRANSIT,
          PARCEL_EXCEPTION },
        { PARCEL_INFO_RECEIVED, PARCEL_IN_TRANSIT, PARCEL_EXCEPTION, PARCEL_IN_TRANSIT,
          PARCEL_DELIVERED },
        { PARCEL_PENDING, PARCEL_INFO_RECEIVED, PARCEL_IN_TRANSIT, PARCEL_EXCEPTION,
          PARCEL_IN_TRANSIT },
    };
    for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
        int order[SCANS] = { 0, 1, 2, 3, 4 };
        permute(histories[i], order, 0, ends_at(histories[i], order));
    }
}

/* ---- orders ---- */

static enum order_status of(const char *text, bool cancelled)
{
    enum parcel_status list[8];
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        list[i] = (enum parcel_status)(strchr(letters, text[i]) - letters);
    return order_status_of(list, n, cancelled);
}

static void an_order_is_what_its_shipments_are(void **state)
{
    (void)state;
    static const struct {
        const char *shipments;
        enum order_status alive, cancelled;
    } cases[] = {
        { "", ORDER_NEW, ORDER_CANCELLED },
        { "C", ORDER_NEW, ORDER_CANCELLED },
        { "P", ORDER_RESERVED, ORDER_RESERVED },
        { "PI", ORDER_RESERVED, ORDER_RESERVED },
        { "IT", ORDER_SHIPPED, ORDER_SHIPPED },
        { "F", ORDER_SHIPPED, ORDER_SHIPPED },
        { "AO", ORDER_SHIPPED, ORDER_SHIPPED },
        { "TD", ORDER_PARTLY_DELIVERED, ORDER_PARTLY_DELIVERED },
        { "PD", ORDER_PARTLY_DELIVERED, ORDER_PARTLY_DELIVERED },
        { "RD", ORDER_PARTLY_DELIVERED, ORDER_PARTLY_DELIVERED },
        { "DD", ORDER_DELIVERED, ORDER_DELIVERED },
        { "DC", ORDER_DELIVERED, ORDER_DELIVERED },
        { "RR", ORDER_RETURNED, ORDER_RETURNED },
        { "RT", ORDER_SHIPPED, ORDER_SHIPPED },
        { "RP", ORDER_RESERVED, ORDER_RESERVED },
        { "DX", ORDER_EXCEPTION, ORDER_EXCEPTION },
        { "XC", ORDER_EXCEPTION, ORDER_EXCEPTION },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (of(cases[i].shipments, false) != cases[i].alive)
            fail_msg("%s: %s", cases[i].shipments,
                     order_status_names[of(cases[i].shipments, false)]);
        assert_int_equal(of(cases[i].shipments, true), cases[i].cancelled);
    }
}

static void statuses_have_names(void **state)
{
    (void)state;
    enum parcel_status s = PARCEL_DELIVERED;
    assert_true(parcel_status_of("in_transit", &s));
    assert_int_equal(s, PARCEL_IN_TRANSIT);
    assert_false(parcel_status_of("lost", &s));
    assert_false(parcel_status_of(NULL, &s));
    assert_int_equal(s, PARCEL_IN_TRANSIT);
    assert_null(parcel_status_name(PARCEL_NOTHING));
    assert_string_equal(parcel_status_words(PARCEL_NOTHING), "");
    for (int i = 0; i < PARCEL_STATUS_COUNT; i++)
        assert_true(*parcel_status_words((enum parcel_status)i));
}

/* Of a day without a clock nobody knows whether it was before or after another time of that day. */
static void a_day_is_no_time(void **state)
{
    (void)state;
    const int64_t hour = 3600 * 1000, noon = 1000 * 24 * hour + 12 * hour;
    struct parcel_standing s = { PARCEL_FAILED_ATTEMPT, noon + 3 * hour, 'B', false };
    assert_false(parcel_stand(&s, PARCEL_OUT_FOR_DELIVERY, noon, true, 'B'));
    assert_int_equal(s.status, PARCEL_OUT_FOR_DELIVERY);
    assert_true(s.day_only);
    (void)parcel_stand(&s, PARCEL_AVAILABLE_FOR_PICKUP, noon - 2 * hour, false, 'B');
    assert_int_equal(s.status, PARCEL_AVAILABLE_FOR_PICKUP);
    assert_false(s.day_only);
    (void)parcel_stand(&s, PARCEL_FAILED_ATTEMPT, noon - 3 * hour, false, 'B');
    assert_int_equal(s.status, PARCEL_AVAILABLE_FOR_PICKUP); /* two clocks that are known */
    (void)parcel_stand(&s, PARCEL_FAILED_ATTEMPT, noon - 24 * hour, true, 'B');
    assert_int_equal(s.status, PARCEL_AVAILABLE_FOR_PICKUP); /* another day */
    s = (struct parcel_standing){ PARCEL_EXCEPTION, noon, 'B', true };
    (void)parcel_stand(&s, PARCEL_IN_TRANSIT, noon + 2 * hour, false, 'B');
    assert_int_equal(s.status, PARCEL_EXCEPTION); /* found only where it is surely later */
    (void)parcel_stand(&s, PARCEL_IN_TRANSIT, noon + 24 * hour, true, 'B');
    assert_int_equal(s.status, PARCEL_IN_TRANSIT);
    s = (struct parcel_standing){ PARCEL_DELIVERED, noon + hour, 'B', false };
    assert_false(parcel_stand(&s, PARCEL_EXCEPTION, noon, true, 'B'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair),
        cmocka_unit_test(what_says_nothing_moves_nothing),
        cmocka_unit_test(without_times_it_goes_on),
        cmocka_unit_test(what_speaks_against_it_is_told),
        cmocka_unit_test(the_order_of_scans_does_not_matter),
        cmocka_unit_test(an_order_is_what_its_shipments_are),
        cmocka_unit_test(statuses_have_names),
        cmocka_unit_test(a_day_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
