/* The routes of labels, pickup lists and manifests. */
#include "base/domain.h"
#include "base/json.h"
#include "ship/paper.h"
#include "ship/shipment.h"
#include "web/web.h"

#include <stddef.h>

/* ---- inputs ---- */

struct carrier_input {
    const char *carrier;
};
static const struct field carrier_fields[] = {
    { "carrier", FIELD_TEXT, offsetof(struct carrier_input, carrier), .required = true,
      .max = CARRIER_CODE_MOST, .help = "The carrier's code, as its shipments have it: dhl." },
    { .name = NULL },
};
static const struct input carrier_input = { "HandoverCarrier", sizeof(struct carrier_input),
                                            carrier_fields };

struct list_query {
    const char *after;
};
static const struct field list_fields[] = {
    { "after", FIELD_TEXT, offsetof(struct list_query, after), .max = 2048,
      .help = "The page after this cursor." },
    { .name = NULL },
};
static const struct input list_query = { "ManifestsQuery", sizeof(struct list_query), list_fields };

/* ---- shapes ---- */

static const struct member waiting_row_members[] = {
    { "carrier", SHAPE_TEXT, .help = "Its code.", .example = "dhl" },
    { "carrierName", SHAPE_TEXT, .help = "As people call it.", .example = "DHL" },
    { "parcels", SHAPE_COUNT, .help = "That wait." },
    { .name = NULL },
};
static const struct shape waiting_row_shape = { "HandoverCarrierRow",
                                                "What waits to be handed over to a carrier.",
                                                waiting_row_members };
static const struct member waiting_members[] = {
    { "carriers", SHAPE_LIST, .of = &waiting_row_shape },
    { .name = NULL },
};
static const struct shape waiting_shape = {
    "Handover",
    "Parcels that have a number and were not seen by their carrier, are on no manifest and no dry "
    "run.",
    waiting_members
};

#define MANIFEST                                                                                   \
    { "manifestId", SHAPE_UUID, .help = "The manifest." },                                         \
        { "name", SHAPE_TEXT, .help = "Its number within the year.", .example = "2026-12" },       \
        { "carrier", SHAPE_TEXT, .help = "Its code.", .example = "dhl" },                          \
        { "carrierName", SHAPE_TEXT, .help = "As people call it.", .example = "DHL" },             \
        { "parcels", SHAPE_COUNT, .help = "On it." },                                              \
        { "createdAt", SHAPE_TIME, .help = "When it was made." },                                  \
    {                                                                                              \
        "createdByName", SHAPE_TEXT, .help = "By whom."                                            \
    }

static const struct member row_members[] = { MANIFEST, { .name = NULL } };
static const struct shape row_shape = { "ManifestRow", "A manifest in a list.", row_members };
static const struct member list_members[] = {
    { "manifests", SHAPE_LIST, .help = "The latest first.", .of = &row_shape },
    { "next", SHAPE_TEXT, .help = "For `after`; null: there are no more.", .nullable = true },
    { .name = NULL },
};
static const struct shape list_shape = { "ManifestList", "A page of manifests.", list_members };

static const struct member parcel_members[] = {
    { "shipmentId", SHAPE_UUID, .help = "The shipment." },
    { "trackingNumber", SHAPE_TEXT, .example = "JD014600006281" },
    { "status", SHAPE_TEXT, .help = "Where it stands now.", .example = "in_transit" },
    { .name = NULL },
};
static const struct shape parcel_shape = { "ManifestParcel", "A parcel on a manifest.",
                                           parcel_members };
static const struct member manifest_members[] = {
    MANIFEST,
    { "shipments", SHAPE_LIST, .help = "By tracking number.", .of = &parcel_shape },
    { .name = NULL },
};
static const struct shape manifest_shape = { "Manifest", "What was handed over together.",
                                             manifest_members };

/* ---- files ---- */

static enum err api_label_pdf(struct req *r, struct reply *p)
{
    struct str pdf;
    enum err e = paper_label(&r->ctx, req_param(r, "shipmentId"), false, &pdf);
    return e == OK ? reply_file(p, pdf, "application/pdf", "label.pdf") : e;
}

static enum err api_label_zpl(struct req *r, struct reply *p)
{
    struct str zpl;
    enum err e = paper_label(&r->ctx, req_param(r, "shipmentId"), true, &zpl);
    return e == OK ? reply_file(p, zpl, "text/plain; charset=utf-8", "label.zpl") : e;
}

static enum err api_list_pdf(struct req *r, struct reply *p)
{
    struct str pdf;
    const struct carrier_input *in = r->input;
    enum err e = handover_list(&r->ctx, in->carrier, &pdf);
    return e == OK ? reply_file(p, pdf, "application/pdf", "pickup-list.pdf") : e;
}

static enum err api_manifest_pdf(struct req *r, struct reply *p)
{
    struct str pdf;
    const char *name;
    enum err e = manifest_file(&r->ctx, req_param(r, "manifestId"), &pdf, &name);
    return e == OK ? reply_file(p, pdf, "application/pdf", name) : e;
}

