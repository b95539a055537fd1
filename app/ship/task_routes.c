/* The routes of tasks: their page and the API. */
#include "base/domain.h"
#include "base/json.h"
#include "ship/ship.h"
#include "ship/task.h"
#include "ship/words.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

#define TASKS_PAGE "/shipments/tasks"

/* ---- inputs ---- */

#define NEW(member) offsetof(struct task_new, member)
static const struct field new_fields[] = {
    { "kind", FIELD_CHOICE, NEW(kind), .required = true, .values = task_kinds,
      .help = "What is to be done." },
    { "title", FIELD_TEXT, NEW(title), .max = 200, .help = "In words; of other tasks required." },
    { "orderId", FIELD_UUID, NEW(order_id), .help = "The order it is of." },
    { "shipmentId", FIELD_UUID, NEW(shipment_id), .help = "The shipment it is of." },
    { "dueOn", FIELD_TEXT, NEW(due_on), .max = 10, .help = "Until the end of a day: 2026-05-12." },
    { "assigneeId", FIELD_UUID, NEW(assignee_id), .help = "The user who is to do it." },
    { .name = NULL },
};
static const struct input new_input = { "TaskNew", sizeof(struct task_new), new_fields };

#define CHANGE(member) offsetof(struct task_change, member)
static const struct field change_fields[] = {
    { "dueOn", FIELD_TEXT, CHANGE(due_on), .max = 10,
      .help = "Until the end of a day: 2026-05-12. Absent: none." },
    { "assigneeId", FIELD_UUID, CHANGE(assignee_id), .help = "Absent: nobody." },
    { .name = NULL },
};
static const struct input change_input = { "TaskChange", sizeof(struct task_change),
                                           change_fields };

struct close_input {
    const char *note;
};
static const struct field close_fields[] = {
    { "note", FIELD_TEXT, offsetof(struct close_input, note), .max = 500,
      .help = "What is to be known of it." },
    { .name = NULL },
};
static const struct input close_input = { "TaskClose", sizeof(struct close_input), close_fields };

#define QUERY(member) offsetof(struct task_query, member)
static const char *const open_or_closed[] = { "open", "closed", NULL };
static const struct field query_fields[] = {
    { "state", FIELD_CHOICE, QUERY(state), .values = open_or_closed, .help = "Absent: open." },
    { "assignee", FIELD_TEXT, QUERY(assignee), .max = 36, .help = "me, nobody, or a user's id." },
    { "kind", FIELD_CHOICE, QUERY(kind), .values = task_kinds, .help = "Only those." },
    { "orderId", FIELD_UUID, QUERY(order_id), .help = "Only those of this order." },
    { "shipmentId", FIELD_UUID, QUERY(shipment_id), .help = "Only those of this shipment." },
    { "after", FIELD_TEXT, QUERY(after), .max = 2048, .help = "The page after this cursor." },
    { .name = NULL },
};
static const struct input query_input = { "TasksQuery", sizeof(struct task_query), query_fields };

/* ---- API ---- */

