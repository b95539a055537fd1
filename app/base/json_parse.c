/* The strict gate before json-c: RFC 8259 and no wider. */
#include "base/json.h"

#include "base/utf8.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const struct json_limits json_request_limits = { 16, 10000, (size_t)64 * 1024 };

#define DIGITS_MAX 17
#define EXPONENT_MAX 308
#define NUMBER_MAX 64 /* bytes, so that a run of zeros ends somewhere */
#define STEP_MAX 64   /* bytes of a key in a path */

/* A key of an object seen so far; the object is known by the order it was opened in. */
struct key {
    size_t object;
    struct str name;
};

struct scan {
    struct arena *arena;
    const char *text;
    size_t at, n;
    const struct json_limits *limits;
    size_t nodes, objects, keys, slots; /* slots: size of seen, a power of two */
    struct key *seen;
    int depth;
    const char *why;
    const char *path; /* from the value at hand to a string that is too long; NULL: there is none */
    const char *over; /* what it is said to be of that path; NULL: it is not over a limit */
    bool many;        /* over the limit of values: the path is the first step alone */
};

static bool refuse(struct scan *s, const char *why)
{
    if (!s->why)
        s->why = arena_printf(s->arena, "%s at byte %zu", why, s->at);
    return false;
}

static int peek(const struct scan *s)
{
    return s->at < s->n ? (unsigned char)s->text[s->at] : -1;
}

static void skip_space(struct scan *s)
{
    for (int c; (c = peek(s)) == ' ' || c == '\t' || c == '\r' || c == '\n';)
        s->at++;
}

static bool hex4(struct scan *s, unsigned *out)
{
    unsigned code = 0;
    if (s->n - s->at < 4)
        return refuse(s, "incomplete \\u escape");
    for (int i = 0; i < 4; i++, s->at++) {
        unsigned c = (unsigned char)s->text[s->at], low = c | 0x20;
        if (c >= '0' && c <= '9')
            code = code << 4 | (c - '0');
        else if (low >= 'a' && low <= 'f')
            code = code << 4 | (low - 'a' + 10);
        else
            return refuse(s, "bad \\u escape");
    }
    *out = code;
    return true;
}

