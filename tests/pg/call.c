/* Calling the dispatcher from tests. */
#include "call.h"

#include "access/access.h"
#include "base/arena.h"
#include "base/crypto.h"
#include "base/json.h"
#include "web/web.h"

#include <string.h>
#include <strings.h>

static struct {
    struct arena *own, *work;
    struct web *web;
    struct answer last;
    int users;
} state;

static void stop(void *unused)
{
    (void)unused;
    arena_free(state.work);
}

void call_start(const struct domain *const *list)
{
    struct ctx *c = pg_ctx("track_web");
    state.own = c->arena;
    state.work = arena_new((size_t)32 << 20);
    state.web = web_new(c->app, c->arena, c->db, list);
    arena_defer(state.own, stop, NULL);
}

static size_t next(void *from, char *to, size_t n)
{
    struct str *left = from;
    size_t m = n < left->n ? n : left->n;
    if (m) {
        memcpy(to, left->p, m);
        left->p += m;
        left->n -= m;
    }
    return m;
}

static char **env_of(const struct call *c, size_t body_n)
{
    struct arena *a = state.work;
    char **env = arena_zalloc(a, 24, sizeof(*env));
    size_t n = 0;
    env[n++] = arena_printf(a, "REQUEST_METHOD=%s", c->method);
    env[n++] = arena_printf(a, "DOCUMENT_URI=%s", c->path);
    env[n++] = arena_printf(a, "QUERY_STRING=%s", c->query ? c->query : "");
    env[n++] = arena_strdup(a, "REMOTE_ADDR=127.0.0.1");
    env[n++] =
        body_n ? arena_printf(a, "CONTENT_LENGTH=%zu", body_n) : arena_strdup(a, "CONTENT_LENGTH=");
    if (c->type)
        env[n++] = arena_printf(a, "CONTENT_TYPE=%s", c->type);
    if (c->cookie)
        env[n++] = arena_printf(a, "HTTP_COOKIE=a=b; __Host-track=%s", c->cookie);
    if (c->csrf)
        env[n++] = arena_printf(a, "HTTP_X_CSRF_TOKEN=%s", c->csrf);
    if (c->bearer)
        env[n++] = arena_printf(a, "HTTP_AUTHORIZATION=Bearer %s", c->bearer);
    for (size_t i = 0; i < 8 && c->headers[i]; i++)
        env[n++] = arena_strdup(a, c->headers[i]);
    return env;
}

const char *answer_header(const char *name)
{
    size_t n = strlen(name);
    for (const char *line = state.last.headers; line && *line;) {
        size_t length = strcspn(line, "\r\n");
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return arena_strndup(state.work, line + n + 2, length - n - 2);
        line += length + strspn(line + length, "\r\n");
    }
    return NULL;
}

const struct answer *call(const struct call *c)
{
    arena_reset(state.work);
    struct buf out = buf_in(state.work);
    struct str body = { c->body, c->body_n ? c->body_n : c->body ? strlen(c->body) : 0 };
    char **env = env_of(c, body.n);
    web_handle(state.web, state.work, env, next, &body, &out);
    const char *why, *end = strstr(out.p, "\r\n\r\n"), *type;
    assert_non_null(end);
    assert_int_equal(strncmp(out.p, "Status: ", 8), 0);
    state.last.status = (int)strtol(out.p + 8, NULL, 10);
    state.last.headers = arena_strndup(state.work, out.p, (size_t)(end - out.p));
    state.last.body = end + 4;
    state.last.json = NULL;
    if (*state.last.body && (type = answer_header("content-type")) && strstr(type, "json"))
        assert_int_equal(json_parse(state.work, str_of(end + 4),
                                    &(struct json_limits){ 64, 1000000, 1000000 }, &state.last.json,
                                    &why),
                         OK);
    return &state.last;
}

const char *call_session(struct call *c, const char *role)
{
    unsigned char digest[SHA256_SIZE];
    c->cookie = token_new(pg_app(), state.own, 32);
    c->csrf = token_new(pg_app(), state.own, 32);
    sha256(c->cookie, strlen(c->cookie), digest);
    const char *id = arena_strdup(
        state.own, pg_sql("insert into users (tenant_id, email, name, password_hash, role) "
                          "values ('%s', 'call%d@example.com', 'Caller', 'x', '%s') returning id",
                          pg_tenant(), ++state.users, role));
    pg_sql("insert into sessions (tenant_id, token_hash, user_id, csrf, expires_at) "
           "values ('%s', '%s', '%s', '%s', now() + interval '1 hour')",
           pg_tenant(), hex_bytea(state.own, digest, sizeof(digest)), id, c->csrf);
    return id;
}
