/* Digests, encodings and secret-keeping, on libsodium and OpenSSL. */
#include "base/crypto.h"

#include "base/settings.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <stdlib.h>

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES 16
#define SHA1_BLOCK 64

void crypto_init(void)
{
    if (sodium_init() < 0)
        abort();
}

void sha256(const void *bytes, size_t n, unsigned char out[SHA256_SIZE])
{
    SHA256(bytes, n, out); /* OpenSSL's has the processor's own instructions */
}

void hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n,
                 unsigned char out[SHA256_SIZE])
{
    crypto_auth_hmacsha256_state s;
    crypto_auth_hmacsha256_init(&s, key, key_n);
    crypto_auth_hmacsha256_update(&s, bytes, n);
    crypto_auth_hmacsha256_final(&s, out);
}

static void sha1_behind(struct arena *a, const unsigned char pad[SHA1_BLOCK], struct str text,
                        unsigned char out[SHA1_SIZE])
{
    unsigned char *whole = arena_alloc(a, SHA1_BLOCK + text.n);
    memcpy(whole, pad, SHA1_BLOCK);
    if (text.n)
        memcpy(whole + SHA1_BLOCK, text.p, text.n);
    SHA1(whole, SHA1_BLOCK + text.n, out);
}

void hmac_sha1(struct arena *a, struct str key, struct str text, unsigned char out[SHA1_SIZE])
{
    unsigned char inner[SHA1_BLOCK] = { 0 }, outer[SHA1_BLOCK], digest[SHA1_SIZE];
    if (key.n > SHA1_BLOCK)
        SHA1((const unsigned char *)key.p, key.n, inner);
    else if (key.n)
        memcpy(inner, key.p, key.n);
    for (size_t i = 0; i < SHA1_BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    sha1_behind(a, inner, text, digest);
    sha1_behind(a, outer, (struct str){ (const char *)digest, sizeof(digest) }, out);
}

char *hex(struct arena *a, const void *bytes, size_t n)
{
    char *text = arena_alloc(a, 2 * n + 1);
    return sodium_bin2hex(text, 2 * n + 1, bytes, n);
}

char *hex_bytea(struct arena *a, const void *bytes, size_t n)
{
    char *text = arena_alloc(a, 2 * n + 3);
    text[0] = '\\';
    text[1] = 'x';
    sodium_bin2hex(text + 2, 2 * n + 1, bytes, n);
    return text;
}

static char *encode(struct arena *a, const void *bytes, size_t n, int variant)
{
    size_t size = sodium_base64_encoded_len(n, variant);
    char *text = arena_alloc(a, size);
    return sodium_bin2base64(text, size, bytes, n, variant);
}

char *base64(struct arena *a, const void *bytes, size_t n)
{
    return encode(a, bytes, n, sodium_base64_VARIANT_ORIGINAL);
}

char *base64url(struct arena *a, const void *bytes, size_t n)
{
    return encode(a, bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool base64_decode(struct arena *a, struct str text, struct str *out)
{
    static const int variants[] = { sodium_base64_VARIANT_ORIGINAL,
                                    sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                                    sodium_base64_VARIANT_URLSAFE,
                                    sodium_base64_VARIANT_URLSAFE_NO_PADDING };
    size_t size = text.n / 4 * 3 + 4;
    unsigned char *bytes = arena_alloc(a, size);
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        size_t n;
        if (sodium_base642bin(bytes, size, text.p, text.n, NULL, &n, NULL, variants[i]) == 0) {
            bytes[n] = '\0';
            *out = (struct str){ (const char *)bytes, n };
            return true;
        }
    }
    return false;
}

bool ct_equal(struct str a, struct str b)
{
    unsigned char da[SHA256_SIZE], db[SHA256_SIZE];
    sha256(a.p, a.n, da);
    sha256(b.p, b.n, db);
    return sodium_memcmp(da, db, SHA256_SIZE) == 0;
}

char *token_new(struct app *app, struct arena *a, size_t n)
{
    unsigned char bytes[64];
    if (n > sizeof(bytes))
        n = sizeof(bytes);
    app->random_bytes(app, bytes, n);
    char *text = base64url(a, bytes, n);
    sodium_memzero(bytes, sizeof(bytes));
    return text;
}

char *secret_seal(struct app *app, struct arena *a, struct str plain, const char *where)
{
    size_t size = NONCE_SIZE + plain.n + crypto_aead_xchacha20poly1305_ietf_ABYTES;
    unsigned char *box = arena_alloc(a, size);
    app->random_bytes(app, box, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        box + NONCE_SIZE, NULL, (const unsigned char *)plain.p, plain.n,
        (const unsigned char *)where, strlen(where), NULL, box, app->settings->secret_key);
    return arena_printf(a, "v1.%s", base64url(a, box, size));
}

enum err secret_open(struct app *app, struct arena *a, const char *sealed, const char *where,
                     struct str *out)
{
    struct str box;
    if (strncmp(sealed, "v1.", 3) != 0 || !base64_decode(a, str_of(sealed + 3), &box) ||
        box.n < NONCE_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES)
        return ERR_INVALID;
    const unsigned char *bytes = (const unsigned char *)box.p;
    unsigned char *plain = arena_alloc(a, box.n);
    unsigned long long n;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &n, NULL, bytes + NONCE_SIZE,
                                                   box.n - NONCE_SIZE, (const unsigned char *)where,
                                                   strlen(where), bytes, app->settings->secret_key))
        return ERR_INVALID;
    plain[n] = '\0';
    *out = (struct str){ (const char *)plain, (size_t)n };
    return OK;
}

char *tag_make(struct app *app, struct arena *a, const char *purpose, const char *text)
{
    unsigned char key[SHA256_SIZE], tag[SHA256_SIZE];
    hmac_sha256(app->settings->secret_key, KEY_SIZE, purpose, strlen(purpose), key);
    hmac_sha256(key, sizeof(key), text, strlen(text), tag);
    return base64url(a, tag, TAG_BYTES);
}

bool tag_check(struct app *app, struct arena *a, const char *purpose, const char *text,
               const char *tag)
{
    return ct_equal(str_of(tag), str_of(tag_make(app, a, purpose, text)));
}
