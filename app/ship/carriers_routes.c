/* What carriers tell: their hooks, the job that matches, the parcels that no shipment has. */
#include "base/domain.h"
#include "base/json.h"
#include "jobs/jobs.h"
#include "ship/scan.h"
#include "ship/ship.h"
#include "web/web.h"

#include <stddef.h>

struct unmatched_query {
    const char *after;
};

static const struct field query_fields[] = {
    { "after", FIELD_TEXT, offsetof(struct unmatched_query, after), .max = 2048,
      .help = "the nextCursor of the answer before" },
    { .name = NULL },
};
static const struct input query_input = { "UnmatchedQuery", sizeof(struct unmatched_query),
                                          query_fields };

static const struct member row_members[] = {
    { "unmatchedId", SHAPE_UUID, .help = "The parcel." },
    { "provider", SHAPE_TEXT, .help = "Of the webhook.", .example = "ship24" },
    { "account", SHAPE_TEXT, .help = "The provider account that tells of it." },
    { "trackingNumber", SHAPE_TEXT, .example = "QX482910377IN" },
    { "reference", SHAPE_TEXT, .help = "As the sender gives it.", .nullable = true },
    { "lastStatus", SHAPE_TEXT,
      .help = "Of the scan that occurred last, as the carrier wrote it." },
    { "lastScanAt", SHAPE_TIME, .help = "When that occurred.", .nullable = true },
    { "messages", SHAPE_COUNT, .help = "That told of it." },
    { "firstAt", SHAPE_TIME, .help = "When the first of them came." },
    { "lastAt", SHAPE_TIME, .help = "When the last of them came." },
    { "inboxId", SHAPE_UUID, .help = "The last of them." },
    { .name = NULL },
};
static const struct shape row_shape = { "UnmatchedParcel",
                                        "A parcel that a carrier tells of and no shipment has.",
                                        row_members };

static const struct member list_members[] = {
    { "items", SHAPE_LIST, .help = "At most 50.", .of = &row_shape },
    { "nextCursor", SHAPE_TEXT, .help = "For `after`; null on the last page.", .nullable = true },
    { .name = NULL },
};
static const struct shape list_shape = {
    "UnmatchedParcels",
    "Parcels that no shipment has, those last told of first. What was said of one goes to the "
    "shipment that gets its tracking number.",
    list_members
};

static enum err api_unmatched(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct unmatched_query *q = r->input;
    enum err e = unmatched_list(&r->ctx, q->after, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err page_unmatched(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct unmatched_query *q = r->input;
    enum err e = unmatched_list(&r->ctx, q->after, &d);
    if (e != OK)
        return e;
    json_set_text(d, "title", "Unmatched parcels");
    json_set_bool(d, "later", q->after != NULL);
    return reply_page(p, "ship/unmatched", NULL, d);
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/ship/unmatched", api_unmatched, ROLE_AGENT, &query_input,
      .whole = true, .doc = "Parcels that carriers tell of and no shipment has",
      .answer = &list_shape },
    { METHOD_GET, ROUTE_PAGE, "/shipments/unmatched", page_unmatched, ROLE_AGENT, &query_input,
      .whole = true, .doc = "Parcels that carriers tell of and no shipment has" },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = "ship.match",
      .queue = "ship",
      .run = scans_match,
      .doc = "Appends what carriers said of a shipment's number before there was the shipment" },
    { .name = "ship.prune",
      .queue = "ship",
      .run = unmatched_prune,
      .doc = "Drops unmatched parcels of which no carrier told for 90 days" },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "ship.prune", "ship.prune", 86400, "Unmatched parcels that nobody asks for go" },
    { .name = NULL },
};

const struct domain carriers_domain = { .name = "carriers",
                                        .routes = routes,
                                        .jobs = jobs,
                                        .schedules = schedules,
                                        .hooks = carrier_hooks };
