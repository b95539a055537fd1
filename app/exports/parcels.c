/* The rows of an export of shipments: read one by one as they come, so that memory stays flat. */
#include "access/access.h"
#include "base/json.h"
#include "exports/export.sql.h"
#include "exports/writing.h"
#include "ship/words.h"

#include <ctype.h>

#define BLOCK ((size_t)64 << 10)

static enum err take(void *to, const PGresult *row)
{
    struct writing *w = to;
    w->format->row(&w->out, NULL, row);
    w->rows++;
    w->scanned++;
    enum err e = w->out.n < BLOCK ? OK : writing_flush(w);
    return e ? e : writing_look(w);
}

static enum err count(struct writing *w)
{
    PGresult *row;
    struct ctx *c = w->c;
    db_begin_reading(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, export_shipments_count, &row, .filter = w->filter));
    if (e == OK)
        w->scope = row_int(row, 0, "n");
    return e;
}

enum err shipments_write(struct writing *w)
{
    struct ctx *c = w->c;
    if (!w->asker.all_buildings)
        return ctx_refuse(c, ERR_DENIED, "Who asked for it does not see all buildings any more.");
    enum err e = count(w);
    if (e != OK)
        return e;
    db_begin_reading(c->db, c->tenant_id);
    db_batch(c->db);
    e = db_run(c->db, c->arena, &sql_export_patience, NULL, NULL);
    if (e == OK)
        e = db_query_each(c->db, export_shipments, take, w, .filter = w->filter);
    e = db_end(c->db, e);
    return e ? e : writing_look(w);
}

const char *export_shipment_words(struct ctx *c, struct json_object *filter)
{
    struct buf text = buf_in(c->arena);
    const char *status = json_text(filter, "status"), *carrier = json_text(filter, "carrier");
    const char *shop = json_text(filter, "shop");
    buf_puts(&text, "Shipments");
    if (status)
        buf_puts(&text, ", ");
    for (const char *p = status ? parcel_label(status)->word : ""; *p; p++)
        buf_putc(&text, (char)tolower((unsigned char)*p));
    if (carrier)
        buf_printf(&text, ", by %s", carrier);
    if (shop)
        buf_printf(&text, ", of the shop %s", shop);
    return text.p;
}
