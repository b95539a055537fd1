/* The routes of the board, of what shipments ask for, and of the time there is to claim something;
   the jobs that keep them true. */
#include "base/domain.h"
#include "base/json.h"
#include "jobs/jobs.h"
#include "ship/attention.h"
#include "ship/board.h"
#include "ship/ship.h"
#include "ship/shipment.h"
#include "ship/shipment_pages.h"
#include "ship/shipment_shapes.h"
#include "ship/terms_page.h"
#include "web/web.h"

#include <stddef.h>

/* ---- shapes ---- */

static const struct member card_members[] = {
    { "shipmentId", SHAPE_UUID, .help = "The shipment." },
    { "carrier", SHAPE_TEXT, .help = "Its code.", .example = "dhl" },
    { "carrierName", SHAPE_TEXT, .help = "As people call it; may be empty.", .example = "DHL" },
    { "service", SHAPE_TEXT, .help = "May be empty." },
    { "trackingNumber", SHAPE_TEXT, .example = "JD014600006281", .nullable = true },
    { "status", SHAPE_CHOICE, .values = parcel_status_names },
    { "statusAt", SHAPE_TIME, .help = "When what it stands on occurred.", .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "No carrier knows of it: it was made by a dry run." },
    { "lastScan", SHAPE_TEXT, .help = "What the carrier said last; may be empty." },
    { "lastScanAt", SHAPE_TIME, .help = "When that was.", .nullable = true },
    { "lastLocation", SHAPE_TEXT, .help = "Where that was; may be empty." },
    { "promisedOn", SHAPE_TEXT, .help = "The day promised, of it or of its order.",
      .example = "2026-05-12", .nullable = true },
    ATTENTION_MEMBERS,
    { "orderId", SHAPE_UUID, .nullable = true },
    { "orderNumber", SHAPE_TEXT, .nullable = true },
    { "recipientName", SHAPE_TEXT, .help = "Of the order.", .nullable = true },
    { .name = NULL },
};
static const struct shape card = { "ShipmentCard", "A shipment on the board.", card_members };

static const struct member column_members[] = {
    { "attention", SHAPE_CHOICE, .help = "What they ask for.", .values = attention_names },
    { "count", SHAPE_COUNT, .help = "How many there are." },
    { "shipments", SHAPE_LIST,
      .help = "At most 20: those with the least time left first, the done ones newest first.",
      .of = &card },
    { .name = NULL },
};
static const struct shape column = { "ShipmentColumn", "A column of the board.", column_members };

static const struct member delivery_members[] = {
    { "deliveryId", SHAPE_UUID, .help = "The delivery." },
    { "orderId", SHAPE_UUID, .help = "Its order." },
    { "orderNumber", SHAPE_TEXT, .example = "10482" },
    { "recipientName", SHAPE_TEXT, .help = "Of the order." },
    { "parcel", SHAPE_COUNT, .help = "Which of the order's parcels." },
    { "carrier", SHAPE_TEXT, .help = "Its code.", .example = "shiprocket" },
    { "dryRun", SHAPE_BOOL, .help = "No carrier is called." },
    { "sentence", SHAPE_TEXT, .help = "What went wrong last." },
    { "lastAt", SHAPE_TIME, .help = "When that was." },
    { .name = NULL },
};
static const struct shape delivery = { "FailedDelivery", "A delivery that has no shipment yet.",
                                       delivery_members };

static const struct member board_members[] = {
    { "columns", SHAPE_LIST, .help = "All six, in the order of their urgency.", .of = &column },
    { "deliveries", SHAPE_LIST,
      .help = "Before those to act on now: at most 20 deliveries without a shipment of which a "
              "failure is open, the latest first.",
      .of = &delivery },
    { "deliveryCount", SHAPE_COUNT, .help = "How many of those there are." },
    { "total", SHAPE_COUNT, .help = "All shipments." },
    { .name = NULL },
};
const struct shape board_shape = { "ShipmentBoard", "Shipments by what they ask for.",
                                   board_members };

static const struct member count_members[] = {
    { "counts", SHAPE_COUNTS, .help = "By what they ask for.", .values = attention_names },
    { "total", SHAPE_COUNT, .help = "All shipments." },
    { .name = NULL },
};
const struct shape board_count_shape = { "ShipmentCounts", "How many shipments ask for what.",
                                         count_members };

static const struct member term_members[] = {
    { "carrier", SHAPE_TEXT, .help = "Its code; null: of all that have none of their own.",
      .nullable = true },
    { "claim", SHAPE_CHOICE,
      .help = "attempt: to answer a failed attempt, from it on. proof: to ask for a proof, from "
              "the delivery on. dispute: to dispute a return, from it on. loss: to claim a loss, "
              "from the last scan on.",
      .values = claim_names },
    { "hours", SHAPE_COUNT, .help = "That there are for it." },
    { "own", SHAPE_BOOL, .help = "Whether they were set here." },
    { .name = NULL },
};
static const struct shape term = { "ClaimTerm", "How long there is to claim something.",
                                   term_members };
