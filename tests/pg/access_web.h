/* Whole requests through the dispatcher with a cookie jar, for the tests of access. */
#pragma once

#include "pg/pg.h"

#include "access/access.h"
#include "base/crypto.h"
#include "mustache/mustache.h"
#include "web/web.h"

#include <stdlib.h>
#include <string.h>

struct browser {
    struct ctx *ctx;
    struct web *web;
    const char *address, *session, *login; /* cookies; NULL: none */
};

struct answer {
    int status;
    const char *text; /* headers and body */
};

static const struct domain *const access_only[] = { &access_domain, NULL };

static inline struct browser browser_new(const char *address)
{
    struct browser b = { .ctx = pg_ctx("track_web"), .address = address };
    b.ctx->tenant_id = NULL;
    if (!b.ctx->app->templates)
        b.ctx->app->templates = templates_open(b.ctx->arena, pg_settings()->template_dir, false);
    b.web = web_new(b.ctx->app, b.ctx->arena, b.ctx->db, access_only);
    return b;
}

static inline size_t read_body(void *from, char *to, size_t n)
{
    struct str *rest = from;
    size_t take = rest->n < n ? rest->n : n;
    if (take)
        memcpy(to, rest->p, take);
    rest->p += take;
    rest->n -= take;
    return take;
}

/* The value of a cookie that the answer sets, "" where it removes it, NULL where it says nothing.
 */
static inline const char *cookie_in(struct arena *a, const char *text, const char *name)
{
    const char *mark = arena_printf(a, "Set-Cookie: %s=", name);
    const char *p = strstr(text, mark);
    return p ? arena_strndup(a, p + strlen(mark), strcspn(p + strlen(mark), ";")) : NULL;
}

static inline void keep(struct browser *b, const char *text)
{
    const char *session = cookie_in(b->ctx->arena, text, "__Host-track");
    const char *login = cookie_in(b->ctx->arena, text, "__Host-track-login");
    if (session)
        b->session = *session ? session : NULL;
    if (login)
        b->login = *login ? login : NULL;
}

#define HEADERS_MAX 24

/* Sends a request; `headers` are further FastCGI parameters, NULL at the end, or NULL. */
static inline struct answer ask(struct browser *b, const char *method, const char *uri,
                                const char *type, const char *body, const char *const *headers)
{
    struct arena *a = b->ctx->arena;
    char *env[HEADERS_MAX] = { 0 };
    int n = 0;
    const char *query = strchr(uri, '?');
    struct str rest = str_of(body);
    struct buf out = buf_in(a);
    env[n++] = arena_printf(a, "REQUEST_METHOD=%s", method);
    env[n++] = arena_printf(a, "DOCUMENT_URI=%.*s", (int)strcspn(uri, "?"), uri);
    env[n++] = arena_printf(a, "QUERY_STRING=%s", query ? query + 1 : "");
    env[n++] = arena_printf(a, "REMOTE_ADDR=%s", b->address);
    env[n++] = arena_printf(a, "HTTP_COOKIE=a=b%s%s%s%s", b->session ? "; __Host-track=" : "",
                            b->session ? b->session : "", b->login ? "; __Host-track-login=" : "",
                            b->login ? b->login : "");
    if (body) {
        env[n++] = arena_printf(a, "CONTENT_TYPE=%s", type);
        env[n++] = arena_printf(a, "CONTENT_LENGTH=%zu", rest.n);
    }
    for (; headers && *headers && n < HEADERS_MAX - 1; headers++)
        env[n++] = arena_strdup(a, *headers);
    web_handle(b->web, a, env, read_body, &rest, &out);
    assert_int_equal(strncmp(out.p, "Status: ", 8), 0);
    keep(b, out.p);
    return (struct answer){ (int)strtol(out.p + 8, NULL, 10), out.p };
}

#define FORM "application/x-www-form-urlencoded"

static inline struct answer get(struct browser *b, const char *uri)
{
    return ask(b, "GET", uri, NULL, NULL, NULL);
}

static inline const char *encoded(struct arena *a, const char *text)
{
    struct buf b = buf_in(a);
    buf_url(&b, text, strlen(text));
    return b.p ? b.p : "";
}

/* Opens the login page and sends its form. */
static inline struct answer sign_in(struct browser *b, const char *email, const char *password,
                                    const char *next)
{
    struct arena *a = b->ctx->arena;
    assert_int_equal(get(b, "/login").status, 200);
    assert_non_null(b->login);
    return ask(b, "POST", "/login", FORM,
               arena_printf(a, "email=%s&password=%s&next=%s&loginToken=%s", encoded(a, email),
                            encoded(a, password), encoded(a, next),
                            tag_make(b->ctx->app, a, "login-form", b->login)),
               NULL);
}

/* The CSRF token of the session at hand, as the page would carry it. */
static inline const char *csrf(struct browser *b)
{
    unsigned char hash[SHA256_SIZE];
    sha256(b->session, strlen(b->session), hash);
    return arena_strdup(b->ctx->arena, pg_sql("select csrf from sessions where token_hash = '%s'",
                                              hex_bytea(b->ctx->arena, hash, sizeof(hash))));
}

/* Sends a form with the session's CSRF token. */
static inline struct answer post(struct browser *b, const char *uri, const char *body)
{
    return ask(b, "POST", uri, FORM,
               arena_printf(b->ctx->arena, "%s%scsrfToken=%s", body, *body ? "&" : "", csrf(b)),
               NULL);
}