/* ---- the API ---- */

static enum err api_waiting(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = handover_waiting(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct list_query *q = r->input;
    enum err e = manifest_list(&r->ctx, q->after, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = manifest_get(&r->ctx, req_param(r, "manifestId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_make(struct req *r, struct reply *p)
{
    const char *id;
    struct json_object *d;
    const struct carrier_input *in = r->input;
    enum err e = manifest_make(&r->ctx, in->carrier, &id);
    if (e == OK)
        e = manifest_get(&r->ctx, id, &d);
    if (e != OK)
        return e;
    reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/ship/manifests/%s", id));
    return reply_json(p, 201, d);
}

/* ---- the page ---- */

static enum err show(struct req *r, struct reply *p, const char *after, struct json_object *d)
{
    struct json_object *waiting, *made;
    struct ctx *c = &r->ctx;
    enum err e = handover_waiting(c, &waiting);
    if (e == OK)
        e = manifest_list(c, after, &made);
    if (e != OK)
        return e;
    struct json_object *carriers = json_get(waiting, "carriers");
    for (size_t i = 0; i < json_object_array_length(carriers); i++) {
        struct json_object *one = json_object_array_get_idx(carriers, i);
        json_set_bool(one, "one", json_object_get_int64(json_get(one, "parcels")) == 1);
    }
    const char *next = json_text(made, "next");
    json_set(d, "carriers", json_object_get(carriers));
    json_set(d, "manifests", json_object_get(json_get(made, "manifests")));
    json_set_bool(d, "any", json_object_array_length(json_get(made, "manifests")) > 0);
    json_set_text(d, "nextPage",
                  next ? arena_printf(c->arena, "/shipments/handover?after=%s", next) : NULL);
    json_set_text(d, "title", "Handover");
    return reply_page(p, "ship/handover", NULL, d);
}

static enum err page(struct req *r, struct reply *p)
{
    const struct list_query *q = r->input;
    return show(r, p, q->after, json_own(r->ctx.arena, json_object_new_object()));
}

static enum err page_again(struct req *r, struct reply *p)
{
    return show(r, p, NULL, req_form_again(r));
}

static enum err page_make(struct req *r, struct reply *p)
{
    const char *id;
    const struct carrier_input *in = r->input;
    enum err e = manifest_make(&r->ctx, in->carrier, &id);
    return e == OK ? reply_redirect(p, "/shipments/handover") : e;
}

/* ---- routes ---- */

#define SHIPMENT "/api/ship/shipments/:shipmentId"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/shipments/handover", page, ROLE_AGENT, &list_query, .whole = true,
      .doc = "What waits to be handed over to carriers, and the manifests of what was." },
    { METHOD_POST, ROUTE_PAGE, "/shipments/handover", page_make, ROLE_AGENT, &carrier_input,
      .whole = true, .again = page_again, .doc = "Makes a manifest of what waits for a carrier." },

    { METHOD_GET, ROUTE_API, SHIPMENT "/label.pdf", api_label_pdf, ROLE_AGENT, .whole = true,
      .doc = "Its label, 100 × 150 mm, of a carrier that has none of its own.",
      .file = "application/pdf" },
    { METHOD_GET, ROUTE_API, SHIPMENT "/label.zpl", api_label_zpl, ROLE_AGENT, .whole = true,
      .doc = "The same for label printers of 8 dots a millimetre (ZPL II).", .file = "text/plain" },
    { METHOD_GET, ROUTE_API, "/api/ship/handover", api_waiting, ROLE_AGENT, .whole = true,
      .doc = "What waits to be handed over, by carrier.", .answer = &waiting_shape },
    { METHOD_GET, ROUTE_API, "/api/ship/handover/pickup-list.pdf", api_list_pdf, ROLE_AGENT,
      &carrier_input, .whole = true, .doc = "The list of what waits for a carrier.",
      .file = "application/pdf" },
    { METHOD_GET, ROUTE_API, "/api/ship/manifests", api_list, ROLE_AGENT, &list_query,
      .whole = true, .doc = "Manifests, the latest first.", .answer = &list_shape },
    { METHOD_POST, ROUTE_API, "/api/ship/manifests", api_make, ROLE_AGENT, &carrier_input,
      .whole = true, .status = 201, .answer = &manifest_shape,
      .doc = "Puts what waits for a carrier on a manifest." },
    { METHOD_GET, ROUTE_API, "/api/ship/manifests/:manifestId", api_get, ROLE_AGENT, .whole = true,
      .doc = "A manifest with the parcels on it.", .answer = &manifest_shape },
    { METHOD_GET, ROUTE_API, "/api/ship/manifests/:manifestId/manifest.pdf", api_manifest_pdf,
      ROLE_AGENT, .whole = true, .doc = "To be signed by who takes the parcels over.",
      .file = "application/pdf" },
    { .path = NULL },
};

const struct domain paper_domain = { .name = "paper", .routes = routes };
