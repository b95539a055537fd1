/* The routes of trackers, their jobs, and what the clock asks of them. */
#include "base/domain.h"
#include "base/json.h"
#include "ship/tracker.h"
#include "web/web.h"

#include <stddef.h>

static const char *const states[] = { "wanted", "made", "refused", NULL };

static const struct field new_fields[] = {
    { "courierCode", FIELD_TEXT, offsetof(struct tracker_new, courier_code), .max = 60,
      .help = "Ship24's code of who carries it; without one Ship24 finds it out" },
    { "accountId", FIELD_UUID, offsetof(struct tracker_new, account_id),
      .help = "of Ship24; without one the first that is switched on" },
    { .name = NULL },
};
static const struct input new_input = { "TrackerNew", sizeof(struct tracker_new), new_fields };

static const struct member members[] = {
    { "shipmentId", SHAPE_UUID, .help = "The shipment; also the id that Ship24 is given." },
    { "accountId", SHAPE_UUID, .help = "The account of Ship24." },
    { "account", SHAPE_TEXT, .help = "Its name." },
    { "dryRun", SHAPE_BOOL, .help = "A stand-in answered: nothing is tracked." },
    { "state", SHAPE_CHOICE, .help = "wanted: it will be asked for. made: Ship24 tracks it.",
      .values = states },
    { "trackingNumber", SHAPE_TEXT, .example = "QX482910377IN" },
    { "courierCode", SHAPE_TEXT, .nullable = true, .example = "delhivery" },
    { "trackerId", SHAPE_TEXT, .help = "Ship24's.", .nullable = true },
    { "why", SHAPE_TEXT, .help = "What the last failure was.", .nullable = true },
    { "code", SHAPE_TEXT, .help = "Ship24's, of that.", .nullable = true },
    { "tries", SHAPE_COUNT, .help = "How often it was asked for." },
    { "wantedAt", SHAPE_TIME, .help = "When somebody wanted it." },
    { "wantedByName", SHAPE_TEXT, .help = "Who did.", .nullable = true },
    { "nextTryAt", SHAPE_TIME, .help = "While it is wanted: not before.", .nullable = true },
    { "madeAt", SHAPE_TIME, .nullable = true },
    { "lookedAt", SHAPE_TIME, .help = "When Ship24 was last asked what it knows.",
      .nullable = true },
    { "resentAt", SHAPE_TIME, .help = "When it was last asked to post all again.",
      .nullable = true },
    { "resent", SHAPE_COUNT, .help = "How many messages it then said to post.", .nullable = true },
    { .name = NULL },
};
static const struct shape tracker_shape = { "Tracker", "What Ship24 is asked to track.", members };

/* ---- the API ---- */

static const char *id_of(const struct req *r)
{
    return req_param(r, "shipmentId");
}

static enum err answer(struct req *r, struct reply *p, int status)
{
    struct json_object *d;
    enum err e = tracker_get(&r->ctx, id_of(r), &d);
    if (e == OK && status == 202)
        reply_header(p, "Location",
                     arena_printf(r->ctx.arena, "/api/ship/shipments/%s/tracker", id_of(r)));
    return e == OK ? reply_json(p, status, d) : e;
}

static enum err api_get(struct req *r, struct reply *p)
{
    return answer(r, p, 200);
}

static enum err api_want(struct req *r, struct reply *p)
{
    enum err e = tracker_want(&r->ctx, id_of(r), r->input);
    return e == OK ? answer(r, p, 202) : e;
}

static enum err api_look(struct req *r, struct reply *p)
{
    enum err e = tracker_look(&r->ctx, id_of(r));
    return e == OK ? answer(r, p, 202) : e;
}

static enum err api_resend(struct req *r, struct reply *p)
{
    enum err e = tracker_resend(&r->ctx, id_of(r));
    return e == OK ? answer(r, p, 202) : e;
}

/* ---- pages ---- */

static enum err back(struct req *r, struct reply *p)
{
    return reply_redirect(p, arena_printf(r->ctx.arena, "/shipments/%s", id_of(r)));
}

static enum err page_want(struct req *r, struct reply *p)
{
    enum err e = tracker_want(&r->ctx, id_of(r), r->input);
    return e == OK ? back(r, p) : e;
}

static enum err page_look(struct req *r, struct reply *p)
{
    enum err e = tracker_look(&r->ctx, id_of(r));
    return e == OK ? back(r, p) : e;
}

static enum err page_resend(struct req *r, struct reply *p)
{
    enum err e = tracker_resend(&r->ctx, id_of(r));
    return e == OK ? back(r, p) : e;
}

/* ---- the tables ---- */

#define API "/api/ship/shipments/:shipmentId/tracker"
#define PAGE "/shipments/:shipmentId/tracker"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, API, api_get, ROLE_VIEWER, .whole = true,
      .doc = "The tracker of a shipment at Ship24.", .answer = &tracker_shape },
    { METHOD_POST, ROUTE_API, API, api_want, ROLE_AGENT, &new_input, .whole = true, .queues = true,
      .status = 202, .answer = &tracker_shape,
      .doc = "Has Ship24 track a shipment; one that is tracked stays as it is." },
    { METHOD_POST, ROUTE_API, API "/results", api_look, ROLE_AGENT, .whole = true, .queues = true,
      .status = 202, .answer = &tracker_shape, .doc = "Asks Ship24 what it knows of a shipment." },
    { METHOD_POST, ROUTE_API, API "/resend", api_resend, ROLE_AGENT, .whole = true, .queues = true,
      .status = 202, .answer = &tracker_shape,
      .doc = "Has Ship24 post all it has posted of a shipment once more." },

    { METHOD_POST, ROUTE_PAGE, PAGE, page_want, ROLE_AGENT, &new_input, .whole = true,
      .queues = true, .doc = "Has Ship24 track a shipment." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/results", page_look, ROLE_AGENT, .whole = true,
      .queues = true, .doc = "Asks Ship24 what it knows." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/resend", page_resend, ROLE_AGENT, .whole = true,
      .queues = true, .doc = "Has Ship24 post all again." },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = "ship.trackers",
      .queue = "ship",
      .run = trackers_due,
      .doc = "Asks for the trackers that are wanted and not made, and for those that are silent" },
    { .name = "ship.enrol",
      .queue = "carrier",
      .lease_seconds = 240,
      .external = true,
      .together = 4,
      .run = tracker_enrol,
      .doc = "Has Ship24 track shipments, a hundred at a time; what may be there is looked for" },
    { .name = "ship.track_results",
      .queue = "carrier",
      .lease_seconds = 60,
      .external = true,
      .together = 4,
      .run = tracker_results,
      .doc = "Asks Ship24 what it knows of a shipment" },
    { .name = "ship.resend",
      .queue = "carrier",
      .lease_seconds = 60,
      .external = true,
      .together = 4,
      .run = tracker_resent,
      .doc = "Has Ship24 post all it has posted of a shipment once more" },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "ship.trackers", "ship.trackers", 60,
      "What Ship24 is to track is asked for, and what it has been silent about" },
    { .name = NULL },
};

const struct domain trackers_domain = {
    .name = "trackers", .routes = routes, .jobs = jobs, .schedules = schedules
};
