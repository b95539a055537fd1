/* The state machine, over every pair of status and event. */
#include "track/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Rows: statuses; columns: ENQUEUED SENT DELAYED RELAYED DELIVERED OPENED FAILED BOUNCED COMPLAINED
   RESEND_REQUESTED MANUAL_MARKED READY_TO_PRINT PRINTED LODGED RETURNED SKIPPED HELD RELEASED
   CANCELLED NOTE. Letters: D draft, E enqueued, H held, S sent, L delivered, O opened, F failed,
   B bounced, M manual, C cancelled, K skipped. */
static const char *const expected[STATUS_COUNT] = {
    [STATUS_DRAFT] = "ESDDLOFDDDMSSSDKHDCD",     [STATUS_ENQUEUED] = "ESEELOFBEEMSSSBKHECE",
    [STATUS_HELD] = "HSHHLOFHHHMSSSHKHECH",      [STATUS_SENT] = "SSSSLOFBSEMSSSBSSSSS",
    [STATUS_DELIVERED] = "LLLLLOLBLEMLLLBLLLLL", [STATUS_OPENED] = "OOOOOOOOOEMOOOOOOOOO",
    [STATUS_FAILED] = "FFFFLOFFFEMFFFFFFFFF",    [STATUS_BOUNCED] = "BBBBBOBBBEMBBBBBBBBB",
    [STATUS_MANUAL] = "MMMMMMMMMEMMMMMMMMMM",    [STATUS_CANCELLED] = "CSCCLOCCCEMSSSCCCCCC",
    [STATUS_SKIPPED] = "KSKKLOKKKEMSSSKKKKKK",
};
static const char letters[STATUS_COUNT + 1] = "DEHSLOFBMCK";

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

static enum status claimed(struct standing before, enum event_type t, char grade, bool *against)
{
    return status_after_claim(before, t, grade, against);
}

/* Delivered and returned, told in either order: the stronger claim stands, and the second one is
   shown as a contradiction. */
static void the_stronger_claim_stands(void **state)
{
    (void)state;
    static const enum event_type told[] = { EVENT_DELIVERED, EVENT_BOUNCED };
    static const enum status stands[] = { STATUS_DELIVERED, STATUS_BOUNCED };
    for (int first = 0; first < 2; first++)
        for (char a = 'A'; a <= 'C'; a++)
            for (char b = 'A'; b <= 'C'; b++) {
                bool against = false;
                struct standing s = { STATUS_SENT, 'C' };
                s.status = claimed(s, told[first], a, &against);
                s.grade = a;
                assert_false(against);
                s.status = claimed(s, told[!first], b, &against);
                assert_true(against);
                if (a != b)
                    assert_int_equal(s.status, stands[a < b ? first : !first]);
                else
                    assert_int_equal(s.status, STATUS_BOUNCED);
            }
}

/* What nobody told us yields to whatever somebody tells, and moves as ever where nobody does. */
static void our_own_record_yields(void **state)
{
    (void)state;
    bool against;
    const struct standing given_up = { STATUS_FAILED, 0 }, seen = { STATUS_DELIVERED, 'C' };
    for (char g = 'A'; g <= 'D'; g++)
        assert_int_equal(claimed(given_up, EVENT_DELIVERED, g, &against), STATUS_DELIVERED);
    assert_int_equal(claimed(given_up, EVENT_DELIVERED, 'C', &against), STATUS_DELIVERED);
    assert_true(against);
    assert_int_equal(claimed(seen, EVENT_FAILED, 0, &against), STATUS_DELIVERED);
    assert_true(against);
    for (int s = 0; s < STATUS_COUNT; s++)
        for (int t = 0; t < EVENT_TYPE_COUNT; t++) {
            const struct standing before = { (enum status)s, 0 };
            enum status after = claimed(before, (enum event_type)t, 0, &against);
            assert_int_equal(after, status_after((enum status)s, (enum event_type)t));
        }
}

static void what_machines_do_moves_nothing(void **state)
{
    (void)state;
    for (int s = 0; s < STATUS_COUNT; s++)
        for (int t = 0; t < EVENT_TYPE_COUNT; t++) {
            bool against;
            const struct standing before = { (enum status)s, 'C' };
            assert_int_equal(claimed(before, (enum event_type)t, 'X', &against), s);
            assert_false(against);
        }
}

static void an_inference_contradicts_nobody(void **state)
{
    (void)state;
    bool against;
    const struct standing presumed = { STATUS_DELIVERED, 'D' }, seen = { STATUS_DELIVERED, 'B' };
    assert_int_equal(claimed(presumed, EVENT_RETURNED, 'B', &against), STATUS_BOUNCED);
    assert_false(against);
    assert_int_equal(claimed(seen, EVENT_RETURNED, 'C', &against), STATUS_DELIVERED);
    assert_true(against);
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
        cmocka_unit_test(the_stronger_claim_stands),
        cmocka_unit_test(our_own_record_yields),
        cmocka_unit_test(what_machines_do_moves_nothing),
        cmocka_unit_test(an_inference_contradicts_nobody),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
