/* Reading messages of our own making back: headers, parts, and their encodings. */
#include "track/mail_read.h"

#include "base/crypto.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define DEPTH 4

struct part {
    struct arena *a;
    struct str head, body;
};

/* Cuts at the empty line. */
static struct part part_of(struct arena *a, struct str raw)
{
    const char *gap = raw.n ? memmem(raw.p, raw.n, "\r\n\r\n", 4) : NULL;
    if (!gap)
        return (struct part){ a, raw, { "", 0 } };
    size_t head = (size_t)(gap - raw.p) + 2;
    return (struct part){ a, { raw.p, head }, { raw.p + head + 2, raw.n - head - 2 } };
}

/* A header's value, unfolded (RFC 5322 §2.2.3); "" where it is absent. */
static const char *header(const struct part *p, const char *name)
{
    size_t n = strlen(name);
    const char *at = p->head.p, *end = at + p->head.n;
    struct buf b = buf_in(p->a);
    while (at < end) {
        const char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
        line = line ? line : end;
        bool ours = (size_t)(line - at) > n && strncasecmp(at, name, n) == 0 && at[n] == ':';
        if (ours || (b.p && (*at == ' ' || *at == '\t')))
            buf_put(&b, ours ? at + n + 1 : at, (size_t)(line - at) - (ours ? n + 1 : 0));
        else if (b.p)
            break;
        at = line + 2;
    }
    return b.p ? b.p + strspn(b.p, " \t") : "";
}

static int hex_pair(const char *p)
{
    char digits[3] = { p[0], p[1], 0 }, *end;
    long n = strtol(digits, &end, 16);
    return end == digits + 2 && isxdigit((unsigned char)p[0]) ? (int)n : -1;
}

/* Quoted-printable (RFC 2045 §6.7); in words of headers "_" is a space. */
static struct str quoted_decode(struct arena *a, struct str in, bool word)
{
    struct buf b = buf_in(a);
    for (size_t i = 0; i < in.n; i++) {
        int c = in.p[i] == '=' && i + 2 < in.n + 0 ? hex_pair(in.p + i + 1) : -1;
        if (c >= 0) {
            buf_putc(&b, (char)c);
            i += 2;
        } else if (in.p[i] == '=' && i + 2 < in.n && in.p[i + 1] == '\r') {
            i += 2;
        } else {
            buf_putc(&b, word && in.p[i] == '_' ? ' ' : in.p[i]);
        }
    }
    return buf_str(&b);
}

static struct str base64_text(struct arena *a, struct str in)
{
    struct buf b = buf_in(a);
    struct str out = { "", 0 };
    for (size_t i = 0; i < in.n; i++)
        if (!isspace((unsigned char)in.p[i]))
            buf_putc(&b, in.p[i]);
    return base64_decode(a, buf_str(&b), &out) ? out : (struct str){ "", 0 };
}

/* One encoded word (RFC 2047) at `at`; where it ends, or NULL if there is none. */
static const char *word_decode(struct arena *a, const char *at, struct buf *to)
{
    const char *charset = at + 2, *kind = strchr(charset, '?');
    const char *text = kind ? strchr(kind + 1, '?') : NULL;
    const char *end = text ? strstr(text + 1, "?=") : NULL;
    if (strncmp(at, "=?", 2) != 0 || !end)
        return NULL;
    struct str in = { text + 1, (size_t)(end - text) - 1 };
    struct str out =
        toupper((unsigned char)kind[1]) == 'B' ? base64_text(a, in) : quoted_decode(a, in, true);
    buf_put(to, out.p, out.n);
    return end + 2;
}

/* White space between two encoded words is no part of the text. */
static const char *words_decode(struct arena *a, const char *text)
{
    struct buf b = buf_in(a);
    bool after_word = false;
    buf_puts(&b, "");
    while (*text) {
        const char *next = text + (after_word ? strspn(text, " \t") : 0);
        const char *end = word_decode(a, next, &b);
        after_word = end != NULL;
        if (end)
            text = end;
        else
            buf_putc(&b, *text++);
    }
    return b.p;
}