static enum err reply_task(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *d;
    enum err e = task_get(&r->ctx, id, &d);
    if (e != OK)
        return e;
    if (status == 201)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/ship/tasks/%s", id));
    return reply_json(p, status, d);
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = task_list(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_get(struct req *r, struct reply *p)
{
    return reply_task(r, p, 200, req_param(r, "taskId"));
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = task_add(&r->ctx, r->input, &id);
    return e == OK ? reply_task(r, p, 201, id) : e;
}

static enum err api_change(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "taskId");
    enum err e = task_change(&r->ctx, id, r->input);
    return e == OK ? reply_task(r, p, 200, id) : e;
}

/* The last word of the path is what becomes of it. */
static enum err closed(struct req *r)
{
    const struct close_input *in = r->input;
    const char *state = strcmp(strrchr(r->path, '/'), "/drop") == 0 ? "dropped" : "done";
    return task_close(&r->ctx, req_param(r, "taskId"), state, in->note);
}

static enum err api_close(struct req *r, struct reply *p)
{
    enum err e = closed(r);
    return e == OK ? reply_task(r, p, 200, req_param(r, "taskId")) : e;
}

/* ---- the page ---- */

static const struct label kinds[] = {
    { "pick", "Pick", "hand", "waiting" },
    { "pack", "Pack", "package", "waiting" },
    { "hand_over", "Hand over", "truck", "waiting" },
    { "resolve_exception", "Resolve the exception", "circle-x", "failed" },
    { "answer_ndr", "Answer the failed attempt", "triangle-alert", "attention" },
    { "claim", "Claim", "scale", "attention" },
    { "map_code", "Say what a code means", "code", "attention" },
    { "other", "Other", "sticky-note", "waiting" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct label *kind_label(const char *name)
{
    size_t i = 0;
    while (i + 1 < KINDS && strcmp(kinds[i].name, name) != 0)
        i++;
    return &kinds[i];
}

static void add_choice(struct json_object *list, const char *value, const char *word,
                       const char *chosen)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "value", value);
    json_set_text(o, "label", word);
    json_set_bool(o, "selected", chosen && strcmp(value, chosen) == 0);
    json_object_array_add(list, o);
}

static struct json_object *kind_choices(const char *all, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    if (all)
        add_choice(list, "", all, chosen);
    for (size_t i = 0; i < KINDS; i++)
        add_choice(list, kinds[i].name, kinds[i].word, chosen);
    return list;
}

static struct json_object *people_choices(struct json_object *people, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    add_choice(list, "", "Nobody", chosen);
    for (size_t i = 0; i < json_object_array_length(people); i++) {
        struct json_object *one = json_object_array_get_idx(people, i);
        add_choice(list, json_text(one, "userId"), json_text(one, "name"), chosen);
    }
    return list;
}

static struct json_object *assignee_choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    add_choice(list, "", "Everybody's", chosen);
    add_choice(list, "me", "Mine", chosen);
    add_choice(list, "nobody", "Nobody's", chosen);
    return list;
}

static const char *next_href(struct ctx *c, const struct task_query *q, const char *cursor)
{
    struct buf b = buf_in(c->arena);
    const struct {
        const char *name, *value;
    } parts[] = {
        { "state", q->state },      { "assignee", q->assignee },      { "kind", q->kind },
        { "orderId", q->order_id }, { "shipmentId", q->shipment_id }, { "after", cursor }
    };
    if (!cursor)
        return NULL;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].value)
            continue;
        buf_printf(&b, "%s%s=", b.n ? "&" : TASKS_PAGE "?", parts[i].name);
        buf_url(&b, parts[i].value, strlen(parts[i].value));
    }
    return b.p;
}

/* `again`: what the form of a new one held that was wrong; NULL: none. */
static enum err show(struct req *r, struct reply *p, const struct task_query *q,
                     struct json_object *again)
{
    struct ctx *c = &r->ctx;
    struct json_object *d, *people;
    bool may_act = c->actor.role >= ROLE_AGENT;
    struct json_object *given = json_get(again, "given");
    enum err e = task_list(c, q, &d);
    if (e == OK)
        e = task_people(c, &people);
    if (e != OK)
        return e;
    struct json_object *list = json_get(d, "tasks");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *t = json_object_array_get_idx(list, i);
        bool open = strcmp(json_text(t, "state"), "open") == 0;
        label_set(t, kind_label(json_text(t, "kind")));
        json_set_bool(t, "open", open);
        json_set_text(t, "stateWord",
                      strcmp(json_text(t, "state"), "done") == 0 ? "Done" : "Dropped");
        if (open && may_act)
            json_set(t, "people", people_choices(people, json_text(t, "assigneeId")));
    }
    json_set_bool(d, "any", json_object_array_length(list) > 0);
    json_set_bool(d, "closedOnes", q->state && strcmp(q->state, "closed") == 0);
    json_set_bool(d, "filtered",
                  q->assignee || q->kind || q->order_id || q->shipment_id || q->after);
    json_set(d, "kinds", kind_choices("Every kind", q->kind));
    json_set(d, "assignees", assignee_choices(q->assignee));
    json_set(d, "newKinds", kind_choices(NULL, json_text(given, "kind")));
    json_set(d, "newPeople", people_choices(people, json_text(given, "assigneeId")));
    json_set_text(d, "orderId", q->order_id);
    json_set_text(d, "shipmentId", q->shipment_id);
    json_set(d, "given", json_object_get(given));
    json_set(d, "errors", json_object_get(json_get(again, "errors")));
    json_set_bool(d, "wrong", again != NULL);
    json_set_bool(d, "mayAct", may_act);
    json_set_text(d, "nextPage", next_href(c, q, json_text(d, "next")));
    json_set_text(d, "title", "Tasks");
    return reply_page(p, "ship/tasks", NULL, d);
}

