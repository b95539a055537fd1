/* Outgoing requests on one reused libcurl handle: limits, tries, what came back. */
#include "http/http.h"

#include "base/log.h"
#include "db/db.h"
#include "http/parts.h"

#include <ctype.h>
#include <curl/curl.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define TRIES 3
#define WAIT_MAX_S 5
#define BODY_MAX ((size_t)1 << 20)
#define RETRY_AFTER_MAX 3600
#define KEPT_S 2 /* servers keep a quiet connection longer than this */

struct http {
    struct app *app;
    CURL *curl;
    struct breaker_memory breaker;
};

/* One try: what libcurl hands over, piece by piece. */
struct exchange {
    struct ctx *c;
    const struct http_call *call;
    struct buf body;
    const char **headers;
    size_t header_count, header_cap;
    size_t given; /* of the request's body, to a libcurl that asks for it */
    bool cut;
    struct guard guard;
};

struct http *http_new(struct app *app, struct arena *a)
{
    struct http *h = arena_new_of(a, struct http);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    h->app = app;
    h->curl = curl_easy_init();
    return h;
}

void http_free(struct http *h)
{
    if (h)
        curl_easy_cleanup(h->curl);
}

const char *http_header(const struct http_answer *answer, const char *name)
{
    for (const char *const *h = answer->headers; h && *h; h += 2)
        if (strcmp(h[0], name) == 0)
            return h[1];
    return NULL;
}

struct json_object *http_json(struct arena *a, const struct http_answer *answer,
                              const struct json_limits *limits)
{
    const char *type = http_header(answer, "content-type"), *why;
    struct json_object *body = NULL;
    if (!type || answer->cut || strncasecmp(type, "application/json", 16) != 0 ||
        json_parse(a, answer->body, limits, &body, &why) ||
        !json_object_is_type(body, json_type_object))
        return NULL;
    return body;
}

static size_t take_body(char *p, size_t one, size_t n, void *arg)
{
    struct exchange *x = arg;
    size_t most = x->call->most ? x->call->most : BODY_MAX, room = most - x->body.n;
    (void)one;
    x->cut = n > room;
    buf_put(&x->body, p, x->cut ? room : n);
    return x->cut ? 0 : n;
}

static void add_header(struct exchange *x, const char *name, const char *value)
{
    if (x->header_count + 3 > x->header_cap) {
        size_t cap = x->header_cap ? x->header_cap * 2 : 32;
        const char **more = arena_zalloc(x->c->arena, cap, sizeof(*more));
        for (size_t i = 0; i < x->header_count; i++)
            more[i] = x->headers[i];
        x->headers = more;
        x->header_cap = cap;
    }
    x->headers[x->header_count++] = name;
    x->headers[x->header_count++] = value;
}

static size_t take_header(char *p, size_t one, size_t n, void *arg)
{
    struct exchange *x = arg;
    size_t end = n;
    (void)one;
    while (end && (p[end - 1] == '\r' || p[end - 1] == '\n' || p[end - 1] == ' '))
        end--;
    char *colon = memchr(p, ':', end);
    if (end >= 5 && memcmp(p, "HTTP/", 5) == 0)
        x->header_count = 0; /* those before were of a 1xx */
    if (!colon || x->header_count > 200)
        return n;
    char *name = arena_strndup(x->c->arena, p, (size_t)(colon - p));
    for (char *q = name; *q; q++)
        *q = (char)tolower((unsigned char)*q);
    for (colon++; colon < p + end && *colon == ' ';)
        colon++;
    add_header(x, name, arena_strndup(x->c->arena, colon, (size_t)(p + end - colon)));
    return n;
}

static void free_list(void *list)
{
    curl_slist_free_all(list);
}

static struct curl_slist *header_list(struct ctx *c, const struct http_call *call)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (const char *const *h = call->headers; h && *h; h++)
        if (!strpbrk(*h, "\r\n"))
            list = curl_slist_append(list, *h);
    arena_defer(c->arena, free_list, list);
    return list;
}

static void set_limits(CURL *curl, const struct http_call *call)
{
    long timeout = call->timeout_ms ? call->timeout_ms : 10000;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout < 3000 ? timeout : 3000L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(curl, CURLOPT_MAXLIFETIME_CONN, 300L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

static size_t give_body(char *to, size_t one, size_t room, void *arg)
{
    struct exchange *x = arg;
    size_t left = x->call->body.n - x->given, n = left < room * one ? left : room * one;
    memcpy(to, x->call->body.p + x->given, n);
    x->given += n;
    return n;
}

/* libcurl repeats a request by itself where a reused connection broke. It cannot repeat one whose
   body it must ask for and cannot ask for again; of those without a body it does not know. */
static void set_body(CURL *curl, struct exchange *x)
{
    const struct http_call *call = x->call;
    bool asked_for = !call->repeatable && call->body.n > 0;
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
    if (!asked_for) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.n ? call->body.p : "");
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, call->repeatable ? 0L : 1L);
        return;
    }
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(curl, CURLOPT_READDATA, x);
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, (long)KEPT_S);
}

