/* Recording a delivery: the form, and the same for programs. */
#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "track/delivery_record.h"
#include "track/delivery_record.sql.h"
#include "track/proof_file.h"
#include "track/shapes.h"
#include "track/view.h"
#include "track/when.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct delivery, member)
static const struct field fields[] = {
    { "year", FIELD_INT, AT(year), .required = true, .min = 1900, .max = 2999,
      .help = "The billing year." },
    { "method", FIELD_CHOICE, AT(method), .required = true, .values = delivery_methods,
      .help = "How it was delivered: with unit and year, which record is meant." },
    { "dispatchedAt", FIELD_TEXT, AT(dispatched_at), .max = 40,
      .help = "When it left. " WHEN_HELP " Absent: as it was." },
    { "deliveredAt", FIELD_TEXT, AT(delivered_at), .max = 40,
      .help = "When it was there. " WHEN_HELP " Absent: as it was." },
    { "note", FIELD_TEXT, AT(note), .clears = true, .max = 4000,
      .help = "Absent: as it was; empty: none." },
    { .name = NULL },
};
static const struct input input = { "DeliveryRecordInput", sizeof(struct delivery), fields };

struct form_query {
    long year;
};
static const struct field form_fields[] = {
    { "year", FIELD_INT, offsetof(struct form_query, year), .min = 1900, .max = 2999,
      .help = "The billing year; absent: the latest." },
    { .name = NULL },
};
static const struct input form_query = { "DeliveryFormQuery", sizeof(struct form_query),
                                         form_fields };

static const struct file_field files[] = {
    { "attachments", false, "Scans or photographs: PDF, JPEG or PNG, each at most 10 MB." },
    { .name = NULL },
};

/* ---- the shape ---- */

static const struct member members[] = {
    { "recordId", SHAPE_UUID, .help = "The record." },
    { "year", SHAPE_INT, .example = "2025" },
    { "method", SHAPE_CHOICE, .values = delivery_methods },
    { "dispatchedAt", SHAPE_TIME, .help = "When it left.", .nullable = true },
    { "deliveredAt", SHAPE_TIME, .help = "When it was there.", .nullable = true },
    { "note", SHAPE_TEXT, .help = "May be empty." },
    { "updatedAt", SHAPE_TIME, .help = "When it was changed last." },
    { "updatedByName", SHAPE_TEXT, .help = "Who changed it last.", .nullable = true },
    { "attachments", SHAPE_LIST, .of = &kept_file_shape },
    { .name = NULL },
};
const struct shape delivery_record_shape = { "DeliveryRecord", "A delivery that a person recorded.",
                                             members };

static const char *id_of(const struct req *r, const char *name)
{
    const char *text = req_param(r, name);
    return text && uuid_valid(text) ? text : NULL;
}

static enum err put(struct req *r, const char **unit_id)
{
    *unit_id = id_of(r, "unitId");
    return *unit_id ? delivery_put(r, *unit_id, r->input) : ERR_NOT_FOUND;
}

static enum err api_put(struct req *r, struct reply *p)
{
    const char *unit;
    struct json_object *d;
    const struct delivery *in = r->input;
    enum err e = put(r, &unit);
    if (e == OK)
        e = unit_document(&r->ctx, unit, arena_printf(r->ctx.arena, "%ld", in->year), &d);
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_file(struct req *r, struct reply *p)
{
    PGresult *row;
    struct ctx *c = &r->ctx;
    const char *unit = id_of(r, "unitId"), *record = id_of(r, "recordId");
    const char *n = req_param(r, "position");
    if (!unit || !record || strspn(n, "0123456789") != strlen(n) || strlen(n) > 4)
        return ERR_NOT_FOUND;
    enum err e =
        db_query(c->db, c->arena, delivery_file, &row, .unit_id = unit, .record_id = record,
                 .position = n, .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    return e != OK ? e
                   : reply_blob(p, row_text(row, 0, "sha256"), row_text(row, 0, "contentType"),
                                row_text(row, 0, "fileName"));
}

static enum err form(struct req *r, struct reply *p)
{
    struct json_object *d, *list = json_object_new_array();
    const struct form_query *q = r->input;
    const char *unit = id_of(r, "unitId");
    const char *year = q->year ? arena_printf(r->ctx.arena, "%ld", q->year) : NULL;
    enum err e = unit ? unit_document(&r->ctx, unit, year, &d) : ERR_NOT_FOUND;
    for (int i = 0; delivery_methods[i]; i++) {
        struct json_object *m = json_object_new_object();
        json_set_text(m, "value", delivery_methods[i]);
        json_set_text(m, "word", delivery_method_word(delivery_methods[i]));
        json_object_array_add(list, m);
    }
    json_own(r->ctx.arena, list);
    if (e != OK)
        return e;
    json_set(d, "methods", json_object_get(list));
    return reply_page(p, "track/delivery", "track/delivery_form", d);
}

static enum err page_put(struct req *r, struct reply *p)
{
    const char *unit;
    const struct delivery *in = r->input;
    enum err e = put(r, &unit);
    return e != OK ? e
                   : reply_redirect(
                         p, arena_printf(r->ctx.arena, "/track/units/%s?year=%ld", unit, in->year));
}

#define BODY_LIMIT (3 * PROOF_LIMIT)

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/track/units/:unitId/delivery", form, ROLE_AGENT, &form_query,
      .doc = "The form to record a delivery." },
    { METHOD_POST, ROUTE_PAGE, "/track/units/:unitId/delivery", page_put, ROLE_AGENT, &input,
      .body_limit = BODY_LIMIT, .files = files, .doc = "Records a delivery." },
    { METHOD_POST, ROUTE_API, "/api/track/units/:unitId/delivery-record", api_put, ROLE_AGENT,
      &input, .body_limit = BODY_LIMIT, .files = files,
      .doc = "Makes or changes the record of how a unit got its statement of a year.",
      .answer = &unit_shape },
    { METHOD_GET, ROUTE_API,
      "/api/track/units/:unitId/delivery-record/:recordId/attachments/:position", api_file,
      ROLE_VIEWER, .doc = "A file that proves a delivery.", .file = "application/pdf" },
    { .path = NULL },
};

const struct domain delivery_domain = { .name = "delivery", .routes = routes };
