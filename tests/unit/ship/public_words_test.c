/* The page of a parcel for everybody has all its words in all its languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ship/public_words.h"

#include <string.h>

static void every_language_has_every_word(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct public_words *w = public_words; w->language; w++, n++) {
        const char *const all[] = { w->name,     w->carrier,          w->number,
                                    w->expected, w->delivered,        w->scans,
                                    w->unknown,  w->unknown_sentence, w->rehearsal };
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
            assert_true(all[i] && *all[i]);
        for (int s = 0; s < PARCEL_STATUS_COUNT; s++) {
            assert_non_null(w->status[s].title);
            assert_non_null(w->status[s].label);
            assert_true(!w->status[s].sentence == !public_words[0].status[s].sentence);
        }
    }
    assert_int_equal(n, 4);
}

static void languages(void **state)
{
    (void)state;
    assert_string_equal(public_words_of("de")->language, "de");
    assert_string_equal(public_words_of("fr-CH")->language, "fr");
    assert_string_equal(public_words_of("ES_mx")->language, "es");
    assert_null(public_words_of("rm"));
    assert_null(public_words_of("d"));
    assert_null(public_words_of(""));
    assert_null(public_words_of(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_has_every_word),
        cmocka_unit_test(languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