static enum err page(struct req *r, struct reply *p)
{
    return show(r, p, r->input, NULL);
}

static enum err page_again(struct req *r, struct reply *p)
{
    const struct task_query all = { .state = NULL };
    return show(r, p, &all, req_form_again(r));
}

static enum err page_add(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = task_add(&r->ctx, r->input, &id);
    return e == OK ? reply_redirect(p, TASKS_PAGE) : e;
}

static enum err page_change(struct req *r, struct reply *p)
{
    enum err e = task_change(&r->ctx, req_param(r, "taskId"), r->input);
    return e == OK ? reply_redirect(p, TASKS_PAGE) : e;
}

static enum err page_close(struct req *r, struct reply *p)
{
    enum err e = closed(r);
    return e == OK ? reply_redirect(p, TASKS_PAGE) : e;
}

/* ---- routes ---- */

#define PAGE TASKS_PAGE "/:taskId"
#define API "/api/ship/tasks/:taskId"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, TASKS_PAGE, page, ROLE_VIEWER, &query_input, .whole = true,
      .doc = "Tasks, what is due first." },
    { METHOD_POST, ROUTE_PAGE, TASKS_PAGE, page_add, ROLE_AGENT, &new_input, .whole = true,
      .again = page_again, .doc = "Adds a task." },
    { METHOD_POST, ROUTE_PAGE, PAGE, page_change, ROLE_AGENT, &change_input, .whole = true,
      .doc = "Gives it to somebody, until a day." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/done", page_close, ROLE_AGENT, &close_input, .whole = true,
      .doc = "It is done." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/drop", page_close, ROLE_AGENT, &close_input, .whole = true,
      .doc = "It is not done any more." },

    { METHOD_GET, ROUTE_API, "/api/ship/tasks", api_list, ROLE_VIEWER, &query_input, .whole = true,
      .doc = "Tasks: open ones by when they are due, or closed ones.", .answer = &task_list_shape },
    { METHOD_POST, ROUTE_API, "/api/ship/tasks", api_add, ROLE_AGENT, &new_input, .whole = true,
      .status = 201, .doc = "Adds a task.", .answer = &task_shape },
    { METHOD_GET, ROUTE_API, API, api_get, ROLE_VIEWER, .whole = true, .doc = "A task.",
      .answer = &task_shape },
    { METHOD_PUT, ROUTE_API, API, api_change, ROLE_AGENT, &change_input, .whole = true,
      .doc = "Gives an open task to somebody, until a day.", .answer = &task_shape },
    { METHOD_POST, ROUTE_API, API "/done", api_close, ROLE_AGENT, &close_input, .whole = true,
      .doc = "It is done.", .answer = &task_shape },
    { METHOD_POST, ROUTE_API, API "/drop", api_close, ROLE_AGENT, &close_input, .whole = true,
      .doc = "It is not done any more.", .answer = &task_shape },
    { .path = NULL },
};

static const struct reaction reactions[] = {
    { SHIPMENT_STATUS_CHANGED, "ship.tasks", task_react },
    { .event = NULL },
};

const struct domain tasks_domain = { .name = "tasks", .routes = routes, .reactions = reactions };
