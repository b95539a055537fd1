/* The pages of orders: the list, and one with its conversation, purchase orders and parcels. */
#include "ship/order_pages.h"

#include "base/json.h"
#include "base/money.h"
#include "base/words.h"
#include "channels/message.h"
#include "ship/delivery_view.h"
#include "ship/order.h"
#include "ship/order_input.h"
#include "ship/purchase_order.h"
#include "ship/ship.h"
#include "ship/thread.h"
#include "ship/thread_hook.h"
#include "ship/tracking.h"
#include "ship/words.h"

#include <string.h>

static const struct label threads[] = {
    { "unmatched", "No conversation", "message-square", "waiting" },
    { "auto_matched", "Matched by itself", "link", "moving" },
    { "manually_linked", "Linked", "link", "done" },
};

static const struct label *thread_label(const char *name)
{
    size_t i = 0;
    while (i + 1 < sizeof(threads) / sizeof(threads[0]) && strcmp(threads[i].name, name) != 0)
        i++;
    return &threads[i];
}

static long long number(struct json_object *d, const char *key)
{
    return json_object_get_int64(json_get(d, key));
}

static const char *money(struct ctx *c, long long minor, const char *currency)
{
    return money_text(c->arena, minor, currency, "en");
}

static void set_may_act(const struct ctx *c, struct json_object *d)
{
    json_set_bool(d, "mayAct", c->actor.role >= ROLE_AGENT);
}

/* ---- the list ---- */

static void add_choice(struct json_object *list, const char *value, const char *label,
                       const char *chosen)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "value", value);
    json_set_text(o, "label", label);
    json_set_bool(o, "selected", chosen && strcmp(value, chosen) == 0);
    json_object_array_add(list, o);
}

static struct json_object *status_choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    add_choice(list, "", "Every status", chosen);
    for (const char *const *s = order_status_names; *s; s++)
        add_choice(list, *s, order_label(*s)->word, chosen);
    return list;
}

static struct json_object *thread_choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    add_choice(list, "", "With or without conversation", chosen);
    for (const char *const *t = order_thread_names; *t; t++)
        add_choice(list, *t, thread_label(*t)->word, chosen);
    return list;
}

static struct json_object *shop_choices(struct json_object *shops, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    add_choice(list, "", "Every shop", chosen);
    for (size_t i = 0; i < json_object_array_length(shops); i++) {
        const char *shop = json_object_get_string(json_object_array_get_idx(shops, i));
        add_choice(list, shop, shop, chosen);
    }
    return list;
}

static void dress_row(struct ctx *c, struct json_object *o)
{
    long long parcels = number(o, "shipmentCount");
    label_set(o, order_label(json_text(o, "status")));
    json_set_text(o, "href", arena_printf(c->arena, "/orders/%s", json_text(o, "orderId")));
    json_set_text(o, "total", money(c, number(o, "totalMinor"), json_text(o, "currency")));
    json_set_text(o, "items", count_words(c->arena, number(o, "itemCount"), "item", "items"));
    json_set_text(o, "parcels",
                  parcels ? count_words(c->arena, parcels, "parcel", "parcels") : NULL);
    struct json_object *thread = json_object_new_object();
    label_set(thread, thread_label(json_text(o, "threadStatus")));
    json_set(o, "thread", thread);
}

static const char *next_href(struct ctx *c, const struct order_query *q, const char *cursor)
{
    struct buf b = buf_in(c->arena);
    const struct {
        const char *name, *value;
    } parts[] = { { "q", q->q },
                  { "status", q->status },
                  { "thread", q->thread },
                  { "shop", q->shop },
                  { "after", cursor } };
    if (!cursor)
        return NULL;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].value)
            continue;
        buf_printf(&b, "%s%s=", b.n ? "&" : "/orders?", parts[i].name);
        buf_url(&b, parts[i].value, strlen(parts[i].value));
    }
    return b.p;
}

enum err page_orders(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    struct json_object *d, *shops;
    const struct order_query *q = r->input;
    enum err e = order_list(c, q, &d);
    if (e == OK)
        e = order_shops(c, &shops);
    if (e != OK)
        return e;
    struct json_object *list = json_get(d, "orders");
    for (size_t i = 0; i < json_object_array_length(list); i++)
        dress_row(c, json_object_array_get_idx(list, i));
    set_may_act(c, d);
    json_set_text(d, "title", "Orders");
    json_set_bool(d, "filtered", q->q || q->status || q->thread || q->shop || q->after);
    json_set_text(d, "q", q->q);
    json_set(d, "statuses", status_choices(q->status));
    json_set(d, "threads", thread_choices(q->thread));
    json_set(d, "shops", shop_choices(shops, q->shop));
    json_set_bool(d, "anyShops", json_object_array_length(shops) > 0);
    json_set_text(d, "first", q->after ? "/orders" : NULL);
    json_set_text(d, "nextPage", next_href(c, q, json_text(d, "next")));
    return reply_page(p, "ship/orders", NULL, d);
}

/* ---- one ---- */

static void dress_items(struct ctx *c, struct json_object *d)
{
    struct json_object *list = json_get(d, "items");
    const char *currency = json_text(d, "currency");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        long long unit = number(o, "unitMinor");
        json_set_text(o, "price", money(c, unit, currency));
        json_set_text(o, "sum", money(c, unit * number(o, "quantity"), currency));
    }
    json_set_text(d, "total", money(c, number(d, "totalMinor"), currency));
    if (number(d, "taxMinor"))
        json_set_text(d, "tax", money(c, number(d, "taxMinor"), currency));
    if (number(d, "shippingMinor"))
        json_set_text(d, "shipping", money(c, number(d, "shippingMinor"), currency));
}

