/* The routes of shipments. */
#include "base/domain.h"
#include "base/json.h"
#include "ship/ship.h"
#include "ship/shipment.h"
#include "ship/shipment_pages.h"
#include "ship/shipment_shapes.h"
#include "web/web.h"

/* ---- the API ---- */

static enum err api_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = shipment_get(&r->ctx, req_param(r, "shipmentId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id;
    struct json_object *d;
    enum err e = shipment_add(&r->ctx, r->input, &id);
    if (e == OK)
        e = shipment_get(&r->ctx, id, &d);
    if (e != OK)
        return e;
    reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/ship/shipments/%s", id));
    return reply_json(p, 201, d);
}

static enum err api_status(struct req *r, struct reply *p)
{
    bool moved;
    struct json_object *shipment;
    const char *id = req_param(r, "shipmentId");
    enum err e = shipment_set(&r->ctx, id, r->input, &moved);
    if (e == OK)
        e = shipment_get(&r->ctx, id, &shipment);
    if (e != OK)
        return e;
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    json_set(d, "shipment", json_object_get(shipment));
    json_set_bool(d, "moved", moved);
    return reply_json(p, 200, d);
}

static enum err api_note(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct shipment_note_input *in = r->input;
    const char *id = req_param(r, "shipmentId");
    enum err e = shipment_note(&r->ctx, id, in->note);
    if (e == OK)
        e = shipment_get(&r->ctx, id, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

/* ---- routes ---- */

#define PAGE "/shipments/:shipmentId"
#define API "/api/ship/shipments/:shipmentId"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/shipments/new", shipment_new_page, ROLE_AGENT, &shipment_new_query,
      .whole = true, .doc = "The form to add one." },
    { METHOD_POST, ROUTE_PAGE, "/shipments", shipment_new_post, ROLE_AGENT, &shipment_new_input,
      .whole = true, .again = shipment_new_again, .doc = "Adds one." },
    { METHOD_GET, ROUTE_PAGE, PAGE, shipment_page, ROLE_VIEWER, .whole = true,
      .doc = "Where a shipment is, what happened to it, and what its customer was told." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/status", shipment_status_post, ROLE_AGENT,
      &shipment_claim_input, .whole = true, .again = shipment_again, .doc = "Sets its status." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/note", shipment_note_post, ROLE_AGENT, &shipment_note_input,
      .whole = true, .again = shipment_again, .doc = "Writes a note on its timeline." },

    { METHOD_POST, ROUTE_API, "/api/ship/shipments", api_add, ROLE_AGENT, &shipment_new_input,
      .whole = true, .status = 201, .answer = &shipment_shape,
      .doc = "Adds a parcel that was handed to a carrier, or will be." },
    { METHOD_GET, ROUTE_API, API, api_get, ROLE_VIEWER, .whole = true,
      .doc = "A shipment with its order, timeline and what its customer was told.",
      .answer = &shipment_shape },
    { METHOD_POST, ROUTE_API, API "/status", api_status, ROLE_AGENT, &shipment_claim_input,
      .whole = true, .doc = "Sets its status, which moves its order and tells its customer.",
      .answer = &shipment_moved_shape },
    { METHOD_POST, ROUTE_API, API "/note", api_note, ROLE_AGENT, &shipment_note_input,
      .whole = true, .doc = "Writes a note on its timeline.", .answer = &shipment_shape },
    { .path = NULL },
};

const struct domain ship_domain = { .name = "ship", .routes = routes };