static bool unicode_escape(struct scan *s, struct buf *out)
{
    unsigned code, low;
    char bytes[4];
    if (!hex4(s, &code))
        return false;
    if (code == 0)
        return refuse(s, "NUL escape");
    if (code >= 0xdc00 && code <= 0xdfff)
        return refuse(s, "lone surrogate");
    if (code >= 0xd800 && code <= 0xdbff) {
        if (s->n - s->at < 6 || s->text[s->at] != '\\' || s->text[s->at + 1] != 'u')
            return refuse(s, "lone surrogate");
        s->at += 2;
        if (!hex4(s, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return refuse(s, "lone surrogate");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (out)
        buf_put(out, bytes, utf8_put(code, bytes));
    return true;
}

static bool escape(struct scan *s, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int c = peek(s);
    if (c < 0)
        return refuse(s, "unfinished string");
    const char *at = c ? strchr(from, c) : NULL;
    if (c != 'u' && !at)
        return refuse(s, "unknown escape");
    s->at++;
    if (c == 'u')
        return unicode_escape(s, out);
    if (out)
        buf_putc(out, to[at - from]);
    return true;
}

/* Passes over a string; where `out` is not NULL the decoded text goes there. */
static bool string(struct scan *s, struct buf *out)
{
    size_t start = s->at++;
    for (;;) {
        int c = peek(s);
        if (c < 0)
            return refuse(s, "unfinished string");
        if (s->at - start > s->limits->string + 1)
            return refuse(s, "string too long");
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c < 0x20)
            return refuse(s, "control character");
        if (c == '\\') {
            s->at++;
            if (!escape(s, out))
                return false;
            continue;
        }
        size_t n = utf8_char(s->text + s->at, s->n - s->at);
        if (n == 0)
            return refuse(s, "bad UTF-8");
        if (out)
            buf_put(out, s->text + s->at, n);
        s->at += n;
    }
}

static size_t digits(struct scan *s)
{
    size_t n = 0;
    for (; peek(s) >= '0' && peek(s) <= '9'; n++)
        s->at++;
    return n;
}

static bool exponent(struct scan *s)
{
    long value = 0;
    s->at++;
    if (peek(s) == '+' || peek(s) == '-')
        s->at++;
    size_t start = s->at;
    if (digits(s) == 0)
        return refuse(s, "digit expected");
    for (size_t i = start; i < s->at && value <= EXPONENT_MAX; i++)
        value = value * 10 + (s->text[i] - '0');
    return value <= EXPONENT_MAX || refuse(s, "number out of range");
}

static bool number(struct scan *s)
{
    char copy[NUMBER_MAX + 1];
    size_t start = s->at, n, fraction = 0;
    if (peek(s) == '-')
        s->at++;
    bool zero = peek(s) == '0';
    if ((n = digits(s)) == 0)
        return refuse(s, "value expected");
    if (zero && n > 1)
        return refuse(s, "leading zero");
    if (peek(s) == '.') {
        s->at++;
        if ((fraction = digits(s)) == 0)
            return refuse(s, "digit expected");
    }
    if (n + fraction > DIGITS_MAX)
        return refuse(s, "number of over 17 digits");
    if ((peek(s) == 'e' || peek(s) == 'E') && !exponent(s))
        return false;
    if (s->at - start > NUMBER_MAX)
        return refuse(s, "number too long");
    memcpy(copy, s->text + start, s->at - start);
    copy[s->at - start] = '\0';
    return isfinite(strtod(copy, NULL)) || refuse(s, "number out of range");
}

static bool word(struct scan *s, const char *literal)
{
    size_t n = strlen(literal);
    if (s->n - s->at < n || memcmp(s->text + s->at, literal, n) != 0)
        return refuse(s, "value expected");
    s->at += n;
    return true;
}

static size_t slot_of(const struct scan *s, const struct key *k)
{
    uint64_t h = 1469598103934665603u ^ (k->object * 0x9e3779b97f4a7c15u);
    for (size_t i = 0; i < k->name.n; i++)
        h = (h ^ (unsigned char)k->name.p[i]) * 1099511628211u;
    size_t at = (size_t)(h ^ h >> 32) & (s->slots - 1);
    while (s->seen[at].name.p &&
           !(s->seen[at].object == k->object && str_eq(s->seen[at].name, k->name)))
        at = (at + 1) & (s->slots - 1);
    return at;
}

static void grow_seen(struct scan *s)
{
    struct key *old = s->seen;
    size_t n = s->slots;
    s->slots = n ? n * 2 : 64;
    s->seen = arena_zalloc(s->arena, s->slots, sizeof(*s->seen));
    for (size_t i = 0; i < n; i++)
        if (old[i].name.p)
            s->seen[slot_of(s, &old[i])] = old[i];
}

/* On the way out of a value with a string that is too long: a step more of the path to it. */
static bool out_of(struct scan *s, const char *step)
{
    if (s->many)
        s->path = *step == '[' || s->depth < 2 ? s->path : step;
    else if (s->path)
        s->path =
            arena_printf(s->arena, "%s%s%s", step, *s->path && *s->path != '[' ? "." : "", s->path);
    return false;
}

static bool key(struct scan *s, size_t object, struct str *out)
{
    struct buf name = buf_in(s->arena);
    if (peek(s) != '"')
        return refuse(s, "key in double quotes expected");
    buf_room(&name, 16);
    if (!string(s, &name))
        return false;
    if (s->keys * 2 >= s->slots)
        grow_seen(s);
    struct key k = { object, { name.p, name.n } };
    size_t at = slot_of(s, &k);
    if (s->seen[at].name.p)
        return refuse(s, "duplicate key before");
    s->seen[at] = k;
    s->keys++;
    *out = k.name;
    return true;
}

static bool value(struct scan *s);

static bool member(struct scan *s, size_t object)
{
    struct str name;
    if (!key(s, object, &name))
        return false;
    skip_space(s);
    if (peek(s) != ':')
        return refuse(s, "colon expected");
    s->at++;
    skip_space(s);
    return value(s) || out_of(s, name.n > STEP_MAX ? "…" : name.p);
}

static bool item(struct scan *s, size_t index)
{
    return value(s) || out_of(s, arena_printf(s->arena, "[%zu]", index));
}

static bool members(struct scan *s, char end)
{
    size_t object = s->objects++;
    s->at++;
    if (++s->depth > s->limits->depth)
        return refuse(s, "nested too deep");
    skip_space(s);
    if (peek(s) == end) {
        s->at++;
        s->depth--;
        return true;
    }
    for (size_t i = 0;; i++) {
        if (!(end == '}' ? member(s, object) : item(s, i)))
            return false;
        skip_space(s);
        int c = peek(s);
        if (c != ',' && c != end)
            return refuse(s, "comma or end expected");
        s->at++;
        if (c == end)
            break;
        skip_space(s);
    }
    s->depth--;
    return true;
}

static bool text(struct scan *s)
{
    size_t start = s->at;
    if (string(s, NULL))
        return true;
    if (s->at - start > s->limits->string + 1) {
        s->path = "";
        s->over = arena_printf(s->arena, "is longer than %zu KiB", s->limits->string / 1024);
    }
    return false;
}

static bool too_many(struct scan *s)
{
    s->many = true;
    s->path = "";
    s->over = arena_printf(s->arena, "has too many values (at most %zu in all)", s->limits->nodes);
    return refuse(s, "too many values");
}

static bool value(struct scan *s)
{
    if (++s->nodes > s->limits->nodes)
        return too_many(s);
    switch (peek(s)) {
    case '{':
        return members(s, '}');
    case '[':
        return members(s, ']');
    case '"':
        return text(s);
    case 't':
        return word(s, "true");
    case 'f':
        return word(s, "false");
    case 'n':
        return word(s, "null");
    default:
        return number(s);
    }
}

static bool gate(struct scan *s)
{
    skip_space(s);
    if (!value(s))
        return false;
    skip_space(s);
    return s->at == s->n || refuse(s, "text after the value");
}

enum err json_parse(struct arena *a, struct str text, const struct json_limits *limits,
                    struct json_object **out, const char **why)
{
    struct json_over over;
    return json_parse_told(a, text, limits, out, why, &over);
}

enum err json_parse_told(struct arena *a, struct str text, const struct json_limits *limits,
                         struct json_object **out, const char **why, struct json_over *over)
{
    *over = (struct json_over){ .path = NULL };
    struct scan s = { .arena = a, .text = text.p, .n = text.n, .limits = limits };
    if (text.n > INT32_MAX || !gate(&s)) {
        *why = s.why ? s.why : "text too long";
        if (s.path && (*s.path || s.many))
            *over = (struct json_over){ s.path, s.over };
        return ERR_INVALID;
    }
    struct json_tokener *t = json_tokener_new_ex(limits->depth + 1);
    if (!t)
        abort();
    struct json_object *parsed = json_tokener_parse_ex(t, text.p, (int)text.n);
    if (json_tokener_get_error(t) == json_tokener_continue) /* a bare number waits for its end */
        parsed = json_tokener_parse_ex(t, "", 1);
    bool good = json_tokener_get_error(t) == json_tokener_success;
    json_tokener_free(t);
    if (!good) {
        *why = "not understood";
        return ERR_INVALID;
    }
    *out = json_own(a, parsed);
    return OK;
}
