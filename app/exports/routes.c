/* The routes of exports: the page, and the API. */
#include "base/json.h"
#include "base/uuid.h"
#include "exports/exports.h"
#include "exports/shapes.h"
#include "exports/view.h"
#include "ship/ship.h"
#include "ship/shipment.h"
#include "track/channel.h"
#include "track/track.h"
#include "web/web.h"

#include <stddef.h>

#define AT(member) offsetof(struct export_query, member)
#define FILTER_FIELDS                                                                              \
    { "q", FIELD_TEXT, AT(q), .max = 2000,                                                         \
      .help = "Qualifiers and words, as in the list of messages." },                               \
        { "building", FIELD_UUID, AT(building), .help = "Only of this building." },                \
        { "year", FIELD_INT, AT(year), .min = 1900, .max = 2999, .help = "Only of this year." },   \
        { "channel", FIELD_CHOICE, AT(channel), .values = channel_names,                           \
          .help = "Only by this channel." },                                                       \
        { "status", FIELD_CHOICE, AT(status), .values = status_names,                              \
          .help = "Only in this status." },                                                        \
    {                                                                                              \
        "search", FIELD_TEXT, AT(search),                                                          \
            .max = 200, .help = "Words that are all in name, address, subject or reference."       \
    }

static const struct field query_fields[] = {
    { "format", FIELD_CHOICE, AT(format), .values = export_row_formats, .help = "Of a new one." },
    { "find", FIELD_TEXT, AT(find), .max = 100, .help = "Part of a building, for the side list." },
    FILTER_FIELDS,
    { .name = NULL },
};
#define PARCEL(member) offsetof(struct parcel_export, member)
static const struct field shipment_fields[] = {
    { "format", FIELD_CHOICE, PARCEL(format), .required = true, .values = export_row_formats,
      .help = "csv for spreadsheets, jsonl for programs." },
    { "status", FIELD_CHOICE, PARCEL(status), .values = parcel_status_names,
      .help = "Only in this status." },
    { "carrier", FIELD_TEXT, PARCEL(carrier), .max = 40, .help = "Only of this carrier: dhl." },
    { "shop", FIELD_TEXT, PARCEL(shop), .max = 100, .help = "Only of orders of this shop." },
    { .name = NULL },
};
static const struct input shipment_input = { "ShipmentExportNew", sizeof(struct parcel_export),
                                             shipment_fields };

static const struct field place_fields[] = {
    { "building", FIELD_UUID, AT(building), .help = "Of which the page is a tab." },
    { "year", FIELD_INT, AT(year), .min = 1900, .max = 2999, .help = "Of which it is." },
    { .name = NULL },
};
static const struct field new_fields[] = {
    { "format", FIELD_CHOICE, AT(format), .required = true, .values = export_row_formats,
      .help = "csv for spreadsheets, jsonl for programs." },
    FILTER_FIELDS,
    { .name = NULL },
};
static const struct input export_query = { "ExportQuery", sizeof(struct export_query),
                                           query_fields };
static const struct input place_input = { "ExportPlace", sizeof(struct export_query),
                                          place_fields };
static const struct input export_input = { "ExportNew", sizeof(struct export_query), new_fields };

static enum err add(struct req *r, const char **id)
{
    const struct export_query *q = r->input;
    struct export_new n = { .format = q->format };
    enum err e = export_filter(&r->ctx, q, &n.filter);
    return e ? e : export_add(&r->ctx, &n, id);
}

static enum err add_shipments(struct req *r, const char **id)
{
    const struct parcel_export *q = r->input;
    struct json_object *filter = json_own(r->ctx.arena, json_object_new_object());
    if (q->status)
        json_set_text(filter, "status", q->status);
    if (q->carrier) {
        const char *carrier = carrier_code_of(r->ctx.arena, q->carrier);
        if (!carrier)
            return ctx_fault(&r->ctx, "carrier", "Letters, digits, - and _ only, as in dhl.");
        json_set_text(filter, "carrier", carrier);
    }
    if (q->shop)
        json_set_text(filter, "shop", q->shop);
    const struct export_new n = { .what = "shipments", .format = q->format, .filter = filter };
    return export_add(&r->ctx, &n, id);
}

/* ---- API ---- */

static enum err reply_export(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *export;
    enum err e = export_get(&r->ctx, id, &export);
    if (e != OK)
        return e;
    if (status != 200)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/track/export/%s", id));
    return reply_json(p, status, export);
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = add(r, &id);
    return e ? e : reply_export(r, p, 202, id);
}

static enum err api_shipments_add(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = add_shipments(r, &id);
    return e ? e : reply_export(r, p, 202, id);
}

