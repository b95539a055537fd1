/* FastCGI parameters into a request, and looking things up in it. */
#include "web/request.h"

#include "base/json.h"
#include "base/uuid.h"
#include "web/checks.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX ((size_t)16 * 1024)
#define HEADER_COUNT_MAX 100
#define COOKIES_MAX 64
#define QUERY_MAX 64
#define PATH_MAX_BYTES 2048

static const char *const methods[] = { [METHOD_GET] = "GET",
                                       [METHOD_POST] = "POST",
                                       [METHOD_PUT] = "PUT",
                                       [METHOD_PATCH] = "PATCH",
                                       [METHOD_DELETE] = "DELETE" };

const char *method_name(enum method m)
{
    return methods[m];
}

bool method_of(const char *name, enum method *out)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(methods[i], name) == 0) {
            *out = (enum method)i;
            return true;
        }
    }
    return false;
}

enum err request_refuse(struct request *r, int status, const char *detail)
{
    r->status = status;
    return ctx_refuse(&r->req.ctx, ERR_INVALID, "%s", detail);
}

const char *pairs_get(const struct pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->n; i++)
        if (strcmp(pairs->at[i].name, name) == 0)
            return pairs->at[i].value;
    return NULL;
}

/* Headers on which a decision rests: two of them are two truths (nginx passes both on). */
static bool decisive(const char *name)
{
    static const char *const names[] = { "authorization", "content-length", "content-type",
                                         "cookie",        "host",           "idempotency-key",
                                         "if-none-match", "origin",         "sec-fetch-site",
                                         "x-api-key",     "x-csrf-token",   "hx-request",
                                         "aeg-event-type" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strstr(name, "signature") || strstr(name, "secret") || strstr(name, "timestamp") ||
           strncmp(name, "x-front-", 8) == 0;
}

/* HTTP_X_API_KEY=… as "x-api-key"; NULL where the parameter is no header. */
static const char *header_name(struct arena *a, const char *param, size_t n)
{
    static const char *const bare[] = { "CONTENT_TYPE", "CONTENT_LENGTH" };
    bool is_bare = false;
    for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++)
        is_bare |= n == strlen(bare[i]) && memcmp(param, bare[i], n) == 0;
    if (!is_bare && (n < 6 || memcmp(param, "HTTP_", 5) != 0))
        return NULL;
    size_t skip = is_bare ? 0 : 5;
    char *name = arena_strndup(a, param + skip, n - skip);
    for (char *p = name; *p; p++)
        *p = (char)(*p == '_' ? '-' : *p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    return name;
}

static enum err take_header(struct request *r, const char *name, const char *value, size_t *total)
{
    *total += strlen(name) + strlen(value) + 4;
    if (*total > HEADERS_MAX || r->headers.n == HEADER_COUNT_MAX)
        return request_refuse(r, 431, "The headers are too large.");
    const char *before = decisive(name) ? pairs_get(&r->headers, name) : NULL;
    /* nginx passes these as CONTENT_… and as HTTP_CONTENT_… */
    if (before && strncmp(name, "content-", 8) == 0 && strcmp(before, value) == 0)
        return OK;
    if (before)
        return request_refuse(r, 400, "A header that may stand once stands twice.");
    r->headers.at[r->headers.n++] = (struct pair){ name, value };
    return OK;
}

static void take_param(struct request *r, const char *name, size_t n, const char *value)
{
    const struct {
        const char *name;
        const char **to;
    } known[] = { { "REQUEST_METHOD", &r->method_name },
                  { "DOCUMENT_URI", &r->req.path },
                  { "QUERY_STRING", &r->req.query_string },
                  { "REMOTE_ADDR", &r->req.remote_addr } };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strlen(known[i].name) == n && memcmp(known[i].name, name, n) == 0)
            *known[i].to = value;
}

static enum err take_env(struct request *r, char **env)
{
    size_t total = 0;
    r->headers.at = arena_zalloc(r->req.ctx.arena, HEADER_COUNT_MAX + 1, sizeof(struct pair));
    for (; *env; env++) {
        const char *equals = strchr(*env, '=');
        if (!equals)
            continue;
        size_t n = (size_t)(equals - *env);
        const char *header = header_name(r->req.ctx.arena, *env, n);
        if (!header) {
            take_param(r, *env, n, equals + 1);
        } else if (equals[1]) {
            enum err e = take_header(r, header, equals + 1, &total);
            if (e != OK)
                return e;
        }
    }
    return OK;
}

