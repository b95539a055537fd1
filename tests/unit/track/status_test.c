/* The state machine, over every pair of status and event. */
#include "track/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Rows: statuses; columns: ENQUEUED SENT DELAYED RELAYED DELIVERED OPENED FAILED BOUNCED COMPLAINED
   RESEND_REQUESTED MANUAL_MARKED CANCELLED NOTE. Letters: D draft, W waiting, E enqueued, S sent,
   L delivered, O opened, F failed, B bounced, M manual, C cancelled. */
static const char *const expected[STATUS_COUNT] = {
    [STATUS_DRAFT] = "ESDDLOFDDDMCD",     [STATUS_WAITING] = "ESWWLOFWWWMCW",
    [STATUS_ENQUEUED] = "ESEELOFBEEMCE",  [STATUS_SENT] = "SSSSLOFBSEMSS",
    [STATUS_DELIVERED] = "LLLLLOLBLLMLL", [STATUS_OPENED] = "OOOOOOOOOOMOO",
    [STATUS_FAILED] = "FFFFLOFFFEMFF",    [STATUS_BOUNCED] = "BBBBBOBBBEMBB",
    [STATUS_MANUAL] = "MMMMMMMMMMMMM",    [STATUS_CANCELLED] = "CCCCCCCCCEMCC",
};
static const char letters[STATUS_COUNT + 1] = "DWESLOFBMC";

static void every_pair(void **state)
{
    (void)state;
    for (int s = 0; s < STATUS_COUNT; s++)
        for (int t = 0; t < EVENT_TYPE_COUNT; t++)
            if (letters[status_after((enum status)s, (enum event_type)t)] != expected[s][t])
                fail_msg("%s after %s: %c, not %c", status_name((enum status)s),
                         event_type_name((enum event_type)t),
                         letters[status_after((enum status)s, (enum event_type)t)], expected[s][t]);
}

static void repeating_changes_nothing(void **state)
{
    (void)state;
    for (int s = 0; s < STATUS_COUNT; s++)
        for (int t = 0; t < EVENT_TYPE_COUNT; t++) {
            enum status once = status_after((enum status)s, (enum event_type)t);
            assert_int_equal(status_after(once, (enum event_type)t), once);
        }
}

/* Delivered, read and returned, in any order and with repeats, end opened. */
static void order_of_reports_does_not_matter(void **state)
{
    (void)state;
    static const enum event_type reports[] = { EVENT_DELIVERED, EVENT_OPENED, EVENT_BOUNCED };
    for (int i = 0; i < 27; i++) {
        const int order[] = { i % 3, i / 3 % 3, i / 9 };
        bool opened = false;
        enum status s = STATUS_SENT;
        for (int k = 0; k < 3; k++) {
            s = status_after(s, reports[order[k]]);
            opened |= reports[order[k]] == EVENT_OPENED;
        }
        assert_int_equal(s == STATUS_OPENED, opened);
    }
}

static void names(void **state)
{
    (void)state;
    for (int s = 0; s < STATUS_COUNT; s++) {
        enum status back;
        assert_true(status_of(status_name((enum status)s), &back));
        assert_int_equal(back, s);
    }
    enum status none;
    assert_false(status_of("sent", &none));
    assert_false(status_of(NULL, &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair),
        cmocka_unit_test(repeating_changes_nothing),
        cmocka_unit_test(order_of_reports_does_not_matter),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
