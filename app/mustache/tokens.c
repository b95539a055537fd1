/* Cuts a template into tokens, and finds the tags that stand alone on their line. */
#include "base/arena.h"
#include "mustache/program.h"

#include <ctype.h>
#include <string.h>

#define DELIMITER_MAX 16

struct reader {
    struct tokens *t;
    const char *p, *end;
    char open[DELIMITER_MAX], close[DELIMITER_MAX];
    size_t open_n, close_n;
    int line;
    bool line_start;
};

static struct token *add(struct tokens *t, struct token token)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        struct token *at = arena_alloc(t->arena, cap * sizeof(*at));
        if (t->at)
            memcpy(at, t->at, t->n * sizeof(*at));
        t->at = at;
        t->cap = cap;
    }
    t->at[t->n] = token;
    return &t->at[t->n++];
}

static enum err refuse(struct reader *r, const char *what)
{
    r->t->why = arena_printf(r->t->arena, "line %d: %s", r->line, what);
    return ERR_INVALID;
}

static struct str trim(const char *p, const char *end)
{
    while (p < end && isspace((unsigned char)*p))
        p++;
    while (end > p && isspace((unsigned char)end[-1]))
        end--;
    return (struct str){ p, (size_t)(end - p) };
}

static const char *find(const char *p, const char *end, const char *what, size_t n)
{
    return p < end ? memmem(p, (size_t)(end - p), what, n) : NULL;
}

/* Text up to `end`, a token for each line. */
static void read_text(struct reader *r, const char *end)
{
    while (r->p < end) {
        const char *newline = memchr(r->p, '\n', (size_t)(end - r->p));
        const char *stop = newline ? newline + 1 : end;
        add(r->t, (struct token){ .kind = TOKEN_TEXT,
                                  .text = { r->p, (size_t)(stop - r->p) },
                                  .line_start = r->line_start,
                                  .line = r->line });
        r->line += newline != NULL;
        r->line_start = newline != NULL;
        r->p = stop;
    }
}

static enum err read_delimiters(struct reader *r, struct str body)
{
    const char *end = body.p + body.n;
    if (body.n < 2 || end[-1] != '=')
        return refuse(r, "new delimiters end with =");
    struct str both = trim(body.p + 1, end - 1);
    const char *gap = both.p, *stop = both.p + both.n;
    while (gap < stop && !isspace((unsigned char)*gap))
        gap++;
    struct str close = trim(gap, stop);
    size_t open_n = (size_t)(gap - both.p);
    if (!open_n || !close.n || open_n >= DELIMITER_MAX || close.n >= DELIMITER_MAX ||
        memchr(close.p, ' ', close.n) || memchr(both.p, '=', both.n))
        return refuse(r, "new delimiters are two words without =");
    memcpy(r->open, both.p, open_n);
    memcpy(r->close, close.p, close.n);
    r->open_n = open_n;
    r->close_n = close.n;
    return OK;
}

static enum token_kind kind_of(char mark)
{
    switch (mark) {
    case '#':
        return TOKEN_SECTION;
    case '^':
        return TOKEN_INVERTED;
    case '/':
        return TOKEN_CLOSE;
    case '>':
        return TOKEN_PARTIAL;
    case '<':
        return TOKEN_PARENT;
    case '$':
        return TOKEN_BLOCK;
    case '&':
    case '{':
        return TOKEN_RAW_VALUE;
    case '!':
    case '=':
        return TOKEN_NOTHING;
    default:
        return TOKEN_VALUE;
    }
}

static enum err add_tag(struct reader *r, struct str body)
{
    enum token_kind kind = body.n ? kind_of(body.p[0]) : TOKEN_VALUE;
    struct token token = { .kind = kind, .line = r->line };
    enum err e = OK;
    if (kind == TOKEN_NOTHING) {
        for (size_t i = 0; i < body.n; i++)
            r->line += body.p[i] == '\n';
        e = body.p[0] == '=' ? read_delimiters(r, body) : OK;
    } else {
        token.text = kind == TOKEN_VALUE ? body : trim(body.p + 1, body.p + body.n);
        if ((kind == TOKEN_PARTIAL || kind == TOKEN_PARENT) && token.text.n &&
            token.text.p[0] == '*') {
            token.dynamic = true;
            token.text = trim(token.text.p + 1, token.text.p + token.text.n);
        }
        if (!token.text.n)
            e = refuse(r, "a tag without a name");
    }
    add(r->t, token);
    return e;
}