static enum err api_get(struct req *r, struct reply *p)
{
    return reply_export(r, p, 200, req_param(r, "exportId"));
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *list, *o = json_own(r->ctx.arena, json_object_new_object());
    enum err e = export_list(&r->ctx, &list);
    if (e != OK)
        return e;
    json_set(o, "exports", json_object_get(list));
    return reply_json(p, 200, o);
}

static enum err api_delete(struct req *r, struct reply *p)
{
    struct json_object *export;
    const char *id = req_param(r, "exportId");
    enum err e = export_get(&r->ctx, id, &export);
    if (e == OK)
        e = export_delete(&r->ctx, id);
    return e ? e : reply_json(p, 200, export);
}

/* ---- pages ---- */

static enum err page(struct req *r, struct reply *p)
{
    struct json_object *o;
    enum err e = export_page(&r->ctx, r->input, &o);
    return e ? e : reply_page(p, "exports/page", NULL, o);
}

/* The list alone, which asks again while an export is under way. */
static enum err page_list(struct req *r, struct reply *p)
{
    struct json_object *o;
    enum err e = export_page_list(&r->ctx, r->input, &o);
    return e ? e : reply_page(p, "exports/list", NULL, o);
}

static enum err page_add(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = add(r, &id);
    return e ? e : reply_redirect(p, export_place(&r->ctx, r->input));
}

static enum err page_shipments_add(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = add_shipments(r, &id);
    return e ? e : reply_redirect(p, "/exports");
}

/* A link made now, for who may have it now. */
static enum err page_download(struct req *r, struct reply *p)
{
    struct json_object *export;
    enum err e = export_get(&r->ctx, req_param(r, "exportId"), &export);
    if (e != OK)
        return e;
    struct json_object *download = json_get(export, "download");
    return download ? reply_redirect(p, json_text(download, "href")) : ERR_NOT_FOUND;
}

static enum err page_delete(struct req *r, struct reply *p)
{
    enum err e = export_delete(&r->ctx, req_param(r, "exportId"));
    return e ? e : reply_redirect(p, export_place(&r->ctx, r->input));
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/exports", page, ROLE_AGENT, &export_query,
      .doc = "Exports and their files, and the form for a new one." },
    { METHOD_GET, ROUTE_PAGE, "/exports/list", page_list, ROLE_AGENT, &place_input,
      .doc = "The list of exports alone." },
    { METHOD_POST, ROUTE_PAGE, "/exports", page_add, ROLE_AGENT, &export_input, .queues = true,
      .doc = "Asks for an export." },
    { METHOD_POST, ROUTE_PAGE, "/exports/shipments", page_shipments_add, ROLE_AGENT,
      &shipment_input, .whole = true, .queues = true, .doc = "Asks for an export of shipments." },
    { METHOD_POST, ROUTE_API, "/api/ship/shipments/export", api_shipments_add, ROLE_AGENT,
      &shipment_input, .whole = true, .queues = true,
      .doc = "Asks for an export of shipments; its state tells when the file is there.",
      .answer = &export_shape, .status = 202 },
    { METHOD_GET, ROUTE_PAGE, "/exports/:exportId/download", page_download, ROLE_AGENT,
      .doc = "Leads to the file." },
    { METHOD_POST, ROUTE_PAGE, "/exports/:exportId/delete", page_delete, ROLE_AGENT, &place_input,
      .doc = "Deletes an export and its file." },
    { METHOD_POST, ROUTE_API, "/api/track/export", api_add, ROLE_AGENT, &export_input,
      .queues = true, .doc = "Asks for an export; its state tells when the file is there.",
      .answer = &export_shape, .status = 202 },
    { METHOD_GET, ROUTE_API, "/api/track/export/:exportId", api_get, ROLE_AGENT,
      .doc = "An export: how far it is, and a link to its file.", .answer = &export_shape },
    { METHOD_DELETE, ROUTE_API, "/api/track/export/:exportId", api_delete, ROLE_AGENT,
      .doc = "Deletes an export and its file; one under way stops. Answers what it was.",
      .answer = &export_shape },
    { METHOD_GET, ROUTE_API, "/api/track/exports", api_list, ROLE_AGENT,
      .doc = "One's own latest exports, and everybody's for those who see all buildings.",
      .answer = &exports_shape },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { "exports.run", "export", .max_attempts = 5, .lease_seconds = 120, .external = true,
      .run = export_run, .doc = "Writes the file of one export." },
    { "exports.expire", "track", .max_attempts = 3, .run = export_expire,
      .doc = "Removes files whose time is over, and ends exports whose job is gone." },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "exports.expire", "exports.expire", 60,
      "Files of exports go when their time is over; exports that nobody writes any more fail." },
    { .name = NULL },
};

const struct domain exports_domain = {
    .name = "exports",
    .routes = routes,
    .jobs = jobs,
    .schedules = schedules,
};
