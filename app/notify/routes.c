/* What customers were told as API, how it would read, and who says when. */
#include "base/json.h"
#include "jobs/jobs.h"
#include "notify/customer.h"
#include "notify/knock.h"
#include "notify/knock_view.h"
#include "notify/notices.h"
#include "notify/pages.h"
#include "notify/preview.h"
#include "ship/ship.h"
#include "web/web.h"

#include <stddef.h>

static enum err list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = notices_list(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err orchestrator(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = knock_view(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

/* ---- the preview ---- */

static const struct field preview_fields[] = {
    { "type", FIELD_CHOICE, offsetof(struct notice_preview, type), .required = true,
      .values = notice_names, .help = "what the customer is told" },
    { "language", FIELD_CHOICE, offsetof(struct notice_preview, language),
      .values = notice_languages,
      .help = "without it that of the shipment's customer, else of the house" },
    { "shipmentId", FIELD_UUID, offsetof(struct notice_preview, shipment_id),
      .help = "a shipment to tell of; without it an example" },
    { .name = NULL },
};
static const struct input preview_input = { "NotificationPreview", sizeof(struct notice_preview),
                                            preview_fields };

static const struct member preview_members[] = {
    { "type", SHAPE_CHOICE, .values = notice_names },
    { "language", SHAPE_TEXT, .help = "Of the template: English where there is no other.",
      .example = "de" },
    { "subject", SHAPE_TEXT, .help = "For mail programs; a conversation keeps its own." },
    { "text", SHAPE_TEXT, .help = "Where no HTML is shown." },
    { "html", SHAPE_TEXT, .help = "Without a frame, as it stands in the conversation." },
    { "trackingUrl", SHAPE_TEXT, .help = "Where the customer follows the parcel." },
    { .name = NULL },
};
static const struct shape preview_shape = { "NotificationText", "How a notification reads.",
                                            preview_members };

static const struct member test_members[] = {
    { "to", SHAPE_TEXT, .help = "The address of who asks: nobody else is told." },
    { "type", SHAPE_CHOICE, .values = notice_names },
    { "language", SHAPE_TEXT, .example = "de" },
    { "subject", SHAPE_TEXT, .help = "Which follows [Test]." },
    { .name = NULL },
};
static const struct shape test_shape = { "NotificationTest", "A test that is on its way.",
                                         test_members };

static enum err preview(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = notice_preview(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err test(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = notice_test(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

/* ---- what the domain gives the programs ---- */

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/notifications", notices_page, ROLE_VIEWER, &notices_query_input,
      .whole = true, .doc = "What customers were told of their parcels, and why not." },
    { METHOD_GET, ROUTE_PAGE, "/notifications/preview", notice_preview_page, ROLE_AGENT,
      &notice_page_input, .whole = true, .doc = "How a notification would read." },
    { METHOD_GET, ROUTE_PAGE, "/notifications/preview/body", notice_body_page, ROLE_AGENT,
      &notice_body_input, .whole = true, .doc = "Its HTML, in a frame." },
    { METHOD_POST, ROUTE_PAGE, "/notifications/test", notice_test_post, ROLE_AGENT,
      &notice_body_input, .whole = true, .queues = true, .doc = "Sends one by e-mail to oneself." },
    { METHOD_GET, ROUTE_API, "/api/notifications", list, ROLE_VIEWER, &notices_query_input,
      .whole = true, .doc = "What customers were told of their parcels, and why not, newest first",
      .answer = &notices_shape },
    { METHOD_POST, ROUTE_API, "/api/notifications/preview", preview, ROLE_AGENT, &preview_input,
      .whole = true, .doc = "How a notification would read; nobody is told",
      .answer = &preview_shape },
    { METHOD_POST, ROUTE_API, "/api/notifications/test", test, ROLE_AGENT, &preview_input,
      .whole = true, .queues = true, .doc = "Sends one by e-mail to who asks, and to nobody else",
      .answer = &test_shape },
    { METHOD_GET, ROUTE_API, "/api/notifications/orchestrator", orchestrator, ROLE_ADMIN,
      .whole = true, .doc = "Who says when customers are told: Knock, or nobody but us",
      .answer = &knock_view_shape },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = NOTICE_JOB,
      .queue = "notify",
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = notice_send,
      .doc = "Tells a customer of a parcel, in the order's conversation" },
    { .name = KNOCK_JOB,
      .queue = "notify",
      .max_attempts = 8,
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = knock_ask,
      .doc = "Asks Knock when a customer is told" },
    { .name = KNOCK_SWEEP_JOB,
      .queue = "ship",
      .run = knock_sweep,
      .doc = "Tells the customers that Knock did not call about in time" },
    { .name = NOTICE_TEST_JOB,
      .queue = "email",
      .max_attempts = 3,
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = notice_test_run,
      .doc = "Sends a notification by e-mail to who wants to see it" },
    { .name = NULL },
};

static const struct reaction reactions[] = {
    { SHIPMENT_STATUS_CHANGED, NOTICE_JOB, notice_react },
    { .event = NULL },
};

static const struct schedule schedules[] = {
    { KNOCK_SWEEP_JOB, KNOCK_SWEEP_JOB, 60, "every minute" },
    { .name = NULL },
};

const struct domain notify_domain = { .name = "notify",
                                      .routes = routes,
                                      .jobs = jobs,
                                      .reactions = reactions,
                                      .schedules = schedules,
                                      .hooks = notify_hooks };