static void dress_thread(struct ctx *c, struct json_object *d)
{
    const char *id = json_text(d, "frontConversationId");
    struct json_object *thread = json_object_new_object();
    label_set(thread, thread_label(json_text(d, "threadStatus")));
    json_set_text(thread, "href", id ? arena_printf(c->arena, THREAD_PAGE "%s", id) : NULL);
    json_set(d, "thread", thread);
}

static void dress_parcels(struct ctx *c, struct json_object *d)
{
    struct json_object *list = json_get(d, "shipments");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const char *name = json_text(o, "carrierName");
        label_set(o, parcel_label(json_text(o, "status")));
        json_set_text(o, "carrierWord", *name ? name : json_text(o, "carrier"));
        json_set_text(o, "href",
                      arena_printf(c->arena, "/shipments/%s", json_text(o, "shipmentId")));
    }
    json_set_bool(d, "anyShipments", json_object_array_length(list) > 0);
}

static void dress_notices(struct ctx *c, struct json_object *d)
{
    struct json_object *list = json_get(d, "notifications");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        label_set(o, notice_state_label(json_text(o, "state")));
        json_set_text(o, "typeWord", notice_type_word(json_text(o, "type")));
        json_set_text(o, "why", notice_reason_words(json_text(o, "reason")));
        json_set_text(o, "href",
                      arena_printf(c->arena, "/shipments/%s", json_text(o, "shipmentId")));
    }
    json_set_bool(d, "anyNotifications", json_object_array_length(list) > 0);
}

static void dress_pos(struct ctx *c, struct json_object *d)
{
    struct json_object *list = json_get(d, "purchaseOrders");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i), *items = json_get(o, "items");
        size_t n = json_object_array_length(items);
        json_set_text(o, "itemWords",
                      n ? count_words(c->arena, (long long)n, "item", "items") : NULL);
        json_set_text(o, "addHref",
                      arena_printf(c->arena, "/shipments/new?purchaseOrderId=%s",
                                   json_text(o, "purchaseOrderId")));
    }
    json_set_bool(d, "anyPurchaseOrders", json_object_array_length(list) > 0);
}

/* `again`: what a form of the page held that was wrong; NULL: none. */
static enum err show(struct req *r, struct reply *p, struct json_object *again)
{
    struct ctx *c = &r->ctx;
    struct json_object *d;
    enum err e = order_get(c, req_param(r, "orderId"), &d);
    if (e == OK)
        e = view_suggestions(c, d);
    if (e != OK)
        return e;
    label_set(d, order_label(json_text(d, "status")));
    const char *promised = json_text(d, "promisedOn");
    json_set_text(d, "promisedWords", promised ? date_text(c->arena, promised, "en") : NULL);
    dress_items(c, d);
    dress_thread(c, d);
    dress_pos(c, d);
    dress_parcels(c, d);
    dress_notices(c, d);
    set_may_act(c, d);
    json_set_text(d, "title", arena_printf(c->arena, "Order %s", json_text(d, "number")));
    bool of_delivery = again && strstr(r->route->path, "/deliveries");
    e = view_deliveries(c, d, of_delivery ? again : NULL);
    if (e != OK)
        return e;
    json_set_bool(d, "mayCancel", c->actor.role >= ROLE_AGENT && !json_text(d, "cancelledAt"));
    if (again && strstr(r->route->path, "/cancel"))
        json_set_text(d, "cancelError", json_text(again, "error"));
    if (again && !of_delivery) {
        struct json_object *errors = json_get(again, "errors");
        json_set_bool(d, "wrongPurchaseOrder",
                      json_get(errors, "number") || json_get(errors, "supplier"));
        json_set(d, "given", json_object_get(json_get(again, "given")));
        json_set(d, "errors", json_object_get(errors));
    }
    return reply_page(p, "ship/order", NULL, d);
}

enum err page_order(struct req *r, struct reply *p)
{
    return show(r, p, NULL);
}

enum err page_order_again(struct req *r, struct reply *p)
{
    struct json_object *again = req_form_again(r), *errors = json_get(again, "errors");
    const char *sentence = json_text(again, "error");
    if (sentence && json_get(errors, "number"))
        json_set_text(errors, "number", sentence);
    return show(r, p, again);
}

static enum err back(struct req *r, struct reply *p)
{
    return reply_redirect(p, arena_printf(r->ctx.arena, "/orders/%s", req_param(r, "orderId")));
}

enum err page_thread_link(struct req *r, struct reply *p)
{
    const struct thread_input *in = r->input;
    enum err e = thread_link(&r->ctx, req_param(r, "orderId"), in->conversation_id);
    return e == OK ? back(r, p) : e;
}

enum err page_thread_unlink(struct req *r, struct reply *p)
{
    enum err e = thread_unlink(&r->ctx, req_param(r, "orderId"));
    return e == OK ? back(r, p) : e;
}

enum err page_po_add(struct req *r, struct reply *p)
{
    const char *id;
    struct json_object *order;
    struct po_new n = *(const struct po_new *)r->input;
    enum err e = order_get(&r->ctx, req_param(r, "orderId"), &order);
    if (e != OK)
        return e;
    n.order_id = json_text(order, "orderId");
    e = po_add(&r->ctx, &n, &id);
    return e == OK ? back(r, p) : e;
}

enum err page_order_cancel(struct req *r, struct reply *p)
{
    const struct order_cancel_input *in = r->input;
    enum err e = order_cancel(&r->ctx, req_param(r, "orderId"), in->reason);
    return e == OK ? back(r, p) : e;
}
