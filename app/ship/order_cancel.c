/* Cancelling an order of which nothing is on its way. */
#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "ship/order.sql.h"
#include "ship/ship.h"
#include "ship/tracking.h"

/* Shipments, purchase orders and the order, in the order in which all lock them. */
static enum err hold(struct ctx *c, const char *id, PGresult **order)
{
    enum err e = db_query(c->db, c->arena, order_cancel_hold_shipments, NULL, .id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, order_cancel_hold_purchase_orders, NULL, .id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, order_cancel_hold, order, .id = id);
    return e == OK && rows_count(*order) == 0 ? ERR_NOT_FOUND : e;
}

static enum err refuse_live(struct ctx *c, const PGresult *live)
{
    enum parcel_status status;
    const char *number = row_text(live, 0, "number");
    if (!parcel_status_of(row_text(live, 0, "status"), &status))
        return ctx_refuse(c, ERR_CONFLICT,
                          "Its parcel %lld is being handed to a carrier: cancel that first.",
                          (long long)row_int(live, 0, "parcel"));
    return ctx_refuse(c, ERR_CONFLICT,
                      "Its parcel%s%s is “%s”: an order is cancelled where none was sent, or each "
                      "was cancelled.",
                      *number ? " " : "", number, parcel_status_words(status));
}

static enum err tell(struct ctx *c, const char *id, const char *number, const char *reason)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "number", number);
    if (reason)
        json_set_text(after, "reason", reason);
    return audit_add(c, "order.cancelled", "order", id, NULL, after);
}

enum err order_cancel(struct ctx *c, const char *id, const char *reason)
{
    PGresult *order, *live;
    enum err e = id && uuid_valid(id) ? hold(c, id, &order) : ERR_NOT_FOUND;
    if (e == OK && row_bool(order, 0, "cancelled"))
        return ctx_refuse(c, ERR_CONFLICT, "It was cancelled before.");
    if (e == OK)
        e = db_query(c->db, c->arena, order_cancel_live, &live, .id = id);
    if (e == OK && rows_count(live))
        return refuse_live(c, live);
    if (e == OK)
        e = db_query(c->db, c->arena, order_cancel, NULL, .id = id);
    if (e == OK)
        e = order_follow(c, id);
    return e == OK ? tell(c, id, row_text(order, 0, "number"), reason) : e;
}