static const struct member terms_members[] = {
    { "terms", SHAPE_LIST, .help = "Of all carriers, then of single ones.", .of = &term },
    { .name = NULL },
};
static const struct shape terms_shape = { "ClaimTerms", "How long there is to claim what.",
                                          terms_members };

/* ---- inputs ---- */

struct answer_input {
    const char *note;
};
static const struct field answer_fields[] = {
    { "note", FIELD_TEXT, offsetof(struct answer_input, note), .max = 2000,
      .help = "What was done." },
    { .name = NULL },
};
static const struct input answer_input = { "ShipmentAnswerInput", sizeof(struct answer_input),
                                           answer_fields };

static const struct field term_fields[] = {
    { "carrier", FIELD_TEXT, offsetof(struct claim_term, carrier), .max = CARRIER_CODE_MOST,
      .help = "Its code; absent: all that have none of their own." },
    { "claim", FIELD_CHOICE, offsetof(struct claim_term, claim), .required = true,
      .values = claim_names, .help = "What there is time for." },
    { "hours", FIELD_INT, offsetof(struct claim_term, hours), .required = true, .max = 8760,
      .help = "So many; 0: as if they had never been set." },
    { .name = NULL },
};
static const struct input term_input = { "ClaimTermInput", sizeof(struct claim_term), term_fields };

/* ---- handlers ---- */

static enum err api_board(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = board_get(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_count(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = board_count(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err answer(struct req *r)
{
    const struct answer_input *in = r->input;
    return shipment_answer(&r->ctx, req_param(r, "shipmentId"), in->note);
}

static enum err api_answer(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = answer(r);
    if (e == OK)
        e = shipment_get(&r->ctx, req_param(r, "shipmentId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err page_answer(struct req *r, struct reply *p)
{
    enum err e = answer(r);
    return e == OK ? reply_redirect(
                         p, arena_printf(r->ctx.arena, "/shipments/%s", req_param(r, "shipmentId")))
                   : e;
}

static enum err api_terms(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = terms_get(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_set_term(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = terms_set(&r->ctx, r->input);
    if (e == OK)
        e = terms_get(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

/* ---- the domain ---- */

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/shipments", board_page, ROLE_VIEWER, .whole = true,
      .doc = "Shipments by what they ask for." },
    { METHOD_POST, ROUTE_PAGE, "/shipments/:shipmentId/answer", page_answer, ROLE_AGENT,
      &answer_input, .whole = true, .again = shipment_again,
      .doc = "Notes that somebody saw to what it asks for." },
    { METHOD_GET, ROUTE_API, "/api/ship/shipments/board", api_board, ROLE_VIEWER, .whole = true,
      .doc = "Shipments by what they ask for.", .answer = &board_shape },
    { METHOD_GET, ROUTE_API, "/api/ship/shipments/count", api_count, ROLE_VIEWER, .whole = true,
      .doc = "How many shipments ask for what.", .answer = &board_count_shape },
    { METHOD_POST, ROUTE_API, "/api/ship/shipments/:shipmentId/answer", api_answer, ROLE_AGENT,
      &answer_input, .whole = true, .answer = &shipment_shape,
      .doc = "Notes that somebody saw to what it asks for, so that it asks for it no more." },
    { METHOD_GET, ROUTE_API, "/api/ship/claim-terms", api_terms, ROLE_VIEWER, .whole = true,
      .doc = "How long there is to claim what.", .answer = &terms_shape },
    { METHOD_PUT, ROUTE_API, "/api/ship/claim-terms", api_set_term, ROLE_ADMIN, &term_input,
      .whole = true, .doc = "Sets one of them, of all carriers or of one.",
      .answer = &terms_shape },
    { METHOD_GET, ROUTE_PAGE, TERMS_PAGE, terms_page, ROLE_ADMIN, .whole = true,
      .doc = "How long there is to claim what." },
    { METHOD_POST, ROUTE_PAGE, TERMS_PAGE, terms_set_page, ROLE_ADMIN, &term_input, .whole = true,
      .again = terms_again, .doc = "Sets one of them, of all carriers or of one." },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { "ship.watch", "ship", .max_attempts = 3, .run = shipments_watch,
      .doc = "Moves what shipments ask for by the clock, and tells which fell silent" },
    { "ship.lanes", "ship", .max_attempts = 3, .lease_seconds = 120, .run = lanes_make,
      .doc = "Measures the usual time between two scans of carriers and their lanes" },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "ship.watch", "ship.watch", 30, "What the clock has come to is looked at." },
    { "ship.lanes", "ship.lanes", 6 * 3600, "Lanes are measured." },
    { .name = NULL },
};

const struct domain board_domain = {
    .name = "board", .routes = routes, .jobs = jobs, .schedules = schedules
};
