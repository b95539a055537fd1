/* Orders: made with their customer and items, listed, shown. */
#include "ship/order.h"

#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "base/uuid.h"
#include "db/db.h"
#include "ship/customer.sql.h"
#include "ship/order.sql.h"
#include "ship/purchase_order.h"
#include "ship/ship.h"
#include "ship/thread.h"
#include "track/value.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50
#define CURRENCY "CHF"

const char *const order_thread_names[] = { "unmatched", "auto_matched", "manually_linked", NULL };

/* ---- what is given ---- */

/* An order as it will be kept. */
struct kept {
    const char *currency, *promised_on, *country, *email, *phone, *language;
    const char *bill_country;
    long tax, total;
};

static enum err told(struct ctx *c, const char *field, const char *why)
{
    return why ? ctx_fault(c, field, "%s", why) : OK;
}

static enum err worse(enum err e, enum err next)
{
    return e != OK ? e : next;
}

static enum err read_customer(struct ctx *c, const struct customer_new *n, struct kept *k)
{
    enum err e = OK;
    if (n->email)
        e = told(c, "customer.email", read_email(c->arena, str_of(n->email), &k->email));
    if (n->phone)
        e = worse(e, told(c, "customer.phone",
                          read_phone(c->arena, str_of(n->phone), k->country ? k->country : "",
                                     &k->phone)));
    if (n->language)
        e = worse(e, told(c, "customer.language",
                          read_language(c->arena, str_of(n->language), &k->language)));
    return e;
}

static enum err read_all(struct ctx *c, const struct order_new *n, struct kept *k)
{
    int decimals;
    struct arena *a = c->arena;
    const char *currency = n->currency ? n->currency : CURRENCY;
    enum err e = told(c, "currency", read_currency(a, str_of(currency), &k->currency, &decimals));
    e = worse(e,
              told(c, "shipTo.country", read_country(a, str_of(n->ship_to->country), &k->country)));
    if (n->promised_on)
        e = worse(e, told(c, "promisedOn", read_date(a, str_of(n->promised_on), &k->promised_on)));
    if (n->bill_to)
        e = worse(e, told(c, "billTo.country",
                          read_country(a, str_of(n->bill_to->country), &k->bill_country)));
    if (n->conversation_id && !thread_conversation(a, n->conversation_id))
        e = worse(e, ctx_fault(c, "frontConversationId", "is not a conversation of Front"));
    return worse(e, read_customer(c, n->customer, k));
}

static void add_up(const struct order_new *n, struct kept *k)
{
    long sum = 0;
    k->tax = 0;
    for (const struct order_item_new *const *i = n->items; *i; i++) {
        sum += (*i)->quantity * (*i)->unit_minor;
        k->tax += (*i)->tax_minor;
    }
    if (n->tax_minor >= 0)
        k->tax = n->tax_minor;
    k->total = n->total_minor >= 0 ? n->total_minor : sum + k->tax + n->shipping_minor;
}

const char *order_price(struct arena *a, const char *text, const char *currency, long *minor)
{
    int decimals;
    int64_t amount;
    const char *code, *why;
    *minor = 0;
    if (read_currency(a, str_of(currency ? currency : CURRENCY), &code, &decimals))
        return NULL;
    if ((why = read_amount(str_of(text), decimals, &amount)))
        return why;
    if (amount < 0 || amount > ORDER_PRICE_MOST)
        return "This is not a price.";
    *minor = (long)amount;
    return NULL;
}

/* ---- made ---- */

static const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static const char *number_text(struct ctx *c, long n)
{
    return arena_printf(c->arena, "%ld", n);
}

static const char *items_text(struct ctx *c, const struct order_item_new *const *items)
{
    struct json_object *list = json_own(c->arena, json_object_new_array());
    for (; *items; items++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "sku", text_or((*items)->sku, ""));
        json_set_text(o, "name", (*items)->name);
        json_set_int(o, "quantity", (*items)->quantity);
        json_set_int(o, "unit", (*items)->unit_minor);
        json_set_int(o, "tax", (*items)->tax_minor);
        json_set_text(o, "hsn", text_or((*items)->hsn, ""));
        json_object_array_add(list, o);
    }
    return json_compact(c->arena, list);
}

static const char *billing_text(struct ctx *c, const struct order_address *a, const char *name,
                                const char *country)
{
    if (!a)
        return NULL;
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "name", text_or(a->name, name));
    json_set_text(o, "street", text_or(a->street, ""));
    json_set_text(o, "postalCode", text_or(a->postal_code, ""));
    json_set_text(o, "city", text_or(a->city, ""));
    json_set_text(o, "region", text_or(a->region, ""));
    json_set_text(o, "country", country);
    return json_compact(c->arena, o);
}

static enum err add_customer(struct ctx *c, const struct customer_new *n, const struct kept *k,
                             const char **id)
{
    PGresult *row;
    enum err e = n->reference
                     ? db_query(c->db, c->arena, customer_by_reference, &row,
                                .reference = n->reference, .name = n->name, .email = k->email,
                                .phone = k->phone, .language = k->language)
                     : db_query(c->db, c->arena, customer_by_email, &row, .name = n->name,
                                .email = k->email, .phone = k->phone, .language = k->language);
    if (e == OK)
        *id = row_text(row, 0, "id");
    return e;
}

