/* The routes of the table of shipments: its page, what its bar understands, the same over the API.
 */
#include "base/domain.h"
#include "base/json.h"
#include "carriers/scan.h"
#include "ship/ship.h"
#include "ship/shipment_shapes.h"
#include "ship/shipment_view.h"
#include "ship/table.h"
#include "web/bar.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

#define QUERY(member) offsetof(struct shipment_query, member)
#define Q_HELP "Qualifiers and words: `carrier:dhl -status:delivered is:late Keller`."
static const struct field list_fields[] = {
    { "q", FIELD_TEXT, QUERY(q), .max = 1000, .help = Q_HELP },
    { "status", FIELD_CHOICE, QUERY(status), .values = parcel_status_names,
      .help = "Only those that stand there." },
    { "after", FIELD_TEXT, QUERY(after), .max = 2048, .help = "The page after this cursor." },
    { .name = NULL },
};
static const struct field page_fields[] = {
    { "q", FIELD_TEXT, QUERY(q), .max = 1000, .help = Q_HELP },
    { "after", FIELD_TEXT, QUERY(after), .max = 2048, .help = "The page after this cursor." },
    { "without", FIELD_INT, QUERY(without), .min = 1, .max = 40,
      .help = "Leads on to the table without this word of q, counted from 1." },
    { .name = NULL },
};
static const struct input list_query = { "ShipmentsQuery", sizeof(struct shipment_query),
                                         list_fields };
static const struct input page_query = { "ShipmentsTableQuery", sizeof(struct shipment_query),
                                         page_fields };

/* ---- the page ---- */

/* A wrong qualifier is told beside the bar, over an empty table. */
static void refused(struct ctx *c, const struct shipment_query *q, struct json_object **out)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *faults = json_object_new_array();
    for (int i = 0; i < c->problem.n; i++)
        json_object_array_add(faults, json_text_new(c->problem.faults[i].message));
    json_set(d, "faults", faults);
    json_set(d, "shipments", json_object_new_array());
    json_set_text(d, "q", q->q ? q->q : "");
    c->problem = (struct problem){ 0 };
    *out = d;
}

static const char *next_href(struct ctx *c, const struct shipment_query *q, const char *cursor)
{
    struct buf b = buf_in(c->arena);
    if (!cursor)
        return NULL;
    buf_puts(&b, bar_href(c, SHIPMENTS_TABLE, q->q, NULL));
    buf_puts(&b, q->q && *q->q ? "&after=" : "?after=");
    buf_url(&b, cursor, strlen(cursor));
    return b.p;
}

static enum err add_nearest(struct ctx *c, const struct shipment_query *q, struct json_object *d)
{
    struct json_object *nearest;
    enum err e = shipments_nearest(c, q, &nearest);
    if (e != OK)
        return e;
    json_set(d, "nearest", json_object_get(nearest));
    json_set_bool(d, "anyNearest", json_object_array_length(nearest) > 0);
    return OK;
}

static enum err page(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct ctx *c = &r->ctx;
    const struct shipment_query *q = r->input;
    if (q->without)
        return reply_redirect(
            p, bar_href(c, SHIPMENTS_TABLE, bar_without_place(c, q->q, q->without), NULL));
    enum err e = shipment_list(c, q, &d);
    bool wrong = e == ERR_INVALID;
    if (wrong)
        refused(c, q, &d);
    else if (e != OK)
        return e;
    struct json_object *list = json_get(d, "shipments");
    bool any = json_object_array_length(list) > 0, filtered = q->q && *q->q;
    if (!any && filtered && !wrong && (e = add_nearest(c, q, d)) != OK)
        return e;
    shipments_view(c, list);
    json_set_bool(d, "any", any);
    json_set_bool(d, "wrong", wrong);
    json_set_bool(d, "filtered", filtered);
    json_set_bool(d, "later", q->after != NULL);
    json_set(d, "chips", bar_chips(c, q->q));
    json_set_bool(d, "moreChips", bar_more(c, q->q) > 0);
    json_set_int(d, "moreCount", bar_more(c, q->q));
    json_set_bool(d, "mayAct", c->actor.role >= ROLE_AGENT);
    json_set_text(d, "first", q->after ? bar_href(c, SHIPMENTS_TABLE, q->q, NULL) : NULL);
    json_set_text(d, "nextPage", next_href(c, q, json_text(d, "next")));
    json_set_text(d, "title", "Shipments");
    return reply_page(p, "ship/table", NULL, d);
}

static enum err help_page(struct req *r, struct reply *p)
{
    struct json_object *list, *d = json_own(r->ctx.arena, json_object_new_object());
    enum err e = shipments_help(&r->ctx, &list);
    if (e != OK)
        return e;
    json_set(d, "qualifiers", json_object_get(list));
    json_set_text(d, "title", "What can be filtered");
    return reply_page(p, "ship/table_help", "ship/bar_help", d);
}

/* ---- the API ---- */

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = shipment_list(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, SHIPMENTS_TABLE, page, ROLE_VIEWER, &page_query, .whole = true,
      .doc = "Shipments, what moved last first, narrowed by qualifiers." },
    { METHOD_GET, ROUTE_PAGE, SHIPMENTS_TABLE "/help", help_page, ROLE_VIEWER, .whole = true,
      .doc = "What the bar over the table of shipments understands." },
    { METHOD_GET, ROUTE_API, "/api/ship/shipments", api_list, ROLE_VIEWER, &list_query,
      .whole = true,
      .doc = "Shipments narrowed by qualifiers, what moved last first, 50 at a time.",
      .answer = &shipments_shape },
    { .path = NULL },
};

const struct domain table_domain = { .name = "table", .routes = routes };
