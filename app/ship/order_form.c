/* The form of a new order: its fields, the lines of its items, and what was wrong with them. */
#include "base/json.h"
#include "ship/order.h"
#include "ship/order_input.h"
#include "ship/order_pages.h"
#include "web/checks.h"

#include <string.h>

#define LINES_FIRST 1

/* ---- the fields ---- */

static const struct shown {
    const char *section; /* NULL: the same as the one before */
    const char *name, *label, *type, *most;
    const char *usual, *hint; /* NULL: none */
    bool required;
} fields[] = {
    { "Order", "number", "Number", "text", "60", .required = true,
      .hint = "As the shop and the customer know it." },
    { NULL, "shop", "Shop", "text", "60", .hint = "Where there are several." },
    { NULL, "promisedOn", "Promised on", "date", "10", .hint = NULL },
    { NULL, "currency", "Currency", "text", "3", .usual = "CHF", .required = true },
    { NULL, "shipping", "Shipping", "text", "40", .hint = "What it costs, as in 7.50." },
    { "Customer", "customer.name", "Name", "text", "200", .required = true },
    { NULL, "customer.email", "E-mail", "email", "254", .hint = NULL },
    { NULL, "customer.phone", "Phone", "tel", "40", .hint = NULL },
    { NULL, "customer.language", "Language", "text", "40",
      .hint = "As in de: the customer is told of parcels in it." },
    { "Goes to", "shipTo.name", "Name", "text", "200", .hint = "Where it is not the customer’s." },
    { NULL, "shipTo.street", "Street and number", "text", "200", .hint = NULL },
    { NULL, "shipTo.postalCode", "Post code", "text", "20", .hint = NULL },
    { NULL, "shipTo.city", "Place", "text", "100", .hint = NULL },
    { NULL, "shipTo.region", "State or canton", "text", "100", .hint = NULL },
    { NULL, "shipTo.country", "Country", "text", "60", .usual = "CH", .required = true },
    { "Conversation and note", "frontConversationId", "Conversation in Front", "text", "500",
      .hint = "Its id, as in cnv_yo1kg5q, or its address. It can be linked later." },
    { NULL, "note", "Note", "text", "2000", .hint = "For those who work here." },
};

static const struct shown line_fields[] = {
    { NULL, "name", "What", "text", "200", .hint = NULL },
    { NULL, "sku", "Number", "text", "100", .hint = NULL },
    { NULL, "quantity", "How many", "number", "6", .hint = NULL },
    { NULL, "price", "Price of one", "text", "40", .hint = NULL },
};

/* A name that ids in the page may have: "customer-name". */
static const char *id_of(struct arena *a, const char *name)
{
    char *id = arena_strdup(a, name);
    for (char *p = id; *p; p++)
        if (strchr(".[]", *p))
            *p = '-';
    return id;
}

static struct json_object *field(struct ctx *c, const struct shown *f, const char *name,
                                 struct json_object *again)
{
    struct json_object *o = json_object_new_object();
    const char *given = json_text(json_get(again, "given"), name);
    json_set_text(o, "name", name);
    json_set_text(o, "id", id_of(c->arena, name));
    json_set_text(o, "label", f->label);
    json_set_text(o, "type", f->type);
    json_set_text(o, "most", f->most);
    json_set_bool(o, "isNumber", strcmp(f->type, "number") == 0);
    json_set_text(o, "value", given ? given : f->usual);
    json_set_text(o, "hint", f->hint);
    json_set_bool(o, "required", f->required);
    json_set_text(o, "error", json_text(json_get(again, "errors"), name));
    return o;
}

static struct json_object *sections(struct ctx *c, struct json_object *again)
{
    struct json_object *list = json_object_new_array(), *in = NULL;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct shown *f = &fields[i];
        if (f->section) {
            struct json_object *s = json_object_new_object();
            in = json_object_new_array();
            json_set_text(s, "title", f->section);
            json_set_text(s, "id", id_of(c->arena, f->name));
            json_set(s, "fields", in);
            json_object_array_add(list, s);
        }
        json_object_array_add(in, field(c, f, f->name, again));
    }
    return list;
}

/* ---- the lines ---- */

static bool is_given(struct json_object *again, struct arena *a, long n)
{
    struct json_object *given = json_get(again, "given");
    for (size_t i = 0; i < sizeof(line_fields) / sizeof(line_fields[0]); i++) {
        const char *text =
            json_text(given, arena_printf(a, "items[%ld].%s", n, line_fields[i].name));
        if (text && !text_blank(str_of(text)))
            return true;
    }
    return false;
}

