/* Rows as lines of CSV (RFC 4180) and of JSON. */
#include "exports/format.h"

#include "base/json.h"
#include "db/db.h"

#define UTF8_MARK "\xef\xbb\xbf"

/* After the building, the columns of the statement export_rows stand in this order. */
enum kind { TEXT, WORD, TIME, LIST };
static const struct column {
    const char *name;
    enum kind kind; /* WORD: of ours, safe as it is */
} columns[] = {
    { "unitNumber", TEXT },    { "channel", WORD },     { "subject", TEXT },
    { "status", WORD },        { "queuedAt", TIME },    { "sentAt", TIME },
    { "deliveredAt", TIME },   { "openedAt", TIME },    { "providerMessageId", TEXT },
    { "lastEventType", WORD }, { "manualNotes", LIST }, { "attachments", LIST },
};
#define COLUMNS ((int)(sizeof(columns) / sizeof(columns[0])))

/* ---- CSV ---- */

static size_t starts(const char *p, size_t n, const char *with)
{
    size_t length = strlen(with);
    return n >= length && memcmp(p, with, length) == 0 ? length : 0;
}

static bool looks_like_formula(const char *p, size_t n)
{
    static const char *const wide[] = { "＝", "＋", "－", "＠" };
    size_t skip;
    while (n > 0 && (skip = *p == ' ' || *p == '\0' ? 1 : starts(p, n, UTF8_MARK)) > 0) {
        p += skip;
        n -= skip;
    }
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (starts(p, n, wide[i]))
            return true;
    return n > 0 && *p != '\0' && strchr("=+-@\t\r\n", *p);
}

void cell_put(struct buf *to, const char *text, size_t n)
{
    buf_putc(to, '"');
    if (looks_like_formula(text, n))
        buf_putc(to, '\'');
    for (const char *end = text + n; text < end;) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        size_t plain = quote ? (size_t)(quote - text) + 1 : (size_t)(end - text);
        buf_put(to, text, plain);
        if (quote)
            buf_putc(to, '"');
        text += plain;
    }
    buf_putc(to, '"');
}

static void csv_cell(struct buf *to, const PGresult *r, int column, enum kind kind)
{
    char time[TIME_LENGTH + 1];
    struct str t = { PQgetvalue(r, 0, column), (size_t)PQgetlength(r, 0, column) };
    if (kind == TEXT || kind == LIST) {
        cell_put(to, t.p, t.n);
        return;
    }
    if (kind == TIME)
        t = row_time(time, r, 0, column);
    buf_put(to, t.p, t.n);
}

static void csv_row(struct buf *to, const char *building, const PGresult *r)
{
    cell_put(to, building, strlen(building));
    for (int i = 0; i < COLUMNS; i++) {
        buf_putc(to, ',');
        if (!PQgetisnull(r, 0, i))
            csv_cell(to, r, i, columns[i].kind);
    }
    buf_put(to, "\r\n", 2);
}

/* ---- JSON lines ---- */

static void json_cell(struct buf *to, const PGresult *r, int column, enum kind kind)
{
    char time[TIME_LENGTH + 1];
    struct str t = { PQgetvalue(r, 0, column), (size_t)PQgetlength(r, 0, column) };
    if (PQgetisnull(r, 0, column)) {
        buf_puts(to, kind == LIST ? "[]" : "null");
    } else if (kind == LIST) {
        buf_put(to, t.p, t.n);
    } else {
        if (kind == TIME)
            t = row_time(time, r, 0, column);
        json_write_text(to, t.p, t.n);
    }
}

static void json_row(struct buf *to, const char *building, const PGresult *r)
{
    buf_puts(to, "{\"building\":");
    json_write_text(to, building, strlen(building));
    for (int i = 0; i < COLUMNS; i++) {
        buf_printf(to, ",\"%s\":", columns[i].name);
        json_cell(to, r, i, columns[i].kind);
    }
    buf_put(to, "}\n", 2);
}

/* ---- the table ---- */

const struct export_format export_format_table[] = {
    { "csv", false,
      UTF8_MARK "building,unitNumber,channel,subject,status,queuedAt,sentAt,deliveredAt,openedAt,"
                "providerMessageId,lastEventType,manualNotes,attachments\r\n",
      "communications", "csv", csv_row },
    { "jsonl", true, "", "communications", "jsonl", json_row },
    { "evidence", false, "", "evidence", "zip", NULL },
    { .name = NULL },
};

const struct export_format *export_format_of(const char *name)
{
    const struct export_format *f = export_format_table;
    while (f->name && strcmp(f->name, name) != 0)
        f++;
    return f->name ? f : NULL;
}
