/* Passwords: hashed, verified, refused when easy to guess, and hashed two at a time. */
#include "access/private.h"

#include "base/crypto.h"
#include "base/settings.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/passwords-test-XXXXXX";
static struct settings settings = { .argon_mib = 8, .password_min_length = 12, .store_dir = dir };
static struct app app = { .settings = &settings, .random_bytes = app_random_bytes };
static struct ctx ctx = { .app = &app };

static int setup(void **state)
{
    (void)state;
    ctx.arena = arena_new(1 << 20);
    ctx.problem = (struct problem){ 0 };
    settings.argon_mib = 8;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void fits_its_hash_alone(void **state)
{
    (void)state;
    const char *hash;
    bool fits, stale;
    assert_int_equal(password_hash(&ctx, "correct horse", &hash), OK);
    assert_int_equal(strncmp(hash, "$argon2id$v=19$m=8192,t=2,p=1$", 30), 0);
    assert_int_equal(password_fits(&ctx, hash, "correct horse", &fits, &stale), OK);
    assert_true(fits);
    assert_false(stale);
    assert_int_equal(password_fits(&ctx, hash, "correct horsf", &fits, &stale), OK);
    assert_false(fits);
    settings.argon_mib = 9;
    assert_int_equal(password_fits(&ctx, hash, "correct horse", &fits, &stale), OK);
    assert_true(fits);
    assert_true(stale);
}

static void nobody_has_no_password(void **state)
{
    (void)state;
    static const char *const tries[] = { "", "x", "no password has this hash of 32!" };
    bool fits, stale;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        assert_int_equal(password_fits(&ctx, NULL, tries[i], &fits, &stale), OK);
        assert_false(fits);
        assert_false(stale);
    }
}

static void refuses_easy_ones(void **state)
{
    (void)state;
    static const char *const easy[] = {
        "",
        "short",
        "elevenchars",
        "aaaaaaaaaaaaaaaa",
        "123456789012345",
        "Password1234",
        "TrackCenter!1",
        "qwertyuiop12",
        "jane.doe@example.com",
        "jane.doe1234",
        "Willkommen2024",
    };
    for (size_t i = 0; i < sizeof(easy) / sizeof(easy[0]); i++) {
        ctx.problem.n = 0;
        assert_int_equal(password_allowed(&ctx, "newPassword", easy[i], "jane.doe@example.com"),
                         ERR_INVALID);
        assert_int_equal(ctx.problem.n, 1);
        assert_string_equal(ctx.problem.faults[0].field, "newPassword");
    }
    char *longest = arena_zalloc(ctx.arena, 1, 300);
    for (int i = 0; i < 257; i++)
        longest[i] = (char)('a' + i % 26);
    assert_int_equal(password_allowed(&ctx, "p", longest, "a@b.ch"), ERR_INVALID);
    longest[256] = '\0';
    assert_int_equal(password_allowed(&ctx, "p", longest, "a@b.ch"), OK);
    assert_int_equal(password_allowed(&ctx, "p", "twelve chars", "a@b.ch"), OK);
    assert_int_equal(password_allowed(&ctx, "p", "пароль из слов", "a@b.ch"), OK);
}

static void once_ones_are_allowed(void **state)
{
    (void)state;
    const char *a = password_once(&ctx), *b = password_once(&ctx);
    assert_string_not_equal(a, b);
    assert_int_equal(password_allowed(&ctx, "p", a, "a@b.ch"), OK);
}

static void waits_for_a_turn(void **state)
{
    (void)state;
    const char *hash, *path = arena_printf(ctx.arena, "%s/hashing.lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 2 };
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &l), 0);
    assert_int_equal(password_hash(&ctx, "correct horse", &hash), ERR_LIMITED);
    assert_true(ctx.problem.retry_after > 0);
    close(fd);
    assert_int_equal(password_hash(&ctx, "correct horse", &hash), OK);
    unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        TEST(fits_its_hash_alone),   TEST(nobody_has_no_password), TEST(refuses_easy_ones),
        TEST(once_ones_are_allowed), TEST(waits_for_a_turn),
    };
    if (!mkdtemp(dir))
        return 1;
    int failed = cmocka_run_group_tests_name("passwords", tests, NULL, NULL);
    rmdir(dir);
    return failed;
}
