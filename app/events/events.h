/* Domain events: what happened to a noun, written in its transaction (the outbox) and told to the
   other domains. */
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

/* Adds an event to the outbox in the caller's transaction; data NULL is {}. */
enum err event_emit(struct ctx *c, const char *name, const char *entity_type, const char *entity_id,
                    struct json_object *data) must_check;

struct reaction {
    const char *event;
    const char *name; /* unique: a reaction runs once per event */
    /* Runs in one transaction with the mark that it ran, in the event's tenant. */
    enum err (*react)(struct ctx *c, const struct event *e);
};

struct domain;

/* Tells what waits in the outbox, oldest first; *dispatched counts the events that are told. Each
   reaction has a transaction of its own, so the caller has none open. One that fails is tried again
   later, with its event's error kept, and holds up no other reaction and no other event. Safe from
   many processes at once. */
enum err events_dispatch(struct ctx *c, const struct domain *const *all,
                         int *dispatched) must_check;

/* The job that dispatches ("events.dispatch"), its schedule, and GET /api/tasks/events. */
extern const struct domain events_domain;