/* A parameter of a content type or disposition, also as RFC 2231 writes it (name*=UTF-8''…). */
static const char *parameter(struct arena *a, const char *value, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strchr(value, ';'); p; p = strchr(p, ';')) {
        p += 1 + strspn(p + 1, " \t");
        if (strncasecmp(p, name, n) != 0 || (p[n] != '=' && p[n] != '*'))
            continue;
        bool extended = p[n] == '*';
        p += n + (extended ? 2 : 1);
        if (*p == '"')
            return words_decode(a, arena_strndup(a, p + 1, strcspn(p + 1, "\"")));
        const char *text = arena_strndup(a, p, strcspn(p, "; \t"));
        const char *mark = extended ? strstr(text, "''") : NULL;
        if (!mark)
            return text;
        struct buf b = buf_in(a);
        for (const char *q = mark + 2; *q; q++)
            buf_putc(&b, *q == '%' ? '=' : *q);
        return arena_strdup(a, quoted_decode(a, buf_str(&b), false).p);
    }
    return NULL;
}

static struct str decoded(const struct part *p)
{
    const char *way = header(p, "Content-Transfer-Encoding");
    if (strncasecmp(way, "base64", 6) == 0)
        return base64_text(p->a, p->body);
    return strncasecmp(way, "quoted", 6) == 0 ? quoted_decode(p->a, p->body, false) : p->body;
}

static void leaf(const struct part *p, const char *type, struct mail_read *out)
{
    const char *disposition = header(p, "Content-Disposition");
    const char *name = parameter(p->a, disposition, "filename");
    bool file = strncasecmp(disposition, "attachment", 10) == 0 || name;
    if (!file && strncasecmp(type, "text/html", 9) == 0)
        out->html = decoded(p);
    else if (!file && strncasecmp(type, "text/plain", 10) == 0)
        out->text = decoded(p);
    else if (out->file_count < MAIL_FILES)
        out->files[out->file_count++] =
            (struct mail_file){ name ? name : "attachment",
                                arena_strndup(p->a, type, strcspn(type, "; \t")), decoded(p) };
}

static void walk(const struct part *p, int depth, struct mail_read *out)
{
    const char *type = header(p, "Content-Type");
    const char *boundary = parameter(p->a, type, "boundary");
    if (strncasecmp(type, "multipart/", 10) != 0 || !boundary || depth == DEPTH) {
        leaf(p, type, out);
        return;
    }
    const char *mark = arena_printf(p->a, "--%s", boundary);
    const char *at = p->body.p, *end = at + p->body.n;
    const char *from = memmem(at, (size_t)(end - at), mark, strlen(mark));
    while (from && from + strlen(mark) + 2 < end && from[strlen(mark)] != '-') {
        from += strlen(mark) + 2;
        const char *to = memmem(from, (size_t)(end - from), mark, strlen(mark));
        const char *last = to && to - from >= 2 ? to - 2 : end;
        struct part inner = part_of(p->a, (struct str){ from, (size_t)(last - from) });
        walk(&inner, depth + 1, out);
        from = to;
    }
}

static const char *date_of(struct arena *a, const char *text)
{
    struct tm t = { 0 };
    char out[40];
    if (!strptime(text, "%a, %d %b %Y %H:%M:%S %z", &t))
        return NULL;
    time_t at = timegm(&(struct tm){ .tm_year = t.tm_year,
                                     .tm_mon = t.tm_mon,
                                     .tm_mday = t.tm_mday,
                                     .tm_hour = t.tm_hour,
                                     .tm_min = t.tm_min,
                                     .tm_sec = t.tm_sec }) -
                t.tm_gmtoff;
    gmtime_r(&at, &t);
    strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%SZ", &t);
    return arena_strdup(a, out);
}

enum err mail_parse(struct arena *a, struct str raw, struct mail_read *out)
{
    struct part p = part_of(a, raw);
    *out = (struct mail_read){ 0 };
    if (!*header(&p, "From") || !*header(&p, "Content-Type"))
        return ERR_INVALID;
    out->from = words_decode(a, header(&p, "From"));
    out->to = words_decode(a, header(&p, "To"));
    out->subject = words_decode(a, header(&p, "Subject"));
    out->date = date_of(a, header(&p, "Date"));
    walk(&p, 0, out);
    return OK;
}
