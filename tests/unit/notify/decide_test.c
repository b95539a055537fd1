/* Which of all changes of a shipment's status a customer is told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notify/notify.h"

#include <string.h>

static enum notice_type expected(int from, int to)
{
    if (from == to)
        return NOTICE_NONE;
    switch (to) {
    case PARCEL_IN_TRANSIT:
        return from == PARCEL_PENDING || from == PARCEL_INFO_RECEIVED ? NOTICE_SHIPPED
                                                                      : NOTICE_NONE;
    case PARCEL_OUT_FOR_DELIVERY:
        return NOTICE_OUT_FOR_DELIVERY;
    case PARCEL_DELIVERED:
        return NOTICE_DELIVERED;
    case PARCEL_EXCEPTION:
        return NOTICE_EXCEPTION;
    default:
        return NOTICE_NONE;
    }
}

static void the_whole_table(void **state)
{
    (void)state;
    int told = 0;
    for (int from = 0; from < PARCEL_STATUS_COUNT; from++)
        for (int to = 0; to < PARCEL_STATUS_COUNT; to++) {
            enum notice_type t = notice_of((enum parcel_status)from, (enum parcel_status)to);
            assert_int_equal(t, expected(from, to));
            told += t != NOTICE_NONE;
        }
    assert_int_equal(told, 2 + 3 * (PARCEL_STATUS_COUNT - 1));
    assert_int_equal(notice_of(PARCEL_PENDING, PARCEL_NOTHING), NOTICE_NONE);
    assert_int_equal(notice_of(PARCEL_NOTHING, PARCEL_DELIVERED), NOTICE_DELIVERED);
}

static void names(void **state)
{
    (void)state;
    size_t n = 0;
    assert_null(notice_name(NOTICE_NONE));
    assert_null(notice_name(NOTICE_TYPE_COUNT));
    assert_string_equal(notice_name(NOTICE_SHIPPED), "shipped");
    assert_string_equal(notice_name(NOTICE_OUT_FOR_DELIVERY), "out_for_delivery");
    assert_string_equal(notice_name(NOTICE_DELIVERED), "delivered");
    assert_string_equal(notice_name(NOTICE_EXCEPTION), "exception");
    while (notice_names[n])
        n++;
    assert_int_equal(n, NOTICE_TYPE_COUNT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_table),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
