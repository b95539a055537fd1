/* Access tokens: ours are read back, and every way to make one that is not ours is refused. */
#include "access/private.h"

#include "base/crypto.h"
#include "base/settings.h"
#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 1700000000
#define TENANT "01890a5d-ac96-774b-bcce-b302099a8057"
#define CLIENT "01890a5d-ac96-774b-bcce-b302099a8058"
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}"
#define TIMES "\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700000900"
#define NAMES                                                                                      \
    "\"iss\":\"https://t.test\",\"aud\":\"track-api\",\"sub\":\"" CLIENT "\",\"jti\":\"j\""
#define MINE "\"tenant\":\"" TENANT "\",\"version\":3"
#define CLAIMS "{" NAMES "," TIMES "," MINE "}"
/* 32 bytes of 0x01, 0x02, … as the settings hold them. */
#define KEY1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define KEY2 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"

static struct settings settings = { .public_url = "https://t.test",
                                    .jwt_keys = "k1:" KEY1 ",k2:" KEY2 };
static int64_t now_ms;

static int64_t at(const struct app *app)
{
    (void)app;
    return now_ms;
}

static struct app app = { .settings = &settings, .now_ms = at, .random_bytes = app_random_bytes };
static struct ctx ctx = { .app = &app };

static int setup(void **state)
{
    (void)state;
    now_ms = NOW * INT64_C(1000);
    settings.jwt_keys = "k1:" KEY1 ",k2:" KEY2;
    ctx.arena = arena_new(4 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

/* Any header over any claims under 32 times the byte `fill`. */
static const char *mint(const char *header, const char *claims, int fill)
{
    unsigned char key[KEY_SIZE], mac[SHA256_SIZE];
    struct arena *a = ctx.arena;
    memset(key, fill, sizeof(key));
    const char *text = arena_printf(a, "%s.%s", base64url(a, header, strlen(header)),
                                    base64url(a, claims, strlen(claims)));
    hmac_sha256(key, sizeof(key), text, strlen(text), mac);
    return arena_printf(a, "%s.%s", text, base64url(a, mac, sizeof(mac)));
}

static enum err reading(const char *text)
{
    struct token t;
    return token_read(&ctx, text, &t);
}

static void reads_what_it_signed(void **state)
{
    (void)state;
    struct token mine = { TENANT, CLIENT, 3 }, back;
    const char *text;
    assert_int_equal(token_sign(&ctx, &mine, &text), OK);
    assert_int_equal(token_read(&ctx, text, &back), OK);
    assert_string_equal(back.tenant_id, TENANT);
    assert_string_equal(back.client_id, CLIENT);
    assert_int_equal(back.version, 3);
    assert_int_equal(reading(mint(HEADER, CLAIMS, 1)), OK);
}

static void reads_under_a_key_that_signs_no_more(void **state)
{
    (void)state;
    struct token mine = { TENANT, CLIENT, 3 };
    const char *text;
    assert_int_equal(token_sign(&ctx, &mine, &text), OK);
    settings.jwt_keys = "k2:" KEY2 ",k1:" KEY1;
    assert_int_equal(reading(text), OK);
    settings.jwt_keys = "k2:" KEY2;
    assert_int_equal(reading(text), ERR_DENIED);
    settings.jwt_keys = "k1:" KEY2;
    assert_int_equal(reading(text), ERR_DENIED);
}

static void ends_after_its_time(void **state)
{
    (void)state;
    const char *text = mint(HEADER, CLAIMS, 1);
    now_ms = (NOW + 900 + 29) * INT64_C(1000);
    assert_int_equal(reading(text), OK);
    now_ms = (NOW + 900 + 30) * INT64_C(1000);
    assert_int_equal(reading(text), ERR_DENIED);
    now_ms = (NOW - 30) * INT64_C(1000);
    assert_int_equal(reading(text), OK);
    now_ms = (NOW - 31) * INT64_C(1000);
    assert_int_equal(reading(text), ERR_DENIED);
}

static void refuses_other_headers(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"k1\"}",
        "{\"alg\":\"hs256\",\"typ\":\"JWT\",\"kid\":\"k1\"}",
        "{\"alg\":\"HS384\",\"typ\":\"JWT\",\"kid\":\"k1\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}",
        "{\"alg\":[\"HS256\"],\"typ\":\"JWT\",\"kid\":\"k1\"}",
        "{\"typ\":\"JWT\",\"kid\":\"k1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"k1\"}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k3\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"../../x\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k1\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k1\",\"jku\":\"https://x\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k1\",\"jwk\":\"x\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k1\",\"x5u\":\"x\"}",
        "{\"alg\":\"none\",\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}",
        "[]",
        "x",
        "",
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        assert_int_equal(reading(mint(headers[i], CLAIMS, 1)), ERR_DENIED);
}

static void refuses_other_claims(void **state)
{
    (void)state;
#define ISS "\"aud\":\"track-api\",\"sub\":\"" CLIENT "\",\"jti\":\"j\""
    static const char *const claims[] = {
        "{" NAMES ",\"iat\":1577836800,\"nbf\":1577836800,\"exp\":1577837700," MINE "}",
        "{" NAMES ",\"iat\":1700000000,\"nbf\":1700000000," MINE "}",
        "{" NAMES ",\"iat\":1700000000,\"nbf\":1700000000,\"exp\":\"1700000900\"," MINE "}",
        "{" NAMES ",\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1800000000," MINE "}",
        "{" NAMES ",\"iat\":1700000000,\"nbf\":1700000100,\"exp\":1700000900," MINE "}",
        "{" NAMES ",\"iat\":1700000100,\"nbf\":1700000000,\"exp\":1700000900," MINE "}",
        "{" NAMES ",\"exp\":1700000900," MINE "}",
        "{\"iss\":\"https://other.test\"," ISS "," TIMES "," MINE "}",
        "{" ISS "," TIMES "," MINE "}",
        "{\"iss\":\"https://t.test\",\"aud\":\"other\",\"sub\":\"" CLIENT "\",\"jti\":\"j\"," TIMES
        "," MINE "}",
        "{\"iss\":\"https://t.test\",\"aud\":\"track-api\",\"sub\":\"x\",\"jti\":\"j\"," TIMES
        "," MINE "}",
        "{\"iss\":\"https://t.test\",\"aud\":\"track-api\",\"sub\":\"" CLIENT "\"," TIMES "," MINE
        "}",
        "{" NAMES "," TIMES ",\"version\":3}",
        "{" NAMES "," TIMES ",\"tenant\":\"" TENANT "\"}",
        "{" NAMES "," TIMES ",\"tenant\":\"" TENANT "\",\"version\":0}",
        "{" NAMES "," TIMES ",\"tenant\":\"" TENANT "\",\"version\":4294967299}",
        "{\"exp\":1," NAMES "," TIMES "," MINE "}",
        "[]",
        "",
    };
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
        assert_int_equal(reading(mint(HEADER, claims[i], 1)), ERR_DENIED);
}

static void refuses_other_signatures(void **state)
{
    (void)state;
    struct arena *a = ctx.arena;
    const char *good = mint(HEADER, CLAIMS, 1);
    size_t signed_n = (size_t)(strrchr(good, '.') - good);
    assert_int_equal(reading(mint(HEADER, CLAIMS, 2)), ERR_DENIED);
    assert_int_equal(reading(arena_strndup(a, good, signed_n)), ERR_DENIED);
    assert_int_equal(reading(arena_strndup(a, good, signed_n + 1)), ERR_DENIED);
    assert_int_equal(reading(arena_strndup(a, good, strlen(good) - 1)), ERR_DENIED);
    assert_int_equal(reading(arena_printf(a, "%s.x", good)), ERR_DENIED);
    assert_int_equal(reading(arena_printf(a, "%s=", good)), ERR_DENIED);
    assert_int_equal(reading(arena_printf(a, " %s", good)), ERR_DENIED);
    for (size_t i = 0; i < strlen(good); i += 7) {
        char *bad = arena_strdup(a, good);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        assert_int_equal(reading(bad), ERR_DENIED);
    }
}

/* An HS256 token under the PEM text of a public key: that text is no key of ours, whatever its kid.
 */
static void refuses_a_public_key_as_secret(void **state)
{
    (void)state;
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n";
    struct arena *a = ctx.arena;
    unsigned char mac[SHA256_SIZE];
    const char *text = arena_printf(a, "%s.%s", base64url(a, HEADER, strlen(HEADER)),
                                    base64url(a, CLAIMS, strlen(CLAIMS)));
    hmac_sha256(pem, strlen(pem), text, strlen(text), mac);
    assert_int_equal(reading(arena_printf(a, "%s.%s", text, base64url(a, mac, sizeof(mac)))),
                     ERR_DENIED);
    settings.jwt_keys = "k1:LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0K";
    assert_int_not_equal(reading(mint(HEADER, CLAIMS, 1)), OK);
    settings.jwt_keys = "k1:";
    assert_int_not_equal(reading(mint(HEADER, CLAIMS, 1)), OK);
}

static void refuses_what_is_too_long(void **state)
{
    (void)state;
    char *padding = arena_zalloc(ctx.arena, 1, 5000);
    memset(padding, 'x', 4000);
    const char *claims =
        arena_printf(ctx.arena, "{" NAMES "," TIMES "," MINE ",\"more\":\"%s\"}", padding);
    assert_int_equal(reading(mint(HEADER, claims, 1)), ERR_DENIED);
    assert_int_equal(reading(NULL), ERR_DENIED);
    assert_int_equal(reading(""), ERR_DENIED);
    assert_int_equal(reading(".."), ERR_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        TEST(reads_what_it_signed),
        TEST(reads_under_a_key_that_signs_no_more),
        TEST(ends_after_its_time),
        TEST(refuses_other_headers),
        TEST(refuses_other_claims),
        TEST(refuses_other_signatures),
        TEST(refuses_a_public_key_as_secret),
        TEST(refuses_what_is_too_long),
    };
    return cmocka_run_group_tests_name("jwt", tests, NULL, NULL);
}
