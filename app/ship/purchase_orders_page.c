/* The page of purchase orders: what was ordered of whom, and for which order. */
#include "base/json.h"
#include "base/words.h"
#include "ship/order_pages.h"
#include "ship/purchase_order.h"

#include <string.h>

static void dress(struct ctx *c, struct json_object *po)
{
    const char *order = json_text(po, "orderId");
    size_t n = json_object_array_length(json_get(po, "items"));
    json_set_text(po, "href", order ? arena_printf(c->arena, "/orders/%s", order) : NULL);
    json_set_text(po, "itemWords", n ? count_words(c->arena, (long long)n, "item", "items") : NULL);
}

static const char *next_href(struct ctx *c, const struct po_query *q, const char *cursor)
{
    struct buf b = buf_in(c->arena);
    const struct {
        const char *name, *value;
    } parts[] = { { "q", q->q }, { "orderId", q->order_id }, { "after", cursor } };
    if (!cursor)
        return NULL;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].value)
            continue;
        buf_printf(&b, "%s%s=", b.n ? "&" : "/purchase-orders?", parts[i].name);
        buf_url(&b, parts[i].value, strlen(parts[i].value));
    }
    return b.p;
}

enum err page_purchase_orders(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    struct json_object *d;
    const struct po_query *q = r->input;
    enum err e = po_list(c, q, &d);
    if (e != OK)
        return e;
    struct json_object *list = json_get(d, "purchaseOrders");
    for (size_t i = 0; i < json_object_array_length(list); i++)
        dress(c, json_object_array_get_idx(list, i));
    json_set_bool(d, "any", json_object_array_length(list) > 0);
    json_set_bool(d, "filtered", q->q || q->order_id || q->after);
    json_set_text(d, "q", q->q);
    json_set_text(d, "first", q->after ? "/purchase-orders" : NULL);
    json_set_text(d, "nextPage", next_href(c, q, json_text(d, "next")));
    return reply_page(p, "ship/purchase_orders", NULL, d);
}
