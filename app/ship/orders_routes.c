/* The routes of orders, purchase orders and the conversations they are talked about in. */
#include "base/domain.h"
#include "base/json.h"
#include "ship/order.h"
#include "ship/order_input.h"
#include "ship/order_pages.h"
#include "ship/purchase_order.h"
#include "ship/ship.h"
#include "ship/thread.h"
#include "ship/tracking.h"
#include "web/web.h"

/* ---- API: orders ---- */

static enum err reply_order(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *d;
    enum err e = order_get(&r->ctx, id, &d);
    if (e != OK)
        return e;
    if (status == 201)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/orders/%s", id));
    return reply_json(p, status, d);
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = order_add(&r->ctx, r->input, &id);
    return e == OK ? reply_order(r, p, 201, id) : e;
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = order_list(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_order(struct req *r, struct reply *p)
{
    return reply_order(r, p, 200, req_param(r, "orderId"));
}

static enum err api_tracking(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = order_tracking(&r->ctx, req_param(r, "orderId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_cancel(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "orderId");
    const struct order_cancel_input *in = r->input;
    enum err e = order_cancel(&r->ctx, id, in->reason);
    return e == OK ? reply_order(r, p, 200, id) : e;
}

static enum err api_link(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "orderId");
    const struct thread_input *in = r->input;
    enum err e = thread_link(&r->ctx, id, in->conversation_id);
    return e == OK ? reply_order(r, p, 200, id) : e;
}

static enum err api_unlink(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "orderId");
    enum err e = thread_unlink(&r->ctx, id);
    return e == OK ? reply_order(r, p, 200, id) : e;
}

/* ---- API: purchase orders ---- */

static enum err reply_po(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *d;
    enum err e = po_get(&r->ctx, id, &d);
    if (e != OK)
        return e;
    if (status == 201)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/purchase-orders/%s", id));
    return reply_json(p, status, d);
}

static enum err api_po_add(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = po_add(&r->ctx, r->input, &id);
    return e == OK ? reply_po(r, p, 201, id) : e;
}

static enum err api_pos(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = po_list(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_po(struct req *r, struct reply *p)
{
    return reply_po(r, p, 200, req_param(r, "purchaseOrderId"));
}

static enum err api_po_link(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "purchaseOrderId");
    const struct po_order_input *in = r->input;
    enum err e = po_link(&r->ctx, id, in->order_id);
    return e == OK ? reply_po(r, p, 200, id) : e;
}

/* ---- routes ---- */

#define ORDER_PAGE "/orders/:orderId"
#define ORDER_API "/api/orders/:orderId"
#define PO_API "/api/purchase-orders/:purchaseOrderId"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/orders", page_orders, ROLE_VIEWER, &order_query_input,
      .whole = true, .doc = "The orders." },
    { METHOD_POST, ROUTE_PAGE, "/orders", page_order_add, ROLE_AGENT, &order_form_input,
      .whole = true, .again = page_order_form_again, .doc = "Makes an order." },
    { METHOD_GET, ROUTE_PAGE, "/orders/new", page_order_new, ROLE_AGENT, .whole = true,
      .doc = "The form of a new order." },
    { METHOD_POST, ROUTE_PAGE, "/orders/new", page_order_more, ROLE_AGENT, .whole = true,
      .doc = "The form as it was filled in, with another line." },
    { METHOD_GET, ROUTE_PAGE, ORDER_PAGE, page_order, ROLE_VIEWER, .whole = true,
      .doc = "An order: items, purchase orders, parcels, its conversation." },
    { METHOD_POST, ROUTE_PAGE, ORDER_PAGE "/thread", page_thread_link, ROLE_AGENT, &thread_input,
      .whole = true, .again = page_order_again, .doc = "Links its conversation." },
    { METHOD_POST, ROUTE_PAGE, ORDER_PAGE "/thread/unlink", page_thread_unlink, ROLE_AGENT,
      .whole = true, .doc = "Unlinks it." },
    { METHOD_POST, ROUTE_PAGE, ORDER_PAGE "/purchase-orders", page_po_add, ROLE_AGENT,
      &po_form_input, .whole = true, .again = page_order_again, .doc = "Adds a purchase order." },
    { METHOD_POST, ROUTE_PAGE, ORDER_PAGE "/cancel", page_order_cancel, ROLE_AGENT,
      &order_cancel_input, .whole = true, .again = page_order_again, .doc = "Cancels an order." },
    { METHOD_GET, ROUTE_PAGE, "/purchase-orders", page_purchase_orders, ROLE_VIEWER,
      &po_query_input, .whole = true, .doc = "The purchase orders." },

    { METHOD_POST, ROUTE_API, "/api/orders", api_add, ROLE_AGENT, &order_input, .whole = true,
      .doc = "Makes an order.", .answer = &order_shape, .status = 201 },
    { METHOD_GET, ROUTE_API, "/api/orders", api_list, ROLE_VIEWER, &order_query_input,
      .whole = true, .doc = "The orders, the newest first.", .answer = &order_list_shape },
    { METHOD_GET, ROUTE_API, ORDER_API, api_order, ROLE_VIEWER, .whole = true, .doc = "An order.",
      .answer = &order_shape },
    { METHOD_GET, ROUTE_API, ORDER_API "/tracking", api_tracking, ROLE_VIEWER, .whole = true,
      .doc = "Where the parcels of an order are: milestones and what was said of them last.",
      .answer = &order_tracking_shape },
    { METHOD_POST, ROUTE_API, ORDER_API "/cancel", api_cancel, ROLE_AGENT, &order_cancel_input,
      .whole = true, .doc = "Cancels an order of which nothing is on its way.",
      .answer = &order_shape },
    { METHOD_PUT, ROUTE_API, ORDER_API "/thread", api_link, ROLE_AGENT, &thread_input,
      .whole = true, .doc = "Links an order to the conversation in Front it is talked about in.",
      .answer = &order_shape },
    { METHOD_DELETE, ROUTE_API, ORDER_API "/thread", api_unlink, ROLE_AGENT, .whole = true,
      .doc = "Unlinks it.", .answer = &order_shape },
    { METHOD_POST, ROUTE_API, "/api/purchase-orders", api_po_add, ROLE_AGENT, &po_input,
      .whole = true, .doc = "Makes a purchase order.", .answer = &po_shape, .status = 201 },
    { METHOD_GET, ROUTE_API, "/api/purchase-orders", api_pos, ROLE_VIEWER, &po_query_input,
      .whole = true, .doc = "The purchase orders, the newest first.", .answer = &po_list_shape },
    { METHOD_GET, ROUTE_API, PO_API, api_po, ROLE_VIEWER, .whole = true, .doc = "A purchase order.",
      .answer = &po_shape },
    { METHOD_PATCH, ROUTE_API, PO_API, api_po_link, ROLE_AGENT, &po_order_input, .whole = true,
      .doc = "Says of which order it is.", .answer = &po_shape },
    { .path = NULL },
};

const struct domain orders_domain = { .name = "orders", .routes = routes };
