/* Streams a CSV file through libcsv in pieces and counts its lines. */
#include "import/reader.h"

#include "base/utf8.h"

#include <csv.h>
#include <stdint.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, GIVE_BACK = 4 * 1024 * 1024 };

void csv_give_back(const struct csv_file *f, size_t *from, size_t at)
{
    if (!f->mapped || at - *from < GIVE_BACK)
        return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)f->bytes.p + *from + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)f->bytes.p + at) / page * page;
    if (end > start)
        madvise((void *)start, end - start, MADV_DONTNEED);
    *from = at;
}

/* ---- what it is ---- */

static const struct {
    struct str start;
    const char *why;
} strangers[] = {
    { { "PK\x03\x04", 4 }, "This is a workbook or a zip file, not CSV: save it as CSV first." },
    { { "\xD0\xCF\x11\xE0", 4 }, "This is an old Excel workbook, not CSV: save it as CSV first." },
    { { "%PDF", 4 }, "This is a PDF, not CSV." },
    { { "\x1F\x8B", 2 }, "This is a compressed file, not CSV: unpack it first." },
};

static const char *stranger(struct str bytes)
{
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        struct str s = strangers[i].start;
        if (bytes.n >= s.n && memcmp(bytes.p, s.p, s.n) == 0)
            return strangers[i].why;
    }
    return bytes.n ? NULL : "The file is empty.";
}

/* The most frequent of the usual delimiters outside quotation marks; a comma where none is. */
static char delimiter_of(const char *line)
{
    static const char usual[] = ",;\t|";
    size_t counts[4] = { 0 }, best = 0;
    bool quoted = false;
    for (const char *p = line; *p; p++) {
        const char *found = strchr(usual, *p);
        if (*p == '"')
            quoted = !quoted;
        else if (found && !quoted)
            counts[found - usual]++;
    }
    for (size_t i = 1; i < 4; i++)
        best = counts[i] > counts[best] ? i : best;
    return usual[best];
}

static char *first_line(char *text)
{
    char *end = text + strcspn(text, "\r\n");
    if (!*end)
        return NULL;
    *end = '\0';
    return end + 1;
}

/* Whether all of a file is UTF-8, looked at in pieces that end between characters. */
static bool all_utf8(const struct csv_file *f)
{
    size_t given = 0;
    for (size_t at = 0; at < f->bytes.n;) {
        size_t n = f->bytes.n - at < GIVE_BACK ? f->bytes.n - at : GIVE_BACK;
        for (int i = 0; i < 3 && at + n < f->bytes.n; i++)
            n -= ((unsigned char)f->bytes.p[at + n] & 0xC0) == 0x80;
        if (!utf8_valid((struct str){ f->bytes.p + at, n }))
            return false;
        at += n;
        csv_give_back(f, &given, at);
    }
    return true;
}

enum err csv_detect(struct arena *a, const struct csv_file *f, struct csv_format *out,
                    const char **why)
{
    *why = stranger(f->bytes);
    if (*why)
        return ERR_INVALID;
    struct csv_format format = { .header_line = 1 };
    if (!encoding_marked(f->bytes, &format.encoding, &format.bom) && !all_utf8(f))
        format.encoding = ENCODING_WINDOWS_1252;
    struct decoder d = { .encoding = format.encoding };
    struct buf head = buf_in(a);
    size_t rest = f->bytes.n - format.bom;
    bool all = rest <= PIECE;
    decode(&d, (struct str){ f->bytes.p + format.bom, all ? rest : PIECE }, all, &head);
    if (!head.n || memchr(head.p, '\0', head.n)) {
        *why = head.n ? "This is no text file: it holds zero bytes." : "The file is empty.";
        return ERR_INVALID;
    }
    char *line = head.p + strspn(head.p, " \r\n"), *next = first_line(line);
    if (!next && !all) {
        *why = "The first line has no end: this is not CSV.";
        return ERR_INVALID;
    }
    format.delimiter = delimiter_of(line);
    if (line == head.p && strncasecmp(head.p, "sep=", 4) == 0 && head.p[4] && !head.p[5] && next) {
        format.delimiter = head.p[4];
        format.header_line = 2;
    }
    *out = format;
    return OK;
}

/* ---- reading ---- */

