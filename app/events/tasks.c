/* Running the dispatcher: from the worker by a schedule, and by GET /api/tasks/events from a cron.
 */
#include "base/crypto.h"
#include "base/domain.h"
#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"
#include "db/db.h"
#include "events/events.h"
#include "events/events.sql.h"
#include "web/web.h"

#include <string.h>
#include <strings.h>

static enum err dispatch(struct job *j)
{
    int n;
    enum err e = events_dispatch(&j->ctx, domains, &n);
    if (!e && n)
        log_debug("events_dispatched", "count", NUM(n), NULL);
    return e;
}

static enum err forget(struct job *j)
{
    return db_run(j->ctx.db, j->ctx.arena, &sql_events_forget, NULL, NULL);
}

static enum err check_token(struct req *r)
{
    const char *token = r->ctx.app->settings->tasks_token;
    const char *sent = req_header(r, "authorization");
    if (!*token)
        return ctx_refuse(&r->ctx, ERR_DENIED, "This is closed: TRACK_TASKS_TOKEN is not set.");
    if (sent && strncasecmp(sent, "Bearer ", 7) == 0 && ct_equal(str_of(sent + 7), str_of(token)))
        return OK;
    return req_unknown(r, "This needs the token of TRACK_TASKS_TOKEN.");
}

/* Every event has a transaction of its own, so the request's ends first. */
static enum err get_events(struct req *r, struct reply *p)
{
    int n;
    enum err e = check_token(r);
    if (e)
        return e;
    db_rollback(r->ctx.db);
    e = events_dispatch(&r->ctx, domains, &n);
    if (e)
        return e;
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    json_set_int(d, "dispatched", n);
    return reply_json(p, 200, d);
}

static const struct member dispatched_members[] = {
    { "dispatched", SHAPE_COUNT, .help = "Events that were told." },
    { .name = NULL },
};
static const struct shape dispatched_shape = { "Dispatched", "What the dispatcher did.",
                                               dispatched_members };

static const struct route routes[] = {
    { METHOD_GET, ROUTE_OPEN, "/api/tasks/events", get_events, ROLE_PUBLIC,
      .doc =
          "Tell the other domains what waits in the outbox, once; for those who drive it by cron",
      .answer = &dispatched_shape },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = "events.dispatch",
      .queue = "events",
      .run = dispatch,
      .doc = "Tells what waits in the outbox" },
    { .name = "events.forget",
      .queue = "events",
      .run = forget,
      .doc = "Deletes events that were told 30 days ago" },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "events.dispatch", "events.dispatch", 1, "every second" },
    { "events.forget", "events.forget", 24 * 3600, "every day" },
    { .name = NULL },
};

const struct domain events_domain = {
    .name = "events", .routes = routes, .jobs = jobs, .schedules = schedules
};