static enum err add_row(struct ctx *c, const struct order_new *n, const struct kept *k,
                        const char *customer_id, PGresult **row)
{
    const struct order_address *to = n->ship_to;
    return db_query(
        c->db, c->arena, order_add, row, .number = n->number, .shop = text_or(n->shop, ""),
        .customer_id = customer_id, .placed_at = n->placed_at, .promised_on = k->promised_on,
        .currency = k->currency, .total_minor = number_text(c, k->total),
        .shipping_minor = number_text(c, n->shipping_minor), .tax_minor = number_text(c, k->tax),
        .recipient_name = text_or(to->name, n->customer->name), .street = text_or(to->street, ""),
        .postal_code = text_or(to->postal_code, ""), .city = text_or(to->city, ""),
        .region = text_or(to->region, ""), .country = k->country,
        .billing = billing_text(c, n->bill_to, n->customer->name, k->bill_country),
        .note = text_or(n->note, ""));
}

static enum err taken(struct ctx *c, const struct order_new *n)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, order_taken, &row, .shop = text_or(n->shop, ""),
                          .number = n->number);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_RETRY;
    (void)ctx_fault(c, "number", "is that of the order %s", row_text(row, 0, "id"));
    return ctx_refuse(c, ERR_CONFLICT, "There is an order %s%s%s already.", n->number,
                      n->shop ? " of " : "", text_or(n->shop, ""));
}

static enum err tell(struct ctx *c, const char *id, const struct order_new *n, const struct kept *k)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    if (n->conversation_id) {
        enum err e = thread_link(c, id, n->conversation_id);
        if (e != OK)
            return e;
    }
    json_set_text(after, "number", n->number);
    json_set_text(after, "shop", text_or(n->shop, ""));
    json_set_int(after, "totalMinor", k->total);
    json_set_text(after, "currency", k->currency);
    return audit_add(c, "order.added", "order", id, NULL, after);
}

enum err order_add(struct ctx *c, const struct order_new *n, const char **id)
{
    PGresult *row;
    const char *customer_id;
    struct kept k = { .tax = 0 };
    enum err e = read_all(c, n, &k);
    if (e != OK)
        return e;
    add_up(n, &k);
    e = add_customer(c, n->customer, &k, &customer_id);
    if (e == OK)
        e = add_row(c, n, &k, customer_id, &row);
    if (e == OK && rows_count(row) == 0)
        return taken(c, n);
    if (e == OK)
        e = db_query(c->db, c->arena, order_items_add, NULL, .order_id = row_text(row, 0, "id"),
                     .items = items_text(c, n->items));
    if (e != OK)
        return e;
    *id = row_text(row, 0, "id");
    return tell(c, *id, n, &k);
}

/* ---- read ---- */

struct order_rows {
    PGresult *order, *items, *parcels, *notices;
};

static enum err ask(struct ctx *c, const char *id, struct order_rows *r)
{
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, order_get, &r->order, .id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, order_items, &r->items, .id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, order_parcels, &r->parcels, .id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, order_notices, &r->notices, .id = id);
    return worse(e, db_flush(c->db));
}

enum err order_get(struct ctx *c, const char *id, struct json_object **out)
{
    struct order_rows r;
    struct json_object *pos, *d;
    const struct po_query of = { .order_id = id };
    enum err e = id && uuid_valid(id) ? ask(c, id, &r) : ERR_NOT_FOUND;
    if (e == OK && rows_count(r.order) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = po_list(c, &of, &pos);
    if (e != OK)
        return e;
    d = row_json(c->arena, r.order, 0);
    json_set(d, "items", json_object_get(rows_json(c->arena, r.items)));
    json_set(d, "purchaseOrders", json_object_get(json_get(pos, "purchaseOrders")));
    json_set(d, "shipments", json_object_get(rows_json(c->arena, r.parcels)));
    json_set(d, "notifications", json_object_get(rows_json(c->arena, r.notices)));
    *out = d;
    return OK;
}

enum err order_list(struct ctx *c, const struct order_query *q, struct json_object **out)
{
    PGresult *rows, *found = NULL;
    const char *after[2], *last[2] = { NULL };
    enum err e = cursor_read(c, "orders", q->after, 2, after);
    if (e == OK && q->q)
        e = db_query(c->db, c->arena, order_found, &found, .q = q->q);
    if (e == OK)
        e = db_query(c->db, c->arena, order_list, &rows, .q = q->q,
                     .found = found ? row_text(found, 0, "ids") : NULL,
                     .many = found ? row_text(found, 0, "many") : NULL, .status = q->status,
                     .thread = q->thread, .shop = q->shop, .after_at = after[0],
                     .after_id = after[1], .rows = number_text(c, PAGE_ROWS + 1));
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *orders = rows_json(c->arena, rows);
    if (rows_count(rows) > PAGE_ROWS) {
        json_object_array_del_idx(orders, PAGE_ROWS, 1);
        last[0] = row_text(rows, PAGE_ROWS - 1, "_placedAt");
        last[1] = row_text(rows, PAGE_ROWS - 1, "orderId");
    }
    json_set(d, "orders", json_object_get(orders));
    json_set_text(d, "next", last[0] ? cursor_make(c, "orders", 2, last) : NULL);
    *out = d;
    return OK;
}

enum err order_shops(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_order_shops, NULL, &rows);
    if (e != OK)
        return e;
    *out = json_own(c->arena, json_object_new_array());
    for (int i = 0; i < rows_count(rows); i++)
        json_object_array_add(*out, json_text_new(row_text(rows, i, "shop")));
    return OK;
}
