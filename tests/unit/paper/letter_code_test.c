/* The text of a letter's 2D code: there and back, and no wrong character goes unseen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "paper/letter.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Numbers that look random and are the same in every run. */
static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 32;
}

static void uuid_of(uint64_t *seed, char out[37])
{
    snprintf(out, 37, "%08x-%04x-%04x-%04x-%04x%08x", (unsigned)next(seed),
             (unsigned)next(seed) & 0xffff, (unsigned)next(seed) & 0xffff,
             (unsigned)next(seed) & 0xffff, (unsigned)next(seed) & 0xffff, (unsigned)next(seed));
}

static void known_codes(void **state)
{
    (void)state;
    char code[LETTER_CODE_LENGTH + 1], uuid[37];
    assert_true(letter_code_write("00000000-0000-0000-0000-000000000000", code));
    assert_string_equal(code, "TC1:00000000000000000000000000:0");
    assert_true(letter_code_write("ffffffff-ffff-ffff-ffff-ffffffffffff", code));
    assert_memory_equal(code, "TC1:7ZZZZZZZZZZZZZZZZZZZZZZZZZ:", 31);
    /* the last digit is x^1: 1 becomes 2 */
    assert_true(letter_code_write("00000000-0000-0000-0000-000000000001", code));
    assert_string_equal(code, "TC1:00000000000000000000000001:2");
    assert_true(letter_code_read("TC1:00000000000000000000000001:2", uuid));
    assert_string_equal(uuid, "00000000-0000-0000-0000-000000000001");
}

static void any_uuid_there_and_back(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 5000; i++) {
        char uuid[37], code[LETTER_CODE_LENGTH + 1], back[37];
        uuid_of(&seed, uuid);
        assert_true(letter_code_write(uuid, code));
        assert_int_equal(strlen(code), LETTER_CODE_LENGTH);
        assert_int_equal(strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"),
                         LETTER_CODE_LENGTH);
        assert_true(letter_code_read(code, back));
        assert_string_equal(back, uuid);
    }
}

/* Another character is refused, or it is one that people take for the same. */
static void every_wrong_character_is_found(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int round = 0; round < 20; round++) {
        char uuid[37], code[LETTER_CODE_LENGTH + 1], wrong[LETTER_CODE_LENGTH + 1], back[37];
        uuid_of(&seed, uuid);
        assert_true(letter_code_write(uuid, code));
        for (int at = 0; at < LETTER_CODE_LENGTH; at++)
            for (int c = 1; c < 256; c++) {
                memcpy(wrong, code, sizeof wrong);
                wrong[at] = (char)c;
                char as = (char)toupper(c);
                as = as == 'O' && at > 3 ? '0' : (as == 'I' || as == 'L') && at > 3 ? '1' : as;
                bool same = as == code[at];
                assert_int_equal(letter_code_read(wrong, back), same);
                if (same)
                    assert_string_equal(back, uuid);
            }
    }
}

static void two_that_changed_places_are_found(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 100; round++) {
        char uuid[37], code[LETTER_CODE_LENGTH + 1], back[37];
        uuid_of(&seed, uuid);
        assert_true(letter_code_write(uuid, code));
        for (int a = 4; a < LETTER_CODE_LENGTH; a++)
            for (int b = a + 1; b < LETTER_CODE_LENGTH; b++) {
                char wrong[LETTER_CODE_LENGTH + 1];
                memcpy(wrong, code, sizeof wrong);
                wrong[a] = code[b];
                wrong[b] = code[a];
                assert_int_equal(letter_code_read(wrong, back), code[a] == code[b]);
            }
    }
}

static void what_is_no_code(void **state)
{
    (void)state;
    static const char *const texts[] = { "",
                                         "TC1:",
                                         "TC1:0000000000000000000000000:0",
                                         "TC1:000000000000000000000000000:0",
                                         "TC1:80000000000000000000000000:0",
                                         "TC2:00000000000000000000000000:0",
                                         "https://example.com/0000000000000" };
    char uuid[37], code[LETTER_CODE_LENGTH + 1];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(letter_code_read(texts[i], uuid));
    assert_false(letter_code_read(NULL, uuid));
    assert_false(letter_code_write("no uuid", code));
    assert_false(letter_code_write(NULL, code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_codes),
        cmocka_unit_test(any_uuid_there_and_back),
        cmocka_unit_test(every_wrong_character_is_found),
        cmocka_unit_test(two_that_changed_places_are_found),
        cmocka_unit_test(what_is_no_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