static void set_request(CURL *curl, struct exchange *x)
{
    const struct http_call *call = x->call;
    bool has_body = call->body.n || strcmp(call->method, "POST") == 0 ||
                    strcmp(call->method, "PUT") == 0 || strcmp(call->method, "PATCH") == 0;
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    if (has_body)
        set_body(curl, x);
    else if (!call->repeatable)
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, header_list(x->c, call));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
}

/* Retry-After: seconds, or a date (RFC 9110 §10.2.3). */
static int wait_asked(struct ctx *c, const struct http_answer *answer)
{
    const char *text = http_header(answer, "retry-after");
    if (!text)
        return 0;
    long long s = strtoll(text, NULL, 10);
    if (!isdigit((unsigned char)*text)) {
        time_t when = curl_getdate(text, NULL);
        s = when < 0 ? 0 : (long long)when - c->app->now_ms(c->app) / 1000;
    }
    return s < 0 ? 0 : s > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (int)s;
}

static bool is_passing(int status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void take_answer(CURL *curl, struct exchange *x, CURLcode code, struct http_answer *answer)
{
    long status = 0;
    curl_off_t sent_at = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &sent_at);
    *answer = (struct http_answer){ .body = buf_str(&x->body), .cut = x->cut };
    answer->headers = x->headers;
    if (x->headers)
        x->headers[x->header_count] = NULL;
    if (code == CURLE_OK || x->cut) {
        answer->status = (int)status;
        answer->retry_after = wait_asked(x->c, answer);
        return;
    }
    answer->body = (struct str){ "", 0 };
    answer->unknown = sent_at > 0 && !x->guard.refused;
    answer->error = x->guard.refused ? HTTP_REFUSED
                                     : arena_printf(x->c->arena, "%s.", curl_easy_strerror(code));
}

static enum err try_once(struct ctx *c, const struct http_call *call, struct http_answer *answer,
                         bool *well)
{
    CURL *curl = c->app->http->curl;
    struct exchange x = { .c = c, .call = call, .body = buf_in(c->arena) };
    struct timespec from, to;
    curl_easy_reset(curl);
    set_limits(curl, call);
    set_request(curl, &x);
    http_guard(&x.guard, c->app, curl);
    clock_gettime(CLOCK_MONOTONIC, &from);
    CURLcode code = curl_easy_perform(curl);
    clock_gettime(CLOCK_MONOTONIC, &to);
    take_answer(curl, &x, code, answer);
    const struct try_record record = { .call = call,
                                       .answer = answer,
                                       .duration_ms = (int)((to.tv_sec - from.tv_sec) * 1000 +
                                                            (to.tv_nsec - from.tv_nsec) / 1000000),
                                       .failed = !x.guard.refused &&
                                                 (!answer->status || is_passing(answer->status)),
                                       .well = *well };
    *well = *well && !record.failed;
    if (record.failed)
        c->app->http->breaker = (struct breaker_memory){ 0 };
    /* The request is out: a log that cannot be written must not hide what came of it. */
    if (try_note(c, &record))
        log_error("http_log", "provider", call->provider, NULL);
    return x.guard.refused ? ERR_INVALID : answer->status ? OK : ERR_RETRY;
}

/* Whether a try may follow, after a wait that is slept here. */
static bool again(struct ctx *c, const struct http_call *call, const struct http_answer *answer,
                  int tried)
{
    unsigned char chance;
    bool passing = answer->status ? is_passing(answer->status) : !answer->unknown;
    if (!call->repeatable || !passing || tried >= TRIES || answer->retry_after > WAIT_MAX_S)
        return false;
    c->app->random_bytes(c->app, &chance, 1);
    int ms = answer->retry_after ? answer->retry_after * 1000 : (100 << (2 * tried)) / 2 + chance;
    poll(NULL, 0, ms);
    return true;
}

enum err http_send(struct ctx *c, const struct http_call *call, struct http_answer *answer)
{
    *answer = (struct http_answer){ .body = { "", 0 } };
    if (!c->app->http || (c->db && db_in_transaction(c->db))) {
        log_error("http_inside_transaction", "provider", call->provider, NULL);
        return ERR_INTERNAL;
    }
    const char *forbidden = http_forbids_scheme(c->app, call->url);
    if (forbidden) {
        answer->error = arena_printf(c->arena, "The provider's address %s.", forbidden);
        return ERR_INVALID;
    }
    bool well;
    enum err r = breaker_enter(c, call, &c->app->http->breaker, &answer->retry_after, &well);
    if (r) {
        answer->error = r == ERR_LIMITED ? "The provider is not asked for a while, after failures."
                                         : "The database did not answer.";
        return r;
    }
    int tried = 0;
    do
        r = try_once(c, call, answer, &well);
    while (r != ERR_INVALID && again(c, call, answer, ++tried));
    return r;
}

enum err http_stand_in(struct ctx *c, const struct http_call *call, int status, struct str body,
                       struct http_answer *answer)
{
    const struct http_answer given = { .status = status, .body = body };
    const struct try_record record = { .call = call, .answer = &given, .dry_run = true };
    enum err r = try_note(c, &record);
    if (!r)
        *answer = given;
    return r;
}
