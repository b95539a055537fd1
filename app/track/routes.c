/* The routes of track: pages, the API, and what they may be asked. */
#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "paper/pdf_thumb.h"
#include "store/store.h"
#include "track/batch.h"
#include "track/channel.h"
#include "track/graph_hook.h"
#include "track/outbox.h"
#include "track/pixel.h"
#include "track/send.h"
#include "track/shapes.h"
#include "track/tabs.h"
#include "track/track.h"
#include "track/view.h"
#include "track/view.sql.h"
#include "web/web.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const sorts[] = {
    "unit", "recipient", "status", "lastEvent", "nextAttempt", NULL
};
static const char *const directions[] = { "asc", "desc", NULL };

#define AT(member) offsetof(struct track_query, member)
#define LIST_FIELDS                                                                                \
    { "channel", FIELD_CHOICE, AT(channel), .values = channel_names,                               \
      .help = "Only units with a communication of this channel." },                                \
        { "status", FIELD_CHOICE, AT(status), .values = status_names,                              \
          .help = "Only units with a communication in this status." },                             \
        { "search", FIELD_TEXT, AT(search), .max = 200,                                            \
          .help = "Part of number, name, e-mail, phone or reference." },                           \
        { "sort", FIELD_CHOICE, AT(sort), .values = sorts, .help = "By which column." },           \
        { "direction", FIELD_CHOICE, AT(direction), .values = directions,                          \
          .help = "Ascending or descending." },                                                    \
        { "after", FIELD_TEXT, AT(after), .max = 2048, .help = "The page after this cursor." },    \
    {                                                                                              \
        "before", FIELD_TEXT, AT(before), .max = 2048, .help = "The page before this cursor."      \
    }

static const struct field page_fields[] = {
    { "building", FIELD_UUID, AT(building), .help = "Absent: the first by name." },
    { "year", FIELD_INT, AT(year), .min = 1900, .max = 2999,
      .help = "Absent: of the batch completed last." },
    { "unit", FIELD_UUID, AT(unit), .help = "The unit whose drawer is open." },
    { "tab", FIELD_CHOICE, AT(tab), .values = track_tab_names, .help = "Absent: units." },
    { "find", FIELD_TEXT, AT(find), .max = 100,
      .help = "Part of a building's name, code or city." },
    LIST_FIELDS,
    { .name = NULL },
};
static const struct field units_fields[] = { LIST_FIELDS, { .name = NULL } };
static const struct field activity_fields[] = {
    { "after", FIELD_TEXT, AT(after), .max = 2048, .help = "The page after this cursor." },
    { .name = NULL },
};
static const struct field unit_fields[] = {
    { "year", FIELD_INT, AT(year), .min = 1900, .max = 2999, .help = "Absent: the latest." },
    { .name = NULL },
};
static const struct field progress_fields[] = {
    { "batch", FIELD_UUID, AT(unit), .required = true, .help = "The batch that is sent." },
    { .name = NULL },
};

static const struct field buildings_fields[] = {
    { "tab", FIELD_CHOICE, AT(tab), .values = track_tab_names, .help = "Absent: units." },
    { "find", FIELD_TEXT, AT(find), .max = 100,
      .help = "Part of a building's name, code or city." },
    { "after", FIELD_TEXT, AT(after), .max = 2048, .help = "The page after this cursor." },
    { .name = NULL },
};

static const struct input buildings_query = { "BuildingsQuery", sizeof(struct track_query),
                                              buildings_fields };
static const struct input page_query = { "TrackQuery", sizeof(struct track_query), page_fields };
static const struct input units_query = { "UnitsQuery", sizeof(struct track_query), units_fields };
static const struct input activity_query = { "ActivityQuery", sizeof(struct track_query),
                                             activity_fields };
static const struct input unit_query = { "UnitQuery", sizeof(struct track_query), unit_fields };
static const struct input progress_query = { "ProgressQuery", sizeof(struct track_query),
                                             progress_fields };

