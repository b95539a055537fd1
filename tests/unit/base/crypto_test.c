/* Digests by their published examples; encodings; sealed secrets and tags that hold. */
#include "base/crypto.h"

#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static unsigned char key[KEY_SIZE] = "one key of this test, 32 bytes.";
static struct settings settings = { .secret_key = key };
static struct app app = { .settings = &settings, .random_bytes = app_random_bytes };
static struct arena *arena;

/* FIPS 180-2 B.1; RFC 4231 §4.3. */
static void digests(void **state)
{
    unsigned char out[SHA256_SIZE];
    (void)state;
    sha256("abc", 3, out);
    assert_string_equal(hex(arena, out, sizeof(out)),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
    assert_string_equal(hex(arena, out, sizeof(out)),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_string_equal(hex_bytea(arena, "\x01\xfe", 2), "\\x01fe");
}

/* RFC 4648 §10. */
static void base64_both_ways(void **state)
{
    static const char *const pairs[][2] = {
        { "", "" },        { "f", "Zg==" },        { "fo", "Zm8=" },
        { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "\xfb\xff\xfe", "+//+" }
    };
    struct str out;
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct str plain = str_of(pairs[i][0]);
        assert_string_equal(base64(arena, plain.p, plain.n), pairs[i][1]);
        assert_true(base64_decode(arena, str_of(pairs[i][1]), &out));
        assert_true(str_eq(out, plain));
        assert_true(base64_decode(arena, str_of(base64url(arena, plain.p, plain.n)), &out));
        assert_true(str_eq(out, plain));
    }
    assert_string_equal(base64url(arena, "\xfb\xff\xfe", 3), "-__-");
    assert_string_equal(base64url(arena, "f", 1), "Zg");
}

static void base64_refuses(void **state)
{
    static const char *const bad[] = { "Z", "Zg=", "Zg===", "Zm9v!", "Zm 9v", "+/_-", "Zh==" };
    struct str out;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (base64_decode(arena, str_of(bad[i]), &out))
            fail_msg("%s was taken", bad[i]);
}

static void sealed_opens(void **state)
{
    struct str out, plain = STR("pass\0word");
    (void)state;
    const char *sealed = secret_seal(&app, arena, plain, "providers|secrets|t1|p1");
    assert_int_equal(strncmp(sealed, "v1.", 3), 0);
    assert_string_not_equal(sealed, secret_seal(&app, arena, plain, "providers|secrets|t1|p1"));
    assert_int_equal(secret_open(&app, arena, sealed, "providers|secrets|t1|p1", &out), OK);
    assert_true(str_eq(out, plain));
}

static void moved_or_changed_does_not_open(void **state)
{
    const char *where = "providers|secrets|t1|p1";
    char *sealed = secret_seal(&app, arena, STR("password"), where);
    struct str out;
    (void)state;
    assert_int_equal(secret_open(&app, arena, sealed, "providers|secrets|t2|p1", &out),
                     ERR_INVALID);
    assert_int_equal(secret_open(&app, arena, sealed + 3, where, &out), ERR_INVALID);
    assert_int_equal(secret_open(&app, arena, "v1.AAAA", where, &out), ERR_INVALID);
    assert_int_equal(secret_open(&app, arena, "", where, &out), ERR_INVALID);
    for (size_t i = 3; i + 1 < strlen(sealed); i++) {
        char was = sealed[i];
        sealed[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(secret_open(&app, arena, sealed, where, &out), ERR_INVALID);
        sealed[i] = was;
    }
    key[0] ^= 1;
    assert_int_equal(secret_open(&app, arena, sealed, where, &out), ERR_INVALID);
    key[0] ^= 1;
    assert_int_equal(secret_open(&app, arena, sealed, where, &out), OK);
}

static void tags(void **state)
{
    const char *tag = tag_make(&app, arena, "link", "file 1");
    (void)state;
    assert_int_equal(strlen(tag), 22);
    assert_true(tag_check(&app, arena, "link", "file 1", tag));
    assert_false(tag_check(&app, arena, "link", "file 2", tag));
    assert_false(tag_check(&app, arena, "pixel", "file 1", tag));
    assert_false(tag_check(&app, arena, "link", "file 1", ""));
    assert_false(tag_check(&app, arena, "link", "file 1", arena_printf(arena, "%s=", tag)));
}

static void tokens(void **state)
{
    const char *one = token_new(&app, arena, 32);
    (void)state;
    assert_int_equal(strlen(one), 43);
    assert_string_not_equal(one, token_new(&app, arena, 32));
    assert_true(ct_equal(STR("same"), STR("same")));
    assert_false(ct_equal(STR("same"), STR("sane")));
    assert_false(ct_equal(STR("same"), STR("sam")));
}

static int make(void **state)
{
    (void)state;
    crypto_init();
    arena = arena_new((size_t)1024 * 1024);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests),        cmocka_unit_test(base64_both_ways),
        cmocka_unit_test(base64_refuses), cmocka_unit_test(sealed_opens),
        cmocka_unit_test(tags),           cmocka_unit_test(moved_or_changed_does_not_open),
        cmocka_unit_test(tokens),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
