/* What carriers are asked for beside deliveries: routes, jobs and their times. */
#include "base/domain.h"
#include "base/json.h"
#include "ship/act.h"
#include "ship/reconcile.h"
#include "ship/ship.h"
#include "ship/shipment_pages.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

/* ---- inputs ---- */

#define AT(member) offsetof(struct act_input, member)

static const struct field none_fields[] = { { .name = NULL } };
static const struct input none_input = { "ShipmentActNone", sizeof(struct act_input), none_fields };

static const struct field pickup_fields[] = {
    { "pickupOn", FIELD_TEXT, AT(pickup_on), .max = 10,
      .help = "The day, as 2026-05-12. Absent: as soon as it can be." },
    { .name = NULL },
};
static const struct input pickup_input = { "ShipmentPickup", sizeof(struct act_input),
                                           pickup_fields };

static const struct field ndr_fields[] = {
    { "action", FIELD_CHOICE, AT(action), .required = true, .values = ndr_answers,
      .help = "re-attempt: try again. return: bring it back. fake-attempt: nobody had tried." },
    { "comments", FIELD_TEXT, AT(comments), .max = 500, .help = "For the courier." },
    { "deferredOn", FIELD_TEXT, AT(deferred_on), .max = 10,
      .help = "The day to try again, as 2026-05-12." },
    { .name = NULL },
};
static const struct input ndr_input = { "ShipmentNdr", sizeof(struct act_input), ndr_fields };

static const struct field couriers_fields[] = {
    { "pickupPostalCode", FIELD_TEXT, AT(pickup_postal_code), .max = 12,
      .help = "Where it is picked up. Absent: the account's setting." },
    { .name = NULL },
};
static const struct input couriers_input = { "ShipmentServiceability", sizeof(struct act_input),
                                             couriers_fields };

/* ---- handlers ---- */

/* The act that the address ends in. */
static enum act act_of(const struct req *r)
{
    int i = 0;
    const char *name = strrchr(r->path, '/') + 1;
    while (i < ACT_COUNT && strcmp(act_names[i], name) != 0)
        i++;
    return (enum act)i;
}

static enum err ask(struct req *r, const char **id)
{
    return act_ask(&r->ctx, req_param(r, "shipmentId"), act_of(r), r->input, id);
}

static enum err api_ask(struct req *r, struct reply *p)
{
    const char *id, *shipment_id = req_param(r, "shipmentId");
    struct json_object *d;
    enum err e = ask(r, &id);
    if (e == OK)
        e = act_get(&r->ctx, shipment_id, id, &d);
    if (e)
        return e;
    reply_header(p, "Location",
                 arena_printf(r->ctx.arena, "/api/ship/shipments/%s/acts/%s", shipment_id, id));
    return reply_json(p, 202, d);
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = act_list(&r->ctx, req_param(r, "shipmentId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = act_get(&r->ctx, req_param(r, "shipmentId"), req_param(r, "actId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err document(struct req *r, struct reply *p)
{
    struct act_document file;
    enum err e = act_document(&r->ctx, req_param(r, "shipmentId"), req_param(r, "actId"), &file);
    return e == OK ? reply_blob(p, file.sha256, file.content_type, file.name) : e;
}

static enum err page_ask(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = ask(r, &id);
    return e == OK ? reply_redirect(p, arena_printf(r->ctx.arena, "/shipments/%s#carrier",
                                                    req_param(r, "shipmentId")))
                   : e;
}

/* ---- the table ---- */

#define API "/api/ship/shipments/:shipmentId"
#define PAGE "/shipments/:shipmentId"

#define ASK(act, in, words)                                                                        \
    { METHOD_POST,   ROUTE_API,     API "/" act,    api_ask,       ROLE_AGENT,                     \
      (in),          .whole = true, .queues = true, .status = 202, .answer = &act_shape,           \
      .doc = (words) },                                                                            \
    {                                                                                              \
        METHOD_POST, ROUTE_PAGE, PAGE "/" act, page_ask, ROLE_AGENT, (in),                         \
            .whole = true, .queues = true, .again = shipment_again, .doc = (words)                 \
    }

static const struct route routes[] = {
    ASK("label", &none_input, "Has the carrier make its label."),
    ASK("manifest", &none_input, "Has the carrier make the manifest of its pickup."),
    ASK("invoice", &none_input, "Has the carrier make its invoice."),
    ASK("pickup", &pickup_input, "Has the carrier pick it up."),
    ASK("cancel", &none_input, "Has the carrier take it back."),
    ASK("return", &none_input, "Has the carrier fetch it from its recipient."),
    ASK("ndr", &ndr_input, "Tells the carrier what to do with one that was not delivered."),
    ASK("serviceability", &couriers_input, "Asks which couriers would carry it."),
    { METHOD_GET, ROUTE_API, API "/acts", api_list, ROLE_VIEWER, .whole = true,
      .doc = "What the carrier was asked of a shipment.", .answer = &act_list_shape },
    { METHOD_GET, ROUTE_API, API "/acts/:actId", api_get, ROLE_VIEWER, .whole = true,
      .doc = "One of them.", .answer = &act_shape },
    { METHOD_GET, ROUTE_API, API "/acts/:actId/document", document, ROLE_AGENT, .whole = true,
      .doc = "The document that came of it.", .file = "application/pdf" },
    { METHOD_GET, ROUTE_PAGE, PAGE "/acts/:actId/document", document, ROLE_AGENT, .whole = true,
      .doc = "The document that came of it." },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = "ship.reconcile_all",
      .queue = "ship",
      .max_attempts = 3,
      .run = reconcile_all,
      .doc = "Has every account at a carrier asked for scans." },
    { .name = "ship.reconcile",
      .queue = "carrier",
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = reconcile,
      .doc = "Asks a carrier for scans that its webhooks may not have told." },
    { .name = "ship.carrier_act",
      .queue = "carrier",
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = act_run,
      .doc = "Asks a carrier for something of a shipment." },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "ship.reconcile_all", "ship.reconcile_all", 900, "Carriers are asked for their scans." },
    { .name = NULL },
};

const struct domain acts_domain = {
    .name = "acts", .routes = routes, .jobs = jobs, .schedules = schedules
};