/* A UUID of the path; NULL where it is none, so that nothing is there. */
static const char *id_of(const struct req *r, const char *name)
{
    const char *text = req_param(r, name);
    return text && uuid_valid(text) ? text : NULL;
}

static const char *year_of(struct req *r)
{
    const struct track_query *q = r->input;
    return q->year ? arena_printf(r->ctx.arena, "%ld", q->year) : NULL;
}

/* ---- pages ---- */

static enum err page(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *elsewhere = tab_elsewhere(&r->ctx, r->input);
    if (elsewhere)
        return reply_redirect(p, elsewhere);
    enum err e = page_document(&r->ctx, r->input, &d);
    return e != OK ? e : reply_page(p, "track/page", "track/fragment", d);
}

/* A unit's own address leads to the page with its drawer open. */
static enum err unit_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct track_query q = { .unit = id_of(r, "unitId") };
    if (!q.unit)
        return ERR_NOT_FOUND;
    enum err e = unit_document(&r->ctx, q.unit, year_of(r), &d);
    if (e != OK)
        return e;
    q.building = json_text(json_get(d, "building"), "buildingId");
    q.year = (long)json_object_get_int64(json_get(d, "year"));
    return reply_redirect(p, query_href(&r->ctx, "/track", &q));
}

static enum err progress(struct reply *p, const char *batch_id)
{
    struct json_object *batch, *d;
    struct ctx *c = &p->req->ctx;
    enum err e = batch_get(c, batch_id, &batch);
    if (e != OK)
        return e;
    d = json_own(c->arena, json_object_new_object());
    batch_show(batch);
    json_set(d, "batch", json_object_get(batch));
    return reply_page(p, "track/progress", NULL, d);
}

static enum err progress_page(struct req *r, struct reply *p)
{
    const struct track_query *q = r->input;
    return progress(p, q->unit);
}

static enum err send_page(struct req *r, struct reply *p)
{
    long long queued;
    struct json_object *batch;
    struct ctx *c = &r->ctx;
    const char *id = id_of(r, "batchId");
    enum err e = id ? batch_send(c, id, &queued) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    if (req_is_fragment(r))
        return progress(p, id);
    if ((e = batch_get(c, id, &batch)) != OK)
        return e;
    const struct track_query q = { .building = json_text(batch, "buildingId"),
                                   .year = (long)json_object_get_int64(json_get(batch, "year")) };
    return reply_redirect(p, query_href(c, "/track", &q));
}

/* ---- API ---- */

