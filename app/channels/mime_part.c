/* Reading MIME: a walk over lines, tolerant of what mail systems really send. */
#include "channels/mime_part.h"

#include "base/crypto.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define HEADERS_MAX 1000
#define WORD_MAX 998   /* RFC 2047 §2 says 75, and that is not always kept */
#define PIECES_MAX 100 /* of one parameter */

static struct str take_line(struct str *text)
{
    const char *newline = memchr(text->p, '\n', text->n);
    size_t n = newline ? (size_t)(newline - text->p) + 1 : text->n;
    struct str line = { text->p, n };
    text->p += n;
    text->n -= n;
    while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    return line;
}

static struct str trim(struct str s)
{
    while (s.n && isspace((unsigned char)s.p[0]))
        s.p++, s.n--;
    while (s.n && isspace((unsigned char)s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Text without NULs, so that it can end with one. */
static const char *text_of(struct arena *a, struct str s)
{
    struct str t = trim(s);
    char *copy = arena_strndup(a, t.p, t.n);
    for (size_t i = 0; i < t.n; i++)
        if (copy[i] == '\0')
            copy[i] = ' ';
    return copy;
}

/* The lines of one block: blocks are many, and each must cost no more than its own size. */
static size_t count_lines(struct str text)
{
    size_t n = 0;
    while (n < HEADERS_MAX && text.n && take_line(&text).n)
        n++;
    return n;
}

static bool is_folded(struct str line)
{
    return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

/* The lines of one value, joined by spaces, without NULs. */
static const char *unfolded(struct arena *a, struct str lines)
{
    char *copy = arena_alloc(a, lines.n + 1);
    size_t n = 0;
    while (lines.n) {
        struct str t = trim(take_line(&lines));
        if (n && t.n)
            copy[n++] = ' ';
        for (size_t i = 0; i < t.n; i++)
            copy[n++] = t.p[i] ? t.p[i] : ' ';
    }
    copy[n] = '\0';
    return copy;
}

enum err mime_headers_read(struct arena *a, struct str text, struct mime_header **headers,
                           size_t *count, struct str *rest)
{
    struct mime_header *list = arena_zalloc(a, count_lines(text), sizeof(*list));
    size_t n = 0;
    while (text.n) {
        struct str line = take_line(&text);
        if (!line.n)
            break;
        const char *colon = memchr(line.p, ':', line.n);
        if (is_folded(line) || !colon || colon == line.p)
            continue;
        if (n == HEADERS_MAX)
            return ERR_INVALID;
        while (is_folded(text))
            take_line(&text);
        list[n].name = text_of(a, (struct str){ line.p, (size_t)(colon - line.p) });
        list[n++].value = unfolded(a, (struct str){ colon + 1, (size_t)(text.p - colon) - 1 });
    }
    *headers = list;
    *count = n;
    *rest = text;
    return OK;
}

const char *mime_header_of(const struct mime_part *p, const char *name)
{
    for (size_t i = 0; i < p->header_count; i++)
        if (strcasecmp(p->headers[i].name, name) == 0)
            return p->headers[i].value;
    return NULL;
}

enum err mime_part_read(struct arena *a, struct str text, struct mime_part *out)
{
    *out = (struct mime_part){ .type = "text/plain" };
    enum err e = mime_headers_read(a, text, &out->headers, &out->header_count, &out->raw);
    const char *type = e ? NULL : mime_header_of(out, "content-type");
    if (!type)
        return e;
    char *lower = arena_strndup(a, type, strcspn(type, "; \t("));
    for (char *p = lower; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    out->type = lower;
    out->boundary = mime_parameter(a, type, "boundary");
    if (out->boundary && !*out->boundary)
        out->boundary = NULL;
    return OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 2045 §6.7; what is not an escape stands as it is. */
static struct str quoted_printable(struct arena *a, struct str in)
{
    char *out = arena_alloc(a, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] != '=') {
            out[n++] = in.p[i];
            continue;
        }
        size_t skip = i + 1;
        while (skip < in.n && (in.p[skip] == ' ' || in.p[skip] == '\t' || in.p[skip] == '\r'))
            skip++;
        if (skip < in.n && in.p[skip] == '\n') {
            i = skip;
            continue;
        }
        int high = i + 2 < in.n ? hex_digit(in.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(in.p[i + 2]) : -1;
        if (low < 0) {
            out[n++] = '=';
            continue;
        }
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    out[n] = '\0';
    return (struct str){ out, n };
}

static struct str base64_body(struct arena *a, struct str in)
{
    struct str out;
    char *packed = arena_alloc(a, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++)
        if (!isspace((unsigned char)in.p[i]))
            packed[n++] = in.p[i];
    return base64_decode(a, (struct str){ packed, n }, &out) ? out : in;
}

struct str mime_part_body(struct arena *a, const struct mime_part *p)
{
    const char *encoding = mime_header_of(p, "content-transfer-encoding");
    if (encoding && strcasecmp(encoding, "base64") == 0)
        return base64_body(a, p->raw);
    if (encoding && strcasecmp(encoding, "quoted-printable") == 0)
        return quoted_printable(a, p->raw);
    return p->raw;
}

/* One encoded word at `at`, decoded to the buffer; where it ends, or NULL if there is none. */
static const char *take_word(struct arena *a, const char *at, struct buf *to)
{
    if (strncmp(at, "=?", 2) != 0)
        return NULL;
    size_t n = strnlen(at, WORD_MAX);
    const char *kind = memchr(at + 2, '?', n - 2);
    size_t left = kind ? n - (size_t)(kind - at) : 0;
    const char *text = left > 2 ? memchr(kind + 2, '?', left - 2) : NULL;
    const char *end = text ? memmem(text + 1, n - (size_t)(text + 1 - at), "?=", 2) : NULL;
    if (!end)
        return NULL;
    char *word = arena_strndup(a, text + 1, (size_t)(end - text) - 1);
    bool quoted = toupper((unsigned char)kind[1]) == 'Q';
    for (char *p = word; quoted && *p; p++)
        if (*p == '_')
            *p = ' ';
    struct str out = quoted ? quoted_printable(a, str_of(word)) : base64_body(a, str_of(word));
    buf_put(to, out.p, out.n);
    return end + 2;
}

const char *mime_words(struct arena *a, const char *value)
{
    struct buf b = buf_in(a);
    bool after_word = false;
    while (*value) { /* white space between two words is no part of the text */
        const char *next = value + (after_word ? strspn(value, " \t") : 0);
        const char *end = take_word(a, next, &b);
        after_word = end != NULL;
        if (end)
            value = end;
        else
            buf_putc(&b, *value++);
    }
    return b.p ? b.p : "";
}

/* The raw value of the parameter written exactly `name`, without its quotes; NULL. */
static const char *find_parameter(struct arena *a, const char *value, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strchr(value, ';'); p; p = strchr(p, ';')) {
        p++;
        p += strspn(p, " \t\r\n");
        const char *after = p + n;
        if (strncasecmp(p, name, n) != 0)
            continue;
        after += strspn(after, " \t");
        if (*after != '=')
            continue;
        after++;
        after += strspn(after, " \t");
        if (*after == '"')
            return arena_strndup(a, after + 1, strcspn(after + 1, "\""));
        return arena_strndup(a, after, strcspn(after, "; \t\r\n"));
    }
    return NULL;
}

/* UTF-8''percent-encoded, or a further piece of it. */
static void put_extended(struct buf *b, const char *piece)
{
    const char *mark = strstr(piece, "''");
    char *text = arena_strdup(b->arena, mark ? mark + 2 : piece);
    for (char *p = text; *p; p++)
        if (*p == '%')
            *p = '=';
    struct str out = quoted_printable(b->arena, str_of(text));
    buf_put(b, out.p, out.n);
}

/* name*=…, or its pieces name*0*=, name*1*=… (RFC 2231 §3 and §4); NULL. */
static const char *extended_parameter(struct arena *a, const char *value, const char *name)
{
    struct buf b = buf_in(a);
    const char *piece = find_parameter(a, value, arena_printf(a, "%s*", name));
    if (piece)
        put_extended(&b, piece);
    for (int i = 0; !piece && i < PIECES_MAX; i++) {
        const char *next = find_parameter(a, value, arena_printf(a, "%s*%d*", name, i));
        const char *plain = find_parameter(a, value, arena_printf(a, "%s*%d", name, i));
        if (!next && !plain)
            break;
        if (next)
            put_extended(&b, next);
        else
            buf_puts(&b, plain);
    }
    return b.p;
}

const char *mime_parameter(struct arena *a, const char *value, const char *name)
{
    const char *extended = extended_parameter(a, value, name);
    const char *plain = extended ? NULL : find_parameter(a, value, name);
    return plain ? mime_words(a, plain) : extended;
}

const char *mime_date(struct arena *a, const char *value)
{
    struct tm t = { 0 };
    const char *comma = strchr(value, ',');
    char out[40];
    if (!strptime(comma ? comma + 1 : value, " %d %b %Y %H:%M:%S %z", &t))
        return NULL;
    long offset = t.tm_gmtoff; /* timegm sets it to 0 */
    time_t seconds = timegm(&t) - offset;
    struct tm utc;
    if (seconds < 0 || !gmtime_r(&seconds, &utc) || utc.tm_year > 9999 - 1900)
        return NULL; /* nobody sent mail then */
    if (!strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%SZ", &utc))
        return NULL;
    return arena_strdup(a, out);
}

/* Where the next "--boundary" line begins at or after `from`; `after` is what follows its line. */
static bool find_boundary(struct str text, size_t from, const char *boundary, size_t *begins,
                          size_t *after, bool *last)
{
    size_t n = strlen(boundary);
    for (size_t i = from; i + 2 + n <= text.n; i++) {
        bool line_start = i == 0 || text.p[i - 1] == '\n';
        if (!line_start || text.p[i] != '-' || text.p[i + 1] != '-' ||
            memcmp(text.p + i + 2, boundary, n) != 0)
            continue;
        size_t end = i + 2 + n;
        *last = end + 1 < text.n && text.p[end] == '-' && text.p[end + 1] == '-';
        if (!*last && end < text.n && !isspace((unsigned char)text.p[end]))
            continue;
        const char *newline = memchr(text.p + end, '\n', text.n - end);
        *begins = i;
        *after = newline ? (size_t)(newline - text.p) + 1 : text.n;
        return true;
    }
    return false;
}

bool mime_next_part(const struct mime_part *whole, size_t *at, struct str *out)
{
    size_t begins, after, next, next_after;
    bool last;
    if (!whole->boundary ||
        !find_boundary(whole->raw, *at, whole->boundary, &begins, &after, &last) || last)
        return false;
    if (!find_boundary(whole->raw, after, whole->boundary, &next, &next_after, &last))
        next = whole->raw.n; /* the last boundary is missing: cut off on the way */
    *at = next;
    *out = (struct str){ whole->raw.p + after, next - after };
    if (out->n && out->p[out->n - 1] == '\n') /* the line's end before a boundary is part of it */
        out->n--;
    if (out->n && out->p[out->n - 1] == '\r')
        out->n--;
    return true;
}
