/* Decoding of query strings and urlencoded forms. */
#include "base/utf8.h"
#include "web/input.h"

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Answers NULL for a bad escape, NUL or bad UTF-8. */
static const char *decode(struct arena *a, const char *p, size_t n)
{
    char *text = arena_alloc(a, n + 1);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        char c = p[i] == '+' ? ' ' : p[i];
        if (c == '%') {
            int high = n - i > 2 ? hex_of(p[i + 1]) : -1;
            int low = n - i > 2 ? hex_of(p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (c == '\0')
            return NULL;
        text[m++] = c;
    }
    text[m] = '\0';
    return utf8_valid((struct str){ text, m }) ? text : NULL;
}

static size_t pieces(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] != '&' && (i == 0 || text.p[i - 1] == '&');
    return n;
}

static enum err take(struct ctx *c, const char *p, size_t n, struct pair *to)
{
    const char *equals = memchr(p, '=', n);
    size_t name_n = equals ? (size_t)(equals - p) : n;
    to->name = decode(c->arena, p, name_n);
    to->value = equals ? decode(c->arena, equals + 1, n - name_n - 1) : "";
    if (!to->name)
        return ctx_refuse(c, ERR_INVALID, "The name of a field is not valid text.");
    if (!to->value)
        return ctx_fault(c, to->name, "is not valid text");
    return OK;
}

enum err pairs_parse(struct ctx *c, struct str text, size_t limit, struct pairs *out)
{
    size_t count = pieces(text), n = 0;
    if (count > limit)
        return ctx_refuse(c, ERR_INVALID, "More than %zu fields were sent.", limit);
    struct pair *at = arena_zalloc(c->arena, count + 1, sizeof(*at));
    for (size_t i = 0; i < text.n;) {
        const char *p = text.p + i, *end = memchr(p, '&', text.n - i);
        size_t length = end ? (size_t)(end - p) : text.n - i;
        enum err e = length ? take(c, p, length, &at[n]) : OK;
        if (e != OK)
            return e;
        n += length != 0;
        i += length + 1;
    }
    *out = (struct pairs){ at, n };
    return OK;
}
