/* Tracking numbers and carriers as they are kept. */
#include "ship/shipment.h"

#include "base/arena.h"
#include "base/domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Of none, in a test of pure functions. */
const struct domain *const domains[] = { NULL };

static void tracking_numbers(void **state)
{
    struct arena *a = *state;
    char most[62];
    memset(most, '7', 61);
    most[61] = '\0';
    assert_string_equal(tracking_number_of(a, " 1z 999\taa1-_/. "), "1Z999AA1-_/.");
    assert_null(tracking_number_of(a, most));
    assert_string_equal(tracking_number_of(a, most + 1), most + 1);
    assert_null(tracking_number_of(a, " "));
    assert_null(tracking_number_of(a, "12;34"));
    assert_null(tracking_number_of(a, "12ä"));
}

static void carriers(void **state)
{
    struct arena *a = *state;
    assert_string_equal(carrier_code_of(a, "Swiss Post"), "swiss-post");
    assert_string_equal(carrier_code_of(a, "dhl_express.de"), "dhl_express.de");
    assert_null(carrier_code_of(a, "-dhl"));
    assert_null(carrier_code_of(a, ""));
    assert_null(carrier_code_of(a, "dhl/express"));
    assert_null(carrier_code_of(a, "Österreichische Post"));
    assert_null(carrier_code_of(a, "a12345678901234567890123456789012345678901"));
}

static int setup(void **state)
{
    *state = arena_new(1 << 16);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tracking_numbers),
        cmocka_unit_test(carriers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