struct reader {
    struct csv_parser csv;
    const struct csv_format *format;
    csv_row *row;
    void *to;
    struct buf text; /* the cells of the row at hand, one after the other */
    size_t ends[COLUMN_LIMIT], cells, bytes;
    long line, start; /* of the piece and of the row */
    bool open;        /* a row was begun and not yet ended */
    bool after_cr;
    enum err e;
    const char *why;
};

static void fail(struct reader *r, const char *why)
{
    if (r->e != OK)
        return;
    r->e = ERR_INVALID;
    r->why = why;
}

static void on_cell(void *cell, size_t n, void *arg)
{
    struct reader *r = arg;
    if (r->cells == COLUMN_LIMIT) {
        fail(r, "The row has more than 256 columns.");
        return;
    }
    if (n)
        buf_put(&r->text, cell, n);
    r->ends[r->cells++] = r->text.n;
}

static void on_row(int end, void *arg)
{
    struct reader *r = arg;
    struct str cells[COLUMN_LIMIT];
    (void)end;
    for (size_t i = 0; i < r->cells; i++) {
        size_t from = i ? r->ends[i - 1] : 0;
        cells[i] = (struct str){ r->text.p ? r->text.p + from : "", r->ends[i] - from };
    }
    if (r->e == OK && r->start >= r->format->header_line)
        r->e = r->row(r->to, r->start, cells, r->cells);
    r->text.n = 0;
    r->cells = 0;
    r->bytes = 0;
    r->open = false;
}

/* A stretch without a line end but at its own end. */
static void feed_line(struct reader *r, const char *p, size_t n)
{
    if (r->after_cr && p[0] != '\n')
        r->line++;
    r->after_cr = false;
    for (size_t i = 0; i < n && !r->open; i++)
        r->open = !strchr(" \r\n", p[i]) && (p[i] != '\t' || r->format->delimiter == '\t');
    if (r->open && r->bytes == 0)
        r->start = r->line;
    r->bytes += r->open ? n : 0;
    if (r->bytes > ROW_LIMIT)
        fail(r, "The row is too long: is a quotation mark that opens here never closed?");
    else if (csv_parse(&r->csv, p, n, on_cell, on_row, r) != n)
        fail(r, "The row cannot be read.");
    r->line += p[n - 1] == '\n';
    r->after_cr = p[n - 1] == '\r';
}

static void feed(struct reader *r, const struct buf *text)
{
    for (size_t at = 0; at < text->n && r->e == OK;) {
        size_t n = 0;
        while (at + n < text->n && text->p[at + n] != '\n' && text->p[at + n] != '\r')
            n++;
        n += at + n < text->n;
        feed_line(r, text->p + at, n);
        at += n;
    }
}

static void read_pieces(struct reader *r, const struct csv_file *f, struct buf *text)
{
    struct decoder d = { .encoding = r->format->encoding };
    size_t given = 0;
    for (size_t at = r->format->bom; at < f->bytes.n && r->e == OK;) {
        size_t n = f->bytes.n - at < PIECE ? f->bytes.n - at : PIECE;
        text->n = 0;
        decode(&d, (struct str){ f->bytes.p + at, n }, at + n == f->bytes.n, text);
        feed(r, text);
        at += n;
        csv_give_back(f, &given, at);
    }
    bool ended = text->n && (text->p[text->n - 1] == '\n' || text->p[text->n - 1] == '\r');
    if (r->e == OK && !ended)
        feed_line(r, "\n", 1);
    if (r->e == OK && r->open)
        fail(r, "A quotation mark that opens here is never closed.");
}

static void close_parser(void *csv)
{
    csv_free(csv);
}

enum err csv_read(struct arena *a, const struct csv_file *f, const struct csv_format *format,
                  csv_row *row, void *to, long *line, const char **why)
{
    struct reader *r = arena_new_of(a, struct reader);
    struct buf text = buf_in(a);
    *r = (struct reader){ .format = format, .row = row, .to = to, .text = buf_in(a), .line = 1 };
    if (csv_init(&r->csv, 0) != 0)
        return ERR_INTERNAL;
    arena_defer(a, close_parser, &r->csv);
    csv_set_delim(&r->csv, (unsigned char)format->delimiter);
    read_pieces(r, f, &text);
    if (r->e == ERR_INVALID && r->why) {
        *line = r->start;
        *why = r->why;
    }
    return r->e;
}
