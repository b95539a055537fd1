/* Purchase orders: made, listed, and put to the order they are for. */
#include "ship/purchase_order.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "ship/purchase_order.sql.h"
#include "ship/ship.h"
#include "ship/thread.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50
#define ORDER_ROWS 500 /* of one order all are told */

static const char *items_text(struct ctx *c, const struct po_item_new *const *items)
{
    struct json_object *list = json_own(c->arena, json_object_new_array());
    for (; items && *items; items++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "sku", (*items)->sku);
        json_set_int(o, "quantity", (*items)->quantity);
        json_object_array_add(list, o);
    }
    return json_compact(c->arena, list);
}

static struct json_object *facts(struct ctx *c, const struct po_new *n, const char *supplier)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "number", n->number);
    json_set_text(o, "supplier", supplier);
    json_set_text(o, "orderId", n->order_id);
    return o;
}

static struct json_object *linked(struct ctx *c, const char *order_id)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "orderId", order_id);
    return o;
}

static enum err check_order(struct ctx *c, const char *order_id)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, po_order, &row, .order_id = order_id);
    return e == OK && rows_count(row) == 0 ? ctx_fault(c, "orderId", "is that of no order") : e;
}

static enum err taken(struct ctx *c, const struct po_new *n, const char *supplier)
{
    PGresult *row;
    enum err e =
        db_query(c->db, c->arena, po_taken, &row, .supplier = supplier, .number = n->number);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_RETRY;
    (void)ctx_fault(c, "number", "is that of the purchase order %s", row_text(row, 0, "id"));
    return ctx_refuse(c, ERR_CONFLICT, "There is a purchase order %s%s%s already.", n->number,
                      *supplier ? " to " : "", supplier);
}

enum err po_add(struct ctx *c, const struct po_new *n, const char **id)
{
    PGresult *row;
    const char *supplier = n->supplier ? n->supplier : "";
    enum err e = n->order_id ? check_order(c, n->order_id) : OK;
    if (e == OK)
        e = db_query(c->db, c->arena, po_add, &row, .number = n->number, .supplier = supplier,
                     .order_id = n->order_id, .items = items_text(c, n->items));
    if (e == OK && rows_count(row) == 0)
        return taken(c, n, supplier);
    if (e != OK)
        return e;
    *id = row_text(row, 0, "id");
    return audit_add(c, "purchase_order.added", "purchase_order", *id, NULL, facts(c, n, supplier));
}

static enum err ask(struct ctx *c, const char *id, const struct po_query *q,
                    const char *const after[2], int most, PGresult **rows)
{
    PGresult *found = NULL;
    enum err e = q->q ? db_query(c->db, c->arena, po_found, &found, .q = q->q) : OK;
    if (e != OK)
        return e;
    return db_query(c->db, c->arena, po_list, rows, .id = id, .order_id = q->order_id, .q = q->q,
                    .found = found ? row_text(found, 0, "ids") : NULL,
                    .many = found ? row_text(found, 0, "many") : NULL, .after_at = after[0],
                    .after_id = after[1], .rows = arena_printf(c->arena, "%d", most + 1));
}

enum err po_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *row;
    const struct po_query any = { .q = NULL };
    const char *const first[2] = { NULL };
    enum err e = id && uuid_valid(id) ? ask(c, id, &any, first, 1, &row) : ERR_NOT_FOUND;
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        *out = row_json(c->arena, row, 0);
    return e;
}

enum err po_list(struct ctx *c, const struct po_query *q, struct json_object **out)
{
    PGresult *rows;
    const int most = q->order_id ? ORDER_ROWS : PAGE_ROWS;
    const char *after[2], *last[2] = { NULL };
    enum err e = cursor_read(c, "purchase-orders", q->after, 2, after);
    if (e == OK)
        e = ask(c, NULL, q, after, most, &rows);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = rows_json(c->arena, rows);
    if (rows_count(rows) > most) {
        json_object_array_del_idx(list, (size_t)most, 1);
        last[0] = row_text(rows, most - 1, "_createdAt");
        last[1] = row_text(rows, most - 1, "purchaseOrderId");
    }
    json_set(d, "purchaseOrders", json_object_get(list));
    json_set_text(d, "next", last[0] ? cursor_make(c, "purchase-orders", 2, last) : NULL);
    *out = d;
    return OK;
}

enum err po_link(struct ctx *c, const char *id, const char *order_id)
{
    PGresult *row;
    enum err e = id && uuid_valid(id) ? db_query(c->db, c->arena, po_lock_shipments, NULL, .id = id)
                                      : ERR_NOT_FOUND;
    if (e == OK)
        e = db_query(c->db, c->arena, po_lock, &row, .id = id);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e != OK)
        return e;
    const char *of = row_text(row, 0, "order_id");
    if (of && strcmp(of, order_id) == 0)
        return OK;
    if (of)
        return ctx_refuse(c, ERR_CONFLICT, "It is of another order already: %s.", of);
    e = check_order(c, order_id);
    if (e == OK)
        e = db_query(c->db, c->arena, po_link, NULL, .id = id, .order_id = order_id);
    if (e == OK)
        e = order_follow(c, order_id);
    if (e == OK)
        e = thread_tell(c, order_id);
    return e == OK ? audit_add(c, "purchase_order.linked", "purchase_order", id, NULL,
                               linked(c, order_id))
                   : e;
}
