/* Chunks of a PDF behind one another: objects are copied with new numbers, streams as they are, and
   one list of pages holds the lists of all. */
#include "paper/pdf_join.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#define ROW 20    /* bytes of an entry of an xref table */
#define CATALOG 1 /* our own objects */
#define PAGES 2
#define FIRST 3

struct reader {
    const char *at, *end;
};

struct chunk {
    const struct pdf_chunk *of;
    const char *table; /* its xref entries */
    long size;         /* how many */
    long catalog, pages;
    long base; /* added to its numbers */
};

struct writer {
    FILE *to;
    long long *offsets; /* of each object; 0: free */
    long count, room;
    long long at;
};

/* ---- tokens (ISO 32000-1 §7.2) ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

static bool is_delimiter(char c)
{
    return c != '\0' && strchr("()<>[]{}/%", c);
}

/* Behind a string that begins at p. */
static const char *skip_string(const char *p, const char *end)
{
    int depth = 0;
    for (; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return end;
}

static const char *token_end(const char *p, const char *end)
{
    if (*p == '(')
        return skip_string(p, end);
    if ((*p == '<' || *p == '>') && p + 1 < end && p[1] == *p)
        return p + 2;
    if (*p == '<') {
        while (p < end && *p != '>')
            p++;
        return p < end ? p + 1 : end;
    }
    bool name = *p == '/';
    if (is_delimiter(*p) && !name)
        return p + 1;
    for (p++; p < end && !is_space(*p) && !is_delimiter(*p); p++)
        ;
    return p;
}

static bool token(struct reader *r, struct str *out)
{
    while (r->at < r->end && is_space(*r->at))
        r->at++;
    if (r->at >= r->end)
        return false;
    const char *from = r->at;
    r->at = token_end(from, r->end);
    *out = (struct str){ from, (size_t)(r->at - from) };
    return true;
}

/* -1: no whole number, or one no file has. */
static long number_of(struct str t)
{
    long n = 0;
    for (size_t i = 0; i < t.n; i++) {
        if (!isdigit((unsigned char)t.p[i]) || n > LONG_MAX / 20)
            return -1;
        n = n * 10 + (t.p[i] - '0');
    }
    return t.n ? n : -1;
}

static bool number_after(struct reader r, struct str key, long *out)
{
    struct str t;
    int depth = 0;
    while (token(&r, &t)) {
        depth += str_eq(t, STR("<<")) ? 1 : str_eq(t, STR(">>")) ? -1 : 0;
        if (depth == 1 && str_eq(t, key) && token(&r, &t))
            return (*out = number_of(t)) >= 0;
        if (str_eq(t, STR("endobj")) || str_eq(t, STR("stream")) || str_eq(t, STR("startxref")))
            break;
    }
    return false;
}

/* ---- a chunk ---- */

/* The object's text, from behind "obj" on. */
static bool object_of(const struct chunk *c, long number, struct reader *out)
{
    struct str pdf = c->of->pdf, t;
    const char *row = c->table + number * ROW;
    long offset = number_of((struct str){ row, 10 });
    if (row[17] != 'n' || offset < 0 || (size_t)offset >= pdf.n)
        return false;
    *out = (struct reader){ pdf.p + offset, pdf.p + pdf.n };
    return token(out, &t) && number_of(t) == number && token(out, &t) && token(out, &t) &&
           str_eq(t, STR("obj"));
}

static bool read_table(struct chunk *c, struct reader *r)
{
    struct str t;
    if (!token(r, &t) || !str_eq(t, STR("xref")) || !token(r, &t) || number_of(t) != 0 ||
        !token(r, &t) || (c->size = number_of(t)) < 1)
        return false;
    c->table = r->at + 1;
    if (c->size > (r->end - c->table) / ROW)
        return false;
    r->at = c->table + c->size * ROW;
    return token(r, &t) && str_eq(t, STR("trailer"));
}

static bool open_chunk(struct chunk *c)
{
    static const char word[] = "startxref";
    struct str pdf = c->of->pdf, t;
    const char *at = pdf.n > 64 ? memmem(pdf.p + pdf.n - 64, 64, word, sizeof word - 1) : NULL;
    struct reader r = { at ? at + sizeof word - 1 : pdf.p, pdf.p + pdf.n };
    long start = at && token(&r, &t) ? number_of(t) : -1;
    if (start < 0 || (size_t)start >= pdf.n)
        return false;
    r.at = pdf.p + start;
    struct reader catalog;
    return read_table(c, &r) && number_after(r, STR("/Root"), &c->catalog) &&
           c->catalog < c->size && object_of(c, c->catalog, &catalog) &&
           number_after(catalog, STR("/Pages"), &c->pages) && c->pages < c->size;
}

/* ---- writing ---- */

static void put(struct writer *w, const char *bytes, size_t n)
{
    fwrite(bytes, 1, n, w->to);
    w->at += (long long)n;
}

static void put_text(struct writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void put_number(struct writer *w, long n)
{
    char text[24];
    put(w, text, (size_t)snprintf(text, sizeof text, "%ld", n));
}

static void begin_object(struct writer *w, long number)
{
    w->offsets[number] = w->at;
    put_number(w, number);
    put_text(w, " 0 obj");
}

/* Copies a dictionary or value, references renumbered, up to "stream" or "endobj"; answers which,
   and the length of the stream. */
static bool copy_value(struct writer *w, const struct chunk *c, struct reader *r, bool root,
                       long *length, bool *stream)
{
    const char *copied = r->at;
    struct str t, a = { 0 }, b = { 0 };
    int depth = 0;
    *length = -1;
    while (token(r, &t)) {
        *stream = str_eq(t, STR("stream"));
        if (*stream || str_eq(t, STR("endobj"))) {
            put(w, copied, (size_t)(r->at - copied));
            return true;
        }
        depth += str_eq(t, STR("<<")) ? 1 : str_eq(t, STR(">>")) ? -1 : 0;
        if (depth == 1 && str_eq(b, STR("/Length")))
            *length = number_of(t);
        if (root && depth == 1 && str_eq(t, STR("<<"))) {
            put(w, copied, (size_t)(r->at - copied));
            put_text(w, " /Parent 2 0 R");
            copied = r->at;
        }
        if (str_eq(t, STR("R")) && number_of(a) >= c->size)
            return false;
        if (str_eq(t, STR("R")) && number_of(a) >= 0 && number_of(b) >= 0) {
            put(w, copied, (size_t)(a.p - copied));
            put_number(w, number_of(a) + c->base);
            copied = a.p + a.n;
        }
        a = b;
        b = t;
    }
    return false;
}

static bool copy_object(struct writer *w, const struct chunk *c, long number)
{
    struct reader r;
    long length;
    bool stream;
    if (!object_of(c, number, &r))
        return false;
    begin_object(w, number + c->base);
    if (!copy_value(w, c, &r, number == c->pages, &length, &stream))
        return false;
    if (stream) {
        const char *data = r.at; /* with the line's end behind the word */
        struct str t;
        if (length < 0 || length > r.end - data - 2)
            return false;
        r.at += length + (*data == '\r' ? 2 : 1);
        if (!token(&r, &t) || !str_eq(t, STR("endstream")))
            return false;
        put(w, data, (size_t)(r.at - data));
        put_text(w, "\nendobj");
    }
    put_text(w, "\n");
    return true;
}

static bool copy_chunk(struct writer *w, const struct chunk *c)
{
    for (long i = 1; i < c->size; i++) {
        bool used = c->table[i * ROW + 17] == 'n';
        if (used && i != c->catalog && !copy_object(w, c, i))
            return false;
    }
    return true;
}

static void put_pages(struct writer *w, const struct chunk *chunks, size_t count,
                      const long *blanks)
{
    int pages = 0;
    begin_object(w, PAGES);
    put_text(w, "\n<< /Type /Pages /Kids [");
    for (size_t i = 0; i < count; i++) {
        if (blanks[i]) {
            put_number(w, blanks[i]);
            put_text(w, " 0 R ");
            pages++;
        }
        put_number(w, chunks[i].pages + chunks[i].base);
        put_text(w, " 0 R ");
        pages += chunks[i].of->pages;
    }
    put_text(w, "] /Count ");
    put_number(w, pages);
    put_text(w, " >>\nendobj\n");
}

static void put_blank(struct writer *w, long number, const struct pdf_chunk *before)
{
    char text[160];
    begin_object(w, number);
    snprintf(
        text, sizeof text,
        "\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Resources << >> >>\nendobj\n",
        before->width, before->height);
    put_text(w, text);
}

static void put_end(struct writer *w)
{
    long long start = w->at;
    fprintf(w->to, "xref\n0 %ld\n0000000000 65535 f \n", w->count);
    for (long i = 1; i < w->count; i++)
        fprintf(w->to, "%010lld %05d %c \n", w->offsets[i], w->offsets[i] ? 0 : 65535,
                w->offsets[i] ? 'n' : 'f');
    fprintf(w->to, "trailer << /Root 1 0 R /Size %ld >>\nstartxref\n%lld\n%%%%EOF\n", w->count,
            start);
}

/* ---- all ---- */

void pdf_places(struct pdf_chunk *chunks, size_t count)
{
    int pages = 0;
    for (size_t i = 0; i < count; i++) {
        chunks[i].page = pages + 1 + (chunks[i].new_sheet && pages % 2 == 1);
        pages = chunks[i].page + chunks[i].pages - 1;
    }
}

/* Numbers of the chunks' objects and of the blank pages before them; their places. */
static bool open_all(struct writer *w, struct pdf_chunk *of, struct chunk *chunks, size_t count,
                     long *blanks)
{
    pdf_places(of, count);
    w->count = FIRST;
    for (size_t i = 0; i < count; i++) {
        chunks[i] = (struct chunk){ .of = &of[i], .base = w->count };
        if (!open_chunk(&chunks[i]))
            return false;
        w->count += chunks[i].size;
        bool blank = i && of[i].page > of[i - 1].page + of[i - 1].pages;
        blanks[i] = blank ? w->count++ : 0;
    }
    return true;
}

bool pdf_join(struct arena *a, FILE *to, struct pdf_chunk *of, size_t count)
{
    struct writer w = { .to = to };
    struct chunk *chunks = arena_zalloc(a, count, sizeof *chunks);
    long *blanks = arena_zalloc(a, count, sizeof *blanks);
    if (!open_all(&w, of, chunks, count, blanks))
        return false;
    w.offsets = arena_zalloc(a, (size_t)w.count, sizeof *w.offsets);
    put_text(&w, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
    begin_object(&w, CATALOG);
    put_text(&w, "\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
    put_pages(&w, chunks, count, blanks);
    for (size_t i = 0; i < count; i++) {
        if (blanks[i])
            put_blank(&w, blanks[i], &of[i - 1]);
        if (!copy_chunk(&w, &chunks[i]))
            return false;
    }
    put_end(&w);
    return fflush(to) == 0 && !ferror(to);
}
