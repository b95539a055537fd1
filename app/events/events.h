/* Domain events: what happened to a noun, written in its transaction (the outbox) and told to other
 * domains. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"

#include <json-c/json.h>

struct event {
    const char *id;   /* uuid */
    const char *name; /* "communication.failed" */
    const char *entity_type, *entity_id;
    struct json_object *data;
    const char *occurred_at;
};

/* Adds an event to the outbox in the caller's transaction. */
enum err event_emit(struct ctx *c, const char *name, const char *entity_type, const char *entity_id,
                    struct json_object *data) must_check;

struct reaction {
    const char *event;
    const char *name; /* unique: a reaction runs once per event */
    enum err (*react)(struct ctx *c,
                      const struct event *e); /* in one transaction with the mark that it ran */
};

struct domain;

/* Dispatches what waits in the outbox, oldest first; *dispatched counts the events. Safe from many
 * processes at once. */
enum err events_dispatch(struct ctx *c, const struct domain *const *domains,
                         int *dispatched) must_check;

/* GET /api/tasks/events, for the route table of main. */
