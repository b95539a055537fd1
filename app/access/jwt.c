/* Access tokens: HS256 under keys of ours, checked claim by claim, because libjwt checks none and
   takes the algorithm from the token. */
#include "access/private.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/uuid.h"

#include <jwt.h>

#define AUDIENCE "track-api"
#define TOKEN_MAX 4096
#define LEEWAY_SECONDS 30

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

struct key {
    const char *kid;
    struct str bytes;
};

static bool kid_valid(const char *kid)
{
    size_t n = strlen(kid);
    return n > 0 && n <= KID_MAX && strspn(kid, BASE64URL) == n;
}

/* The key with this id, or the one that signs for NULL. */
static enum err key_of(struct ctx *c, const char *kid, struct key *out)
{
    char *list = arena_strdup(c->arena, c->app->settings->jwt_keys), *rest = NULL;
    char *row = strtok_r(list, ",", &rest);
    for (int i = 0; row && i < JWT_KEYS_MAX; i++, row = strtok_r(NULL, ",", &rest)) {
        char *colon = strchr(row, ':');
        struct key k = { row, { NULL, 0 } };
        if (!colon)
            return ERR_INTERNAL;
        *colon = '\0';
        if (!kid_valid(row) || !base64_decode(c->arena, str_of(colon + 1), &k.bytes) ||
            k.bytes.n != KEY_SIZE)
            return ERR_INTERNAL;
        if (!kid || strcmp(kid, row) == 0) {
            *out = k;
            return OK;
        }
    }
    return ERR_DENIED;
}

static void free_jwt(void *jwt)
{
    jwt_free(jwt);
}

static int64_t now_s(const struct ctx *c)
{
    return c->app->now_ms(c->app) / 1000;
}

static const char *claims_text(struct ctx *c, const struct token *t)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    struct buf b = buf_in(c->arena);
    json_set_text(o, "iss", c->app->settings->public_url);
    json_set_text(o, "aud", AUDIENCE);
    json_set_text(o, "sub", t->client_id);
    json_set_text(o, "jti", uuid7(c->app, c->arena));
    json_set_int(o, "iat", now_s(c));
    json_set_int(o, "nbf", now_s(c));
    json_set_int(o, "exp", now_s(c) + TOKEN_SECONDS);
    json_set_text(o, "tenant", t->tenant_id);
    json_set_int(o, "version", t->version);
    json_write(&b, o);
    return b.p;
}

enum err token_sign(struct ctx *c, const struct token *t, const char **out)
{
    struct key key;
    jwt_t *jwt;
    if (key_of(c, NULL, &key) != OK || jwt_new(&jwt) != 0)
        return ERR_INTERNAL;
    arena_defer(c->arena, free_jwt, jwt);
    const unsigned char *bytes = (const unsigned char *)key.bytes.p;
    if (jwt_set_alg(jwt, JWT_ALG_HS256, bytes, (int)key.bytes.n) != 0 ||
        jwt_add_header(jwt, "kid", key.kid) != 0 ||
        jwt_add_grants_json(jwt, claims_text(c, t)) != 0)
        return ERR_INTERNAL;
    char *text = jwt_encode_str(jwt);
    if (!text)
        return ERR_INTERNAL;
    *out = arena_strdup(c->arena, text);
    free(text);
    return OK;
}

/* One of the three parts, decoded as a JSON object by our own gate. */
static struct json_object *part(struct ctx *c, const char *from, size_t n)
{
    struct str bytes;
    struct json_object *o;
    const char *why;
    const char *text = arena_strndup(c->arena, from, n);
    if (!base64_decode(c->arena, str_of(text), &bytes) ||
        json_parse(c->arena, bytes, &json_request_limits, &o, &why) != OK)
        return NULL;
    return json_object_is_type(o, json_type_object) ? o : NULL;
}

/* The key that a header names, if the header is one of ours in every member. */
static enum err header_key(struct ctx *c, struct json_object *header, struct key *out)
{
    if (!header)
        return ERR_DENIED;
    json_object_object_foreach(header, name, value)
    {
        if (!json_object_is_type(value, json_type_string) ||
            (strcmp(name, "alg") != 0 && strcmp(name, "typ") != 0 && strcmp(name, "kid") != 0))
            return ERR_DENIED;
    }
    const char *alg = json_text(header, "alg"), *typ = json_text(header, "typ");
    const char *kid = json_text(header, "kid");
    if (!alg || strcmp(alg, "HS256") != 0 || !typ || strcmp(typ, "JWT") != 0 || !kid ||
        !kid_valid(kid))
        return ERR_DENIED;
    return key_of(c, kid, out);
}

static bool signature_holds(struct ctx *c, const char *text, const struct key *key)
{
    jwt_t *jwt;
    if (!key->bytes.p || key->bytes.n != KEY_SIZE ||
        jwt_decode(&jwt, text, (const unsigned char *)key->bytes.p, (int)key->bytes.n) != 0)
        return false;
    arena_defer(c->arena, free_jwt, jwt);
    return jwt_get_alg(jwt) == JWT_ALG_HS256;
}

static bool claim_int(struct json_object *claims, const char *name, int64_t *out)
{
    struct json_object *value = json_get(claims, name);
    if (!value || !json_object_is_type(value, json_type_int))
        return false;
    *out = json_object_get_int64(value);
    return true;
}

static bool claim_is(struct json_object *claims, const char *name, const char *wanted)
{
    const char *value = json_text(claims, name);
    return value && strcmp(value, wanted) == 0;
}

static bool times_hold(struct json_object *claims, int64_t now)
{
    int64_t iat, nbf, exp;
    return claim_int(claims, "iat", &iat) && claim_int(claims, "nbf", &nbf) &&
           claim_int(claims, "exp", &exp) && exp > now - LEEWAY_SECONDS &&
           iat <= now + LEEWAY_SECONDS && nbf <= now + LEEWAY_SECONDS &&
           exp <= now + TOKEN_SECONDS + LEEWAY_SECONDS;
}

static enum err claims_read(struct ctx *c, struct json_object *claims, struct token *out)
{
    int64_t version;
    if (!claims || !claim_is(claims, "iss", c->app->settings->public_url) ||
        !claim_is(claims, "aud", AUDIENCE) || !times_hold(claims, now_s(c)) ||
        !claim_int(claims, "version", &version) || version < 1 || version > INT32_MAX)
        return ERR_DENIED;
    const char *jti = json_text(claims, "jti"), *sub = json_text(claims, "sub");
    const char *tenant = json_text(claims, "tenant");
    if (!jti || !*jti || !sub || !uuid_valid(sub) || !tenant || !uuid_valid(tenant))
        return ERR_DENIED;
    *out = (struct token){ tenant, sub, (int)version };
    return OK;
}

enum err token_read(struct ctx *c, const char *text, struct token *out)
{
    struct key key;
    size_t n = text ? strnlen(text, TOKEN_MAX + 1) : 0;
    if (n == 0 || n > TOKEN_MAX || strspn(text, BASE64URL ".") != n)
        return ERR_DENIED;
    const char *first = strchr(text, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;
    if (!second || strchr(second + 1, '.') || !second[1])
        return ERR_DENIED;
    enum err e = header_key(c, part(c, text, (size_t)(first - text)), &key);
    if (e)
        return e;
    if (!signature_holds(c, text, &key))
        return ERR_DENIED;
    return claims_read(c, part(c, first + 1, (size_t)(second - first) - 1), out);
}