static long lines_of(struct json_object *again, struct arena *a)
{
    long n = LINES_FIRST;
    for (long i = 0; i < ORDER_LINES_MOST; i++)
        if (is_given(again, a, i))
            n = i + 1;
    return n;
}

/* `more`: the last is new, and where one goes on. */
static struct json_object *lines(struct ctx *c, struct json_object *again, long n, bool more)
{
    struct json_object *list = json_object_new_array();
    for (long i = 0; i < n; i++) {
        struct json_object *line = json_object_new_object(), *of = json_object_new_array();
        for (size_t k = 0; k < sizeof(line_fields) / sizeof(line_fields[0]); k++) {
            const struct shown *f = &line_fields[k];
            const char *name = arena_printf(c->arena, "items[%ld].%s", i, f->name);
            struct json_object *o = field(c, f, name, again);
            json_set_bool(o, "focus", more && i == n - 1 && k == 0);
            json_object_array_add(of, o);
        }
        json_set_int(line, "nth", i + 1);
        json_set(line, "fields", of);
        json_object_array_add(list, line);
    }
    return list;
}

/* ---- the page ---- */

/* `more`: with a line beside those that were filled in. */
static enum err form(struct req *r, struct reply *p, struct json_object *again, bool more)
{
    struct ctx *c = &r->ctx;
    struct json_object *errors = json_get(again, "errors");
    struct json_object *d = json_own(c->arena, json_object_new_object());
    long n = lines_of(again, c->arena) + more;
    n = n > ORDER_LINES_MOST ? ORDER_LINES_MOST : n;
    json_set(d, "sections", sections(c, again));
    json_set(d, "lines", lines(c, again, n, more));
    json_set_bool(d, "full", n >= ORDER_LINES_MOST);
    json_set_text(d, "linesError", json_text(errors, "items"));
    json_set_text(d, "error", json_text(again, "error"));
    json_set_text(d, "title", "New order");
    return reply_page(p, "ship/order_new", NULL, d);
}

enum err page_order_new(struct req *r, struct reply *p)
{
    return form(r, p, json_own(r->ctx.arena, json_object_new_object()), false);
}

enum err page_order_more(struct req *r, struct reply *p)
{
    return form(r, p, req_form_again(r), true);
}

enum err page_order_form_again(struct req *r, struct reply *p)
{
    return form(r, p, req_form_again(r), false);
}

/* ---- what it makes ---- */

static enum err read_price(struct ctx *c, const char *name, const char *text, const char *currency,
                           long *minor)
{
    const char *why = text ? order_price(c->arena, text, currency, minor) : NULL;
    return why ? ctx_fault(c, name, "%s", why) : OK;
}

/* The line that the item stands in: those left blank are no items. */
static long line_of(struct json_object *again, struct arena *a, size_t item)
{
    long at = 0;
    for (size_t n = 0; at < ORDER_LINES_MOST; at++)
        if (is_given(again, a, at) && n++ == item)
            break;
    return at;
}

static enum err read_items(struct req *r, const struct order_form *in,
                           const struct order_item_new ***out)
{
    size_t n = 0;
    enum err e = OK;
    struct ctx *c = &r->ctx;
    struct json_object *given = req_form_again(r);
    while (in->items[n])
        n++;
    const struct order_item_new **list = arena_zalloc(c->arena, n + 1, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        struct order_item_new *item = arena_zalloc(c->arena, 1, sizeof(*item));
        *item = in->items[i]->item;
        const char *name = arena_printf(c->arena, "items[%ld].price", line_of(given, c->arena, i));
        if (read_price(c, name, in->items[i]->price, in->order.currency, &item->unit_minor) != OK)
            e = ERR_INVALID;
        list[i] = item;
    }
    *out = list;
    return e;
}

enum err page_order_add(struct req *r, struct reply *p)
{
    const char *id;
    struct ctx *c = &r->ctx;
    const struct order_form *in = r->input;
    const struct order_item_new **items;
    struct order_new n = in->order;
    enum err e = read_items(r, in, &items);
    if (read_price(c, "shipping", in->shipping, n.currency, &n.shipping_minor) != OK)
        e = ERR_INVALID;
    if (e != OK)
        return e;
    n.items = items;
    n.tax_minor = -1;
    n.total_minor = -1;
    e = order_add(c, &n, &id);
    return e == OK ? reply_redirect(p, arena_printf(c->arena, "/orders/%s", id)) : e;
}
