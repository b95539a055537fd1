/* Order numbers in what people write, and which order a conversation is about. */
#include "unit/samples.h"

#include "ship/thread_match.h"
#include "ship/thread_words.h"

#include "base/buf.h"

#include <string.h>

/* Its words, with ! those that tell an order by themselves: "A-1001! 8001". */
static const char *words(const char *text)
{
    const struct thread_word *list;
    struct buf b = buf_in(a);
    size_t n = thread_words(a, &text, 1, &list);
    buf_puts(&b, "");
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%s%s", i ? " " : "", list[i].text, list[i].alone ? "!" : "");
    return n ? b.p : "";
}

static void whole_words_with_a_digit(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "Where is A-1001?", "A-1001!" },
        { "(A-1001), \"A-1002\"; A-1003.", "A-1001! A-1002! A-1003!" },
        { "order:A-1001!", "A-1001!" },
        { "«A-1001» „A-1002“ A-1003\xc2\xa0"
          "A-1004\xe2\x80\x94"
          "A-1005",
          "A-1001! A-1002! A-1003! A-1004! A-1005!" },
        { "2024/1001 and 20.24_7", "2024/1001! 20.24_7!" },
        { "my-order-A-1001-b", "my-order-A-1001-b!" },
        { "1001@example.com", "1001@example.com!" },
        { "https://shop.example/?order=A-1001&x=1", "A-1001! 1" },
        { "no digits here, none", "" },
        { "A-1001 a-1001 A-1001", "A-1001!" },
        { "Bestellung Ü-1001", "Ü-1001!" },
        { "", "" },
        { "-- ## .. #", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(words(cases[i][0]), cases[i][1]);
}

/* A year, a postal code and a price read like a short number; said to be one, it is one. */
static void what_tells_an_order_by_itself(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "8001 and 2026", "8001 2026" },
        { "100234", "100234!" },
        { "A12", "A12" },
        { "A123", "A123!" },
        { "my order 1001 please", "1001!" },
        { "Order No. 1001", "1001!" },
        { "order number: 1001", "1001!" },
        { "N\xc2\xb0 1001", "1001!" },
        { "Bestellung #7", "7! #7!" },
        { "#1001", "1001! #1001!" },
        { "# 1001", "1001!" },
        { "Commande n\xc2\xb0"
          "1001",
          "1001!" },
        { "I placed an order. 1001 Lausanne", "1001" },
        { "an order! 1001 Lausanne", "1001" },
        { "order is 1001", "1001" },
        { "1001 order 1001", "1001!" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        print_message("%s\n", cases[i][0]);
        assert_string_equal(words(cases[i][0]), cases[i][1]);
    }
}

static void it_is_bounded(void **state)
{
    (void)state;
    const struct thread_word *list;
    struct buf b = buf_in(a);
    for (int i = 0; i < 2000; i++)
        buf_printf(&b, "X%d ", i);
    for (int i = 0; i < 61; i++)
        buf_putc(&b, '9');
    const char *text = b.p;
    assert_int_equal(thread_words(a, &text, 1, &list), 500);
    const char *longest = arena_printf(a, "%060d %061d", 7, 7);
    assert_int_equal(thread_words(a, &longest, 1, &list), 1);
}

/* ---- which order ---- */

#define NUMBER(alone_, theirs_)                                                                    \
    {                                                                                              \
        .by_number = true, .alone = (alone_), .theirs = (theirs_)                                  \
    }
#define EMAIL                                                                                      \
    {                                                                                              \
        .theirs = true                                                                             \
    }
#define EMAIL_LINKED                                                                               \
    {                                                                                              \
        .theirs = true, .linked = true                                                             \
    }

static void which_it_is(void **state)
{
    (void)state;
    struct {
        struct thread_candidate list[4];
        size_t n;
        const char *chosen; /* of each 1 or 0 */
    } cases[] = {
        { { NUMBER(true, false) }, 1, "1" },
        { { NUMBER(false, true) }, 1, "1" },
        { { NUMBER(false, false) }, 1, "0" },
        { { NUMBER(true, false), NUMBER(true, true) }, 2, "01" }, /* of two shops, the known one */
        { { NUMBER(true, false), NUMBER(true, false) }, 2, "11" },
        { { NUMBER(true, true), NUMBER(false, true) }, 2, "11" },
        { { NUMBER(true, false), EMAIL, EMAIL }, 3, "100" },
        { { NUMBER(false, false), EMAIL }, 2, "01" },
        { { EMAIL }, 1, "1" },
        { { EMAIL, EMAIL }, 2, "11" },
        { { EMAIL_LINKED }, 1, "0" },
        { { NUMBER(true, true), EMAIL_LINKED }, 2, "10" },
        { { EMAIL }, 0, "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = 0;
        char chosen[5] = "";
        size_t told = thread_choose(cases[i].list, cases[i].n);
        for (size_t k = 0; k < cases[i].n; k++) {
            chosen[k] = cases[i].list[k].chosen ? '1' : '0';
            n += cases[i].list[k].chosen;
        }
        assert_string_equal(chosen, cases[i].chosen);
        assert_int_equal(told, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_words_with_a_digit),
        cmocka_unit_test(what_tells_an_order_by_itself),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(which_it_is),
    };
    return cmocka_run_group_tests(tests, start, end);
}