static enum err read_tag(struct reader *r)
{
    char close[DELIMITER_MAX + 1];
    size_t close_n = r->close_n;
    const char *from = r->p + r->open_n;
    memcpy(close, r->close, close_n);
    bool triple = from < r->end && *from == '{';
    if (triple) { /* {{{x}}} closes with } before the delimiter */
        memmove(close + 1, close, close_n++);
        close[0] = '}';
    }
    const char *end = find(from, r->end, close, close_n);
    if (!end)
        return refuse(r, "a tag that is not closed");
    r->line_start = false;
    r->p = end + close_n;
    return add_tag(r, trim(from, end));
}

/* ---- standalone lines ---- */

static bool blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r' && s.p[i] != '\n')
            return false;
    return true;
}

static bool ends_line(const struct token *t)
{
    return t->kind == TOKEN_TEXT && t->text.p[t->text.n - 1] == '\n';
}

struct line { /* tokens [from, to) */
    struct token *from, *to;
    int tags, structural; /* structural: parents, blocks and closes */
    bool text, alone_kind, pair;
};

static void look_at(struct line *l)
{
    int depth = 0, parents = 0;
    for (struct token *t = l->from; t < l->to; t++) {
        if (t->kind == TOKEN_TEXT) {
            l->text = l->text || !blank(t->text);
            continue;
        }
        l->tags++;
        l->alone_kind = t->kind != TOKEN_VALUE && t->kind != TOKEN_RAW_VALUE;
        l->text = l->text || !l->alone_kind;
        bool opens = t->kind == TOKEN_PARENT || t->kind == TOKEN_BLOCK;
        l->structural += opens || t->kind == TOKEN_CLOSE;
        parents += t->kind == TOKEN_PARENT;
        if (opens && t->kind == TOKEN_BLOCK && !parents)
            t->same_line = true;
        depth += opens;
        if (t->kind == TOKEN_CLOSE && depth > 0) {
            depth--;
            l->pair = l->pair || !parents;
        }
    }
}

static void take_indent(struct line *l)
{
    struct token *first = l->from;
    if (first->kind != TOKEN_TEXT || first + 1 >= l->to || !blank(first->text))
        return;
    first[1].indent = first->text;
    first->kind = TOKEN_NOTHING;
}

static void settle(struct line *l)
{
    look_at(l);
    bool alone = !l->text && l->tags == 1 && l->alone_kind;
    bool together = !l->text && l->tags > 1 && l->structural == l->tags;
    struct token *tag = l->from->kind == TOKEN_TEXT ? l->from + 1 : l->from;
    if (alone || together || (tag < l->to && tag->kind == TOKEN_BLOCK))
        take_indent(l);
    if (!alone && !(together && !l->pair))
        return;
    for (struct token *t = l->from; t < l->to; t++) {
        if (t->kind == TOKEN_TEXT)
            t->kind = TOKEN_NOTHING;
        else
            t->standalone = true;
    }
}

static void settle_lines(struct tokens *t)
{
    for (size_t i = 0; i < t->n;) {
        struct line l = { .from = &t->at[i] };
        bool first = i == 0 || ends_line(&t->at[i - 1]) || t->at[i - 1].kind == TOKEN_NOTHING;
        size_t end = i;
        while (end < t->n && !ends_line(&t->at[end]))
            end++;
        end += end < t->n;
        l.to = &t->at[end];
        if (first)
            settle(&l);
        i = end;
    }
}

enum err tokens_read(struct tokens *t, struct str source)
{
    struct reader r = { .t = t,
                        .p = source.p,
                        .end = source.p + source.n,
                        .open = "{{",
                        .close = "}}",
                        .open_n = 2,
                        .close_n = 2,
                        .line = 1,
                        .line_start = true };
    while (r.p < r.end) {
        const char *tag = find(r.p, r.end, r.open, r.open_n);
        read_text(&r, tag ? tag : r.end);
        enum err e = tag ? read_tag(&r) : OK;
        if (e)
            return e;
    }
    settle_lines(t);
    return OK;
}
