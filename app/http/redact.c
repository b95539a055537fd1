/* Takes secrets and files out of what the call log keeps. */
#include "http/redact.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_secret(struct str name)
{
    static const char *const words[] = { "authorization", "cookie",    "apikey",     "api-key",
                                         "api_key",       "password",  "secret",     "token",
                                         "assertion",     "signature", "clientstate" };
    char text[64];
    if (name.n >= sizeof(text))
        return false;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasestr(text, words[i]))
            return true;
    return strcasecmp(text, "sig") == 0;
}

void redact_header(struct buf *to, const char *name, const char *value)
{
    bool hide = is_secret(str_of(name)) || strcasestr(value, "bearer ") == value;
    const char *shown = strstr(value, "://") ? redact_url(to->arena, value) : value;
    buf_printf(to, "%s: %s\n", name, hide ? "[redacted]" : shown);
}

/* name=value pairs between &, as in a query or a form. */
static void put_pairs(struct buf *to, struct str text)
{
    for (size_t at = 0; at < text.n;) {
        const char *p = text.p + at, *amp = memchr(p, '&', text.n - at);
        size_t n = amp ? (size_t)(amp - p) : text.n - at;
        const char *equals = memchr(p, '=', n);
        size_t name = equals ? (size_t)(equals - p) : n;
        struct str key = { p, name };
        if (equals && (is_secret(key) || str_eq(key, STR("code")))) {
            buf_put(to, p, name + 1);
            buf_puts(to, "[redacted]");
        } else {
            buf_put(to, p, n);
        }
        if (amp)
            buf_putc(to, '&');
        at += n + (amp ? 1 : 0);
    }
}

const char *redact_url(struct arena *a, const char *url)
{
    const char *host = strstr(url, "://"), *from = host ? host + 3 : url;
    const char *at = memchr(from, '@', strcspn(from, "/?#")), *query = strchr(url, '?');
    struct buf out = buf_in(a);
    if (at) {
        buf_put(&out, url, (size_t)(from - url));
        buf_puts(&out, "[redacted]");
        url = at;
    }
    buf_put(&out, url, query ? (size_t)(query + 1 - url) : strlen(url));
    if (query)
        put_pairs(&out, str_of(query + 1));
    return out.p;
}

const char *redact_path(struct arena *a, const char *url)
{
    const char *scheme = strstr(url, "://"), *from = scheme ? scheme + 3 : url;
    const char *at = memchr(from, '@', strcspn(from, "/?#")), *host = at ? at + 1 : from;
    return arena_printf(a, "%.*s%.*s/[redacted]", (int)(from - url), url, (int)strcspn(host, "/?#"),
                        host);
}

/* Whether a word of the text begins as tokens do. */
static bool holds_token(struct str text)
{
    static const char *const marks[] = { "tc_live_", "eyJ", "whsec_", "Bearer " };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const char *found = memmem(text.p, text.n, marks[i], strlen(marks[i]));
        if (found && (found == text.p || !isalnum((unsigned char)found[-1])))
            return true;
    }
    return false;
}

/* Where the string that starts at `at` (its quote) ends: past the closing quote. */
static size_t string_end(struct str text, size_t at)
{
    for (at++; at < text.n && text.p[at] != '"'; at++)
        if (text.p[at] == '\\')
            at++;
    return at < text.n ? at + 1 : text.n;
}

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.n && isspace((unsigned char)text.p[at]))
        at++;
    return at;
}

/* The value of a member, in its quotes, without what must not be kept. False: all of it may be. */
static bool put_value(struct buf *to, struct str name, struct str value)
{
    const char *query = memchr(value.p, '?', value.n);
    if (str_eq(name, STR("contentBytes")))
        buf_printf(to, ":\"[%zu characters]\"", value.n > 2 ? value.n - 2 : 0);
    else if (query && value.n > 5 && memcmp(value.p, "\"http", 5) == 0) {
        buf_puts(to, ":");
        buf_put(to, value.p, (size_t)(query + 1 - value.p));
        buf_puts(to, "[redacted]\"");
    } else if (is_secret(name) || holds_token(value))
        buf_puts(to, ":\"[redacted]\"");
    else
        return false;
    return true;
}

static size_t put_member(struct buf *to, struct str text, size_t at)
{
    size_t end = string_end(text, at);
    buf_put(to, text.p + at, end - at);
    size_t colon = skip_space(text, end);
    if (colon >= text.n || text.p[colon] != ':' || end < at + 2)
        return end;
    size_t value = skip_space(text, colon + 1);
    if (value >= text.n || text.p[value] != '"')
        return end;
    struct str name = { text.p + at + 1, end - at - 2 };
    size_t value_end = string_end(text, value);
    return put_value(to, name, (struct str){ text.p + value, value_end - value }) ? value_end : end;
}

static void put_json(struct buf *to, struct str text)
{
    for (size_t at = 0; at < text.n && to->n < LOGGED_MAX;) {
        if (text.p[at] == '"')
            at = put_member(to, text, at);
        else
            buf_putc(to, text.p[at++]);
    }
}

/* What Postgres takes as text: UTF-8 without NUL. */
static void make_text(struct buf *to)
{
    if (to->n > LOGGED_MAX)
        to->n = LOGGED_MAX;
    for (size_t at = 0, n; at < to->n; at += n) {
        n = utf8_char(to->p + at, to->n - at);
        if (n && to->p[at])
            continue;
        to->p[at] = '?';
        n = 1;
    }
    if (to->p)
        to->p[to->n] = '\0';
}

void redact_body(struct buf *to, struct str body)
{
    size_t at = skip_space(body, 0);
    struct str head = { body.p, body.n < LOGGED_MAX ? body.n : LOGGED_MAX };
    if (at < body.n && (body.p[at] == '{' || body.p[at] == '['))
        put_json(to, body);
    else
        put_pairs(to, head);
    make_text(to);
}
