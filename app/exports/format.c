/* Rows as lines of CSV (RFC 4180) and of JSON. */
#include "exports/format.h"

#include "base/json.h"
#include "db/db.h"

#define UTF8_MARK "\xef\xbb\xbf"

enum kind { TEXT, WORD, TIME, LIST, YES };
struct column {
    const char *name; /* NULL at the end */
    enum kind kind;   /* WORD: of ours, safe as it is; YES: true or false */
};

/* After the building, the columns of the statement export_rows stand in this order. */
static const struct column communications[] = {
    { "unitNumber", TEXT },    { "channel", WORD },     { "subject", TEXT },
    { "status", WORD },        { "queuedAt", TIME },    { "sentAt", TIME },
    { "deliveredAt", TIME },   { "openedAt", TIME },    { "providerMessageId", TEXT },
    { "lastEventType", WORD }, { "manualNotes", LIST }, { "attachments", LIST },
    { .name = NULL },
};

/* Those of export_shipments. */
static const struct column shipments[] = {
    { "shipmentId", WORD },  { "orderNumber", TEXT },    { "shop", TEXT },
    { "orderStatus", WORD }, { "purchaseOrder", TEXT },  { "recipientName", TEXT },
    { "city", TEXT },        { "country", WORD },        { "carrier", TEXT },
    { "service", TEXT },     { "trackingNumber", TEXT }, { "status", WORD },
    { "statusAt", TIME },    { "grade", WORD },          { "lastScan", TEXT },
    { "lastScanAt", TIME },  { "lastLocation", TEXT },   { "promisedOn", WORD },
    { "shippedAt", TIME },   { "deliveredAt", TIME },    { "createdAt", TIME },
    { "dryRun", YES },       { .name = NULL },
};

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
    if (kind == YES)
        t = str_of(*t.p == 't' ? "true" : "false");
    buf_put(to, t.p, t.n);
}

static void csv_cells(struct buf *to, const struct column *columns, bool begun, const PGresult *r)
{
    for (int i = 0; columns[i].name; i++) {
        if (i > 0 || begun)
            buf_putc(to, ',');
        if (!PQgetisnull(r, 0, i))
            csv_cell(to, r, i, columns[i].kind);
    }
    buf_put(to, "\r\n", 2);
}

static void csv_row(struct buf *to, const char *building, const PGresult *r)
{
    cell_put(to, building, strlen(building));
    csv_cells(to, communications, true, r);
}

static void csv_shipment(struct buf *to, const char *building, const PGresult *r)
{
    (void)building;
    csv_cells(to, shipments, false, r);
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
    } else if (kind == YES) {
        buf_puts(to, *t.p == 't' ? "true" : "false");
    } else {
        if (kind == TIME)
            t = row_time(time, r, 0, column);
        json_write_text(to, t.p, t.n);
    }
}

static void json_cells(struct buf *to, const struct column *columns, const PGresult *r)
{
    for (int i = 0; columns[i].name; i++) {
        buf_printf(to, "%s\"%s\":", to->p[to->n - 1] == '{' ? "" : ",", columns[i].name);
        json_cell(to, r, i, columns[i].kind);
    }
    buf_put(to, "}\n", 2);
}

static void json_row(struct buf *to, const char *building, const PGresult *r)
{
    buf_puts(to, "{\"building\":");
    json_write_text(to, building, strlen(building));
    json_cells(to, communications, r);
}

static void json_shipment(struct buf *to, const char *building, const PGresult *r)
{
    (void)building;
    buf_putc(to, '{');
    json_cells(to, shipments, r);
}

/* ---- the table ---- */

static const struct export_format table[] = {
    { "communications", "csv", false,
      UTF8_MARK "building,unitNumber,channel,subject,status,queuedAt,sentAt,deliveredAt,openedAt,"
                "providerMessageId,lastEventType,manualNotes,attachments\r\n",
      "communications", "csv", csv_row },
    { "communications", "jsonl", true, "", "communications", "jsonl", json_row },
    { "communications", "evidence", false, "", "evidence", "zip", NULL },
    { "shipments", "csv", false,
      UTF8_MARK "shipmentId,orderNumber,shop,orderStatus,purchaseOrder,recipientName,city,country,"
                "carrier,service,trackingNumber,status,statusAt,grade,lastScan,lastScanAt,"
                "lastLocation,promisedOn,shippedAt,deliveredAt,createdAt,dryRun\r\n",
      "shipments", "csv", csv_shipment },
    { "shipments", "jsonl", true, "", "shipments", "jsonl", json_shipment },
    { .name = NULL },
};

const struct export_format *export_format_of(const char *what, const char *name)
{
    const struct export_format *f = table;
    while (f->name && (strcmp(f->what, what) != 0 || strcmp(f->name, name) != 0))
        f++;
    return f->name ? f : NULL;
}