static enum err api_buildings(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = buildings_document(&r->ctx, r->input, &d);
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_years(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "buildingId");
    enum err e = id ? years_document(&r->ctx, id, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

/* A year as it is written, 0 where the path holds something else. */
static long year_in(const struct req *r)
{
    const char *text = req_param(r, "year");
    bool four = text && strlen(text) == 4 && strspn(text, "0123456789") == 4;
    long year = four ? strtol(text, NULL, 10) : 0;
    return year < 1900 || year > 2999 ? 0 : year;
}

/* A document of the building and year in the path. */
static enum err of_year(struct req *r, struct reply *p,
                        enum err (*make)(struct ctx *, const struct track_query *,
                                         struct json_object **))
{
    struct json_object *d;
    const struct track_query *asked = r->input;
    struct track_query q = *asked;
    q.building = id_of(r, "buildingId");
    q.year = year_in(r);
    if (!q.building || !q.year)
        return ERR_NOT_FOUND;
    enum err e = make(&r->ctx, &q, &d);
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_units(struct req *r, struct reply *p)
{
    return of_year(r, p, units_document);
}

static enum err api_activity(struct req *r, struct reply *p)
{
    return of_year(r, p, activity_document);
}

static enum err api_unit(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "unitId");
    enum err e = id ? unit_document(&r->ctx, id, year_of(r), &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_batch(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "batchId");
    enum err e = id ? batch_get(&r->ctx, id, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_send(struct req *r, struct reply *p)
{
    long long queued;
    struct json_object *d;
    const char *id = id_of(r, "batchId");
    enum err e = id ? batch_send(&r->ctx, id, &queued) : ERR_NOT_FOUND;
    if (e == OK)
        e = batch_get(&r->ctx, id, &d);
    if (e != OK)
        return e;
    reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/track/batches/%s", id));
    return reply_json(p, 202, d);
}

static enum err attachment(struct req *r, struct reply *p)
{
    PGresult *row;
    struct ctx *c = &r->ctx;
    const char *id = id_of(r, "communicationId");
    const char *n = req_param(r, "position");
    if (!id || strspn(n, "0123456789") != strlen(n) || strlen(n) > 4)
        return ERR_NOT_FOUND;
    enum err e =
        db_query(c->db, c->arena, view_attachment, &row, .communication_id = id, .position = n,
                 .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    return reply_blob(p, row_text(row, 0, "sha256"), row_text(row, 0, "contentType"),
                      row_text(row, 0, "fileName"));
}

/* The first page of a PDF that was sent, small. What was drawn of a file stays so, but who may see
   it is asked each time: a browser keeps it longer than a login or a grant lasts. */
static enum err thumbnail(struct req *r, struct reply *p)
{
    PGresult *row;
    struct str pdf, png;
    struct ctx *c = &r->ctx;
    const char *id = id_of(r, "communicationId"), *sha256 = req_param(r, "sha256");
    const char *etag = arena_printf(c->arena, "\"first-page-1-%s\"", sha256);
    const char *known = req_header(r, "if-none-match");
    enum err e = id ? db_query(c->db, c->arena, view_attached, &row, .communication_id = id,
                               .sha256 = sha256, .all_buildings = actor_all_buildings(c),
                               .actor_id = c->actor.id)
                    : ERR_NOT_FOUND;
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e != OK)
        return e;
    if (known && strstr(known, etag)) {
        p->status = 304;
    } else {
        e = store_get(c->app->store, c->arena, sha256, &pdf);
        if (e == OK)
            e = pdf_thumb(c, pdf, &png);
        if (e == ERR_INVALID)
            return reply_redirect(p, "/static/file.svg");
        if (e != OK)
            return e;
        p->content_type = "image/png";
        buf_put(&p->body, png.p, png.n);
    }
    reply_header(p, "ETag", etag);
    reply_header(p, "Cache-Control", "private, no-cache");
    return OK;
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/track", page, ROLE_VIEWER, &page_query,
      .doc = "Buildings, years and units, and the open unit's timelines." },
    { METHOD_GET, ROUTE_PAGE, "/track/progress", progress_page, ROLE_VIEWER, &progress_query,
      .doc = "How far the sending of a batch is." },
    { METHOD_GET, ROUTE_PAGE, "/track/units/:unitId", unit_page, ROLE_VIEWER, &unit_query,
      .doc = "Leads to a unit on the page." },
    { METHOD_POST, ROUTE_PAGE, "/track/batches/:batchId/send", send_page, ROLE_AGENT,
      .queues = true, .doc = "Sends every message of the batch that was not sent yet." },
    { METHOD_GET, ROUTE_API, "/api/track/buildings", api_buildings, ROLE_VIEWER, &buildings_query,
      .doc = "Buildings with their figures over all years, 50 at a time.",
      .answer = &buildings_shape },
    { METHOD_GET, ROUTE_API, "/api/track/buildings/:buildingId/years", api_years, ROLE_VIEWER,
      .doc = "Years of a building with their figures.", .answer = &years_shape },
    { METHOD_GET, ROUTE_API, "/api/track/buildings/:buildingId/years/:year/units", api_units,
      ROLE_VIEWER, &units_query, .doc = "Units of a building and year, 50 at a time.",
      .answer = &units_shape },
    { METHOD_GET, ROUTE_API, "/api/track/buildings/:buildingId/years/:year/activity", api_activity,
      ROLE_VIEWER, &activity_query,
      .doc = "What happened in a building and year, the latest first, 100 at a time.",
      .answer = &activity_shape },
    { METHOD_GET, ROUTE_API, "/api/track/units/:unitId", api_unit, ROLE_VIEWER, &unit_query,
      .doc = "A unit's communications of a year with their timelines.", .answer = &unit_shape },
    { METHOD_GET, ROUTE_API, "/api/track/batches/:batchId", api_batch, ROLE_VIEWER,
      .doc = "What a batch stands at.", .answer = &batch_shape },
    { METHOD_POST, ROUTE_API, "/api/track/batches/:batchId/send", api_send, ROLE_AGENT,
      .queues = true, .doc = "Sends every message of the batch that was not sent yet.",
      .answer = &batch_shape, .status = 202 },
    { METHOD_GET, ROUTE_API, "/api/track/communications/:communicationId/attachments/:position",
      attachment, ROLE_VIEWER, .doc = "A file sent with a communication.",
      .file = "application/pdf" },
    { METHOD_GET, ROUTE_PAGE, "/messages/:communicationId/thumbnails/:sha256", thumbnail,
      ROLE_VIEWER, .doc = "The first page of a file sent with a message, as a small PNG." },
    { METHOD_GET, ROUTE_PAGE, "/outbox", outbox_list, ROLE_VIEWER, &outbox_query,
      .doc = "Messages kept here instead of sent." },
    { METHOD_GET, ROUTE_PAGE, "/outbox/:id", outbox_show, ROLE_VIEWER,
      .doc = "A kept message as its recipient sees it." },
    { METHOD_GET, ROUTE_PAGE, "/outbox/:id/body", outbox_body, ROLE_VIEWER,
      .doc = "Its HTML, for a frame without any rights." },
    { METHOD_GET, ROUTE_PAGE, "/outbox/:id/raw", outbox_raw, ROLE_AGENT, .doc = "Its source." },
    { METHOD_GET, ROUTE_PAGE, "/outbox/:id/attachments/:n", outbox_attachment, ROLE_VIEWER,
      .doc = "A file attached to it." },
    { METHOD_GET, ROUTE_OPEN, "/o/:token", pixel_show, ROLE_PUBLIC, .writes = true,
      .doc = "The open pixel of a message, where the tenant has it on." },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { "track.send_communication", "email", .lease_seconds = 120, .external = true, .together = 4,
      .run = send_communication, .doc = "Sends one communication." },
    { "track.send_communication", "sms", .lease_seconds = 120, .external = true, .together = 4,
      .run = send_communication, .doc = "The same, of SMS." },
    { "track.settle_batch", "track", .run = batch_settle,
      .doc = "Completes a batch when the last of its messages has ended." },
    { "track.settle_batches", "track", .max_attempts = 3, .run = batch_settle_all,
      .doc = "Completes batches of which nothing waits any more." },
    { "track.graph_subscribe", "graph", .lease_seconds = 60, .external = true,
      .run = graph_subscribe, .doc = "Makes or prolongs the subscription to a mailbox." },
    { "track.graph_sweep", "graph", .lease_seconds = 120, .external = true, .run = graph_sweep,
      .doc = "Reads what notifications may have missed in a mailbox." },
    { "track.graph_tend", "track", .max_attempts = 3, .run = graph_tend,
      .doc = "Has every mailbox's subscription looked after." },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "track.settle_batches", "track.settle_batches", 60, "Batches that are done are completed." },
    { "track.graph_tend", "track.graph_tend", 3600, "Mailbox subscriptions are kept alive." },
    { .name = NULL },
};

const struct domain track_domain = {
    .name = "track",
    .routes = routes,
    .jobs = jobs,
    .schedules = schedules,
    .hooks = graph_hooks,
};
