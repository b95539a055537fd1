/* The pages of shipments: one, and the form to add one. */
#include "ship/shipment_pages.h"

#include "base/json.h"
#include "db/db.h"
#include "ship/act.h"
#include "ship/paper.h"
#include "ship/shipment.h"
#include "ship/shipment.sql.h"
#include "ship/shipment_shapes.h"
#include "ship/shipment_view.h"
#include "ship/tracker_view.h"

#include <stddef.h>
#include <string.h>

static void set_may_act(const struct ctx *c, struct json_object *d)
{
    json_set_bool(d, "mayAct", c->actor.role >= ROLE_AGENT);
}

/* ---- adding one ---- */

struct new_query {
    const char *purchase_order_id;
};
static const struct field new_query_fields[] = {
    { "purchaseOrderId", FIELD_UUID, offsetof(struct new_query, purchase_order_id),
      .help = "The purchase order it is for." },
    { .name = NULL },
};
const struct input shipment_new_query = { "ShipmentNewQuery", sizeof(struct new_query),
                                          new_query_fields };

/* What the purchase order is, for who fills the form in. */
static enum err add_purchase_order(struct ctx *c, const char *id, struct json_object *d)
{
    PGresult *row;
    if (!id)
        return OK;
    enum err e = db_query(c->db, c->arena, shipment_for, &row, .purchase_order_id = id);
    if (e == OK && rows_count(row))
        json_set(d, "purchaseOrder", json_object_get(row_json(c->arena, row, 0)));
    return e;
}

static enum err show_form(struct req *r, struct reply *p, const char *purchase_order_id,
                          struct json_object *d)
{
    enum err e = add_purchase_order(&r->ctx, purchase_order_id, d);
    if (e != OK)
        return e;
    json_set_text(d, "title", "New shipment");
    return reply_page(p, "ship/shipment_new", NULL, d);
}

enum err shipment_new_page(struct req *r, struct reply *p)
{
    const struct new_query *in = r->input;
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    return show_form(r, p, in->purchase_order_id, d);
}

enum err shipment_new_again(struct req *r, struct reply *p)
{
    struct json_object *d = req_form_again(r);
    const char *id = json_text(json_get(d, "given"), "purchaseOrderId");
    bool good = id && !json_text(json_get(d, "errors"), "purchaseOrderId");
    return show_form(r, p, good ? id : NULL, d);
}

static enum err to_shipment(struct req *r, struct reply *p, const char *id)
{
    return reply_redirect(p, arena_printf(r->ctx.arena, "/shipments/%s", id));
}

enum err shipment_new_post(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = shipment_add(&r->ctx, r->input, &id);
    return e == OK ? to_shipment(r, p, id) : e;
}

/* ---- one ---- */

/* To the page what was given in one of its forms, by the path it was sent to, and what is wrong
   there. */
static void put_form(const struct req *r, struct json_object *d, struct json_object *form)
{
    const char *last = strrchr(r->path, '/');
    const char *key = strcmp(last, "/note") == 0     ? "noteForm"
                      : strcmp(last, "/answer") == 0 ? "answerForm"
                      : strcmp(last, "/status") == 0 ? "statusForm"
                                                     : "carrierForm";
    json_object_object_add(d, key, json_object_get(form));
    json_set(d, "error", json_object_get(json_get(form, "error")));
}

/* `form`: one that was wrong; NULL: none was. */
static enum err show(struct req *r, struct reply *p, struct json_object *form)
{
    struct json_object *d;
    struct ctx *c = &r->ctx;
    enum err e = shipment_get(c, req_param(r, "shipmentId"), &d);
    if (e != OK)
        return e;
    shipment_view(c, d, json_text(json_get(form, "given"), "status"));
    e = act_put(c, d);
    if (e != OK)
        return e;
    set_may_act(c, d);
    json_set_bool(d, "mayLabel", c->actor.role >= ROLE_AGENT && paper_has_label(d));
    if ((e = tracker_view(c, d)) != OK)
        return e;
    if (form)
        put_form(r, d, form);
    json_set_text(d, "title", "Shipment");
    return reply_page(p, "ship/shipment", NULL, d);
}

enum err shipment_page(struct req *r, struct reply *p)
{
    return show(r, p, NULL);
}

enum err shipment_again(struct req *r, struct reply *p)
{
    return show(r, p, req_form_again(r));
}

enum err shipment_status_post(struct req *r, struct reply *p)
{
    bool moved;
    const char *id = req_param(r, "shipmentId");
    enum err e = shipment_set(&r->ctx, id, r->input, &moved);
    return e == OK ? to_shipment(r, p, id) : e;
}

enum err shipment_note_post(struct req *r, struct reply *p)
{
    const struct shipment_note_input *in = r->input;
    const char *id = req_param(r, "shipmentId");
    enum err e = shipment_note(&r->ctx, id, in->note);
    return e == OK ? to_shipment(r, p, id) : e;
}