static void take_cookies(struct request *r)
{
    const char *text = pairs_get(&r->headers, "cookie");
    r->cookies.at = arena_zalloc(r->req.ctx.arena, COOKIES_MAX + 1, sizeof(struct pair));
    while (text && *text && r->cookies.n < COOKIES_MAX) {
        size_t n = strcspn(text, ";");
        const char *equals = memchr(text, '=', n);
        if (equals) {
            size_t name_n = (size_t)(equals - text);
            r->cookies.at[r->cookies.n++] =
                (struct pair){ arena_strndup(r->req.ctx.arena, text, name_n),
                               arena_strndup(r->req.ctx.arena, equals + 1, n - name_n - 1) };
        }
        text += n;
        text += strspn(text, "; ");
    }
}

static enum err take_length(struct request *r)
{
    const char *text = pairs_get(&r->headers, "content-length");
    char *end = NULL;
    r->content_length = -1;
    if (!text)
        return OK;
    errno = 0;
    r->content_length = strtoll(text, &end, 10);
    if (errno || *end || *text < '0' || *text > '9')
        return request_refuse(r, 400, "Content-Length is not a number.");
    return OK;
}

static enum err take_query(struct request *r)
{
    if (!*r->req.query_string)
        return OK;
    enum err e = pairs_parse(&r->req.ctx, str_of(r->req.query_string), QUERY_MAX, &r->query);
    if (e != OK)
        r->status = 400;
    return e;
}

enum err request_parse(struct request *r, char **env)
{
    struct req *q = &r->req;
    q->query_string = "";
    enum err e = take_env(r, env);
    q->content_type = pairs_get(&r->headers, "content-type");
    q->user_agent = pairs_get(&r->headers, "user-agent");
    q->origin = pairs_get(&r->headers, "origin");
    if (e != OK)
        return e;
    if (!q->path || *q->path != '/' || !r->method_name)
        return request_refuse(r, 400, "The request has no path or method.");
    if (strlen(q->path) > PATH_MAX_BYTES)
        return request_refuse(r, 414, "The path is too long.");
    if (!text_clean(str_of(q->path)) || strpbrk(q->path, "\r\n\t"))
        return request_refuse(r, 400, "The path is not valid text.");
    r->head = strcmp(r->method_name, "HEAD") == 0;
    r->known_method = method_of(r->head ? "GET" : r->method_name, &q->method);
    take_cookies(r);
    if ((e = take_length(r)) != OK)
        return e;
    return take_query(r);
}

const char *req_header(const struct req *r, const char *name)
{
    return pairs_get(&request_of(r)->headers, name);
}

const char *req_query(const struct req *r, const char *name)
{
    return pairs_get(&request_of(r)->query, name);
}

const char *req_cookie(const struct req *r, const char *name)
{
    return pairs_get(&request_of(r)->cookies, name);
}

const char *req_param(const struct req *r, const char *name)
{
    return pairs_get(&request_of(r)->params, name);
}

/* Beside its field a message stands by itself. */
static const char *of_field(struct arena *a, const char *message)
{
    bool whole = *message < 'a' || *message > 'z';
    return whole ? message : arena_printf(a, "This %s.", message);
}

struct json_object *req_form_again(const struct req *r)
{
    const struct pairs *form = &request_of(r)->form;
    const struct problem *why = &r->ctx.problem;
    struct json_object *o = json_own(r->ctx.arena, json_object_new_object());
    struct json_object *given = json_object_new_object(), *errors = json_object_new_object();
    for (size_t i = 0; i < form->n; i++)
        if (strcmp(form->at[i].name, "csrfToken") != 0)
            json_put(given, form->at[i].name, false, json_text_new(form->at[i].value));
    for (int i = 0; i < why->n; i++)
        json_put(errors, why->faults[i].field, false,
                 json_text_new(of_field(r->ctx.arena, why->faults[i].message)));
    json_set(o, "given", given);
    json_set(o, "errors", errors);
    json_set_text(o, "error", why->detail);
    return o;
}

enum err req_unknown(struct req *r, const char *detail)
{
    request_of(r)->status = 401;
    return ctx_refuse(&r->ctx, ERR_DENIED, "%s", detail);
}

static bool header_is(const struct req *r, const char *name, const char *value)
{
    const char *text = req_header(r, name);
    return text && strcmp(text, value) == 0;
}

bool req_is_fragment(const struct req *r)
{
    return header_is(r, "hx-request", "true") && !header_is(r, "hx-boosted", "true") &&
           !header_is(r, "hx-history-restore-request", "true");
}
