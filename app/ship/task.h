/* Tasks: what is to be done of parcels by hand, by whom and until when; made by people, and by
   itself where a shipment is in trouble. */
#pragma once

#include "base/ctx.h"
#include "events/events.h"
#include "web/shape.h"

#include <json-c/json.h>

extern const char *const task_kinds[];  /* "pick", …; NULL at the end */
extern const char *const task_states[]; /* "open", "done", "dropped"; NULL at the end */

/* Texts are NULL where not given. */
struct task_new {
    const char *kind, *title;
    const char *order_id, *shipment_id; /* what it is of */
    const char *due_on;                 /* a day, to its end: 2026-05-12 */
    const char *assignee_id;            /* a user */
};

/* What of an open one may be changed: both are as they are given. */
struct task_change {
    const char *due_on, *assignee_id; /* NULL: none */
};

struct task_query {
    const char *state;    /* "open" or "closed"; NULL: open */
    const char *assignee; /* "me", "nobody" or a user's id */
    const char *kind, *order_id, *shipment_id, *after;
};

/* Makes one, or changes or closes an open one; each with its audit entry. ERR_INVALID names the
   field; ERR_CONFLICT: it is closed; ERR_NOT_FOUND. `state`: "done" or "dropped"; note NULL: none.
 */
enum err task_add(struct ctx *c, const struct task_new *n, const char **id) must_check;
enum err task_change(struct ctx *c, const char *id, const struct task_change *to) must_check;
enum err task_close(struct ctx *c, const char *id, const char *state, const char *note) must_check;

enum err task_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* {tasks, next}, 50 at a time: open ones by when they are due, closed ones the last first. */
enum err task_list(struct ctx *c, const struct task_query *q, struct json_object **out) must_check;

/* Who can be given one: [{userId, name}]. */
enum err task_people(struct ctx *c, struct json_object **out) must_check;

/* The reaction to a shipment's change: trouble makes a task, once while it is open; the end of the
   way closes what was made so. Rehearsals make none. */
enum err task_react(struct ctx *c, const struct event *e) must_check;

extern const struct shape task_shape, task_list_shape;
