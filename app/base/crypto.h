/* Digests, encodings and secret-keeping, on libsodium and OpenSSL. */
#pragma once

#include "base/app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

#define SHA256_SIZE 32
#define SHA1_SIZE 20
#define KEY_SIZE 32

/* Once per process, before anything else here. Aborts where libsodium cannot start. */
void crypto_init(void);

void sha256(const void *bytes, size_t n, unsigned char out[SHA256_SIZE]);
void hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n,
                 unsigned char out[SHA256_SIZE]);

/* RFC 2104 with SHA-1, for providers that sign with nothing better. */
void hmac_sha1(struct arena *a, struct str key, struct str text, unsigned char out[SHA1_SIZE]);

/* Lower-case hexadecimal, in the arena. */
char *hex(struct arena *a, const void *bytes, size_t n);

/* The same as Postgres reads a bytea: \x… */
char *hex_bytea(struct arena *a, const void *bytes, size_t n);

/* RFC 4648: §4 with padding, §5 (URL) without. The decoder takes either alphabet, padded or not,
   and answers false for anything else. */
char *base64(struct arena *a, const void *bytes, size_t n);
char *base64url(struct arena *a, const void *bytes, size_t n);
bool base64_decode(struct arena *a, struct str text, struct str *out);

/* Equal, in a time that tells nothing of where they differ: compares digests. */
bool ct_equal(struct str a, struct str b);

/* A new random token of `n` bytes (16 to 64) as base64url. */
char *token_new(struct app *app, struct arena *a, size_t n);

/* XChaCha20-Poly1305 under the settings' secret_key. `where` names the place the secret is kept
   (table|column|tenant|id) and is bound to it: a value moved elsewhere does not open. The sealed
   text is "v1." and base64url of nonce and box. ERR_INVALID: not ours, or moved, or changed. */
char *secret_seal(struct app *app, struct arena *a, struct str plain, const char *where);
enum err secret_open(struct app *app, struct arena *a, const char *sealed, const char *where,
                     struct str *out) must_check;

/* A keyed tag over text for links that expire: base64url of the first 16 bytes of
   HMAC-SHA256(key derived from secret_key for `purpose`, text). */
char *tag_make(struct app *app, struct arena *a, const char *purpose, const char *text);
bool tag_check(struct app *app, struct arena *a, const char *purpose, const char *text,
               const char *tag);
