/* Tasks of parcels: made, given to somebody, closed, listed. */
#include "ship/task.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "base/uuid.h"
#include "db/db.h"
#include "ship/ship.h"
#include "ship/task.sql.h"
#include "track/value.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50

const char *const task_kinds[] = { "pick",       "pack",  "hand_over", "resolve_exception",
                                   "answer_ndr", "claim", "map_code",  "other",
                                   NULL };
const char *const task_states[] = { "open", "done", "dropped", NULL };

/* ---- by hand ---- */

static enum err read_day(struct ctx *c, const char *text, const char **out)
{
    *out = NULL;
    if (text && read_date(c->arena, str_of(text), out))
        return ctx_fault(c, "dueOn", "is not a day as 2026-05-12");
    return OK;
}

static enum err check_names(struct ctx *c, const struct task_new *n)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, task_names, &row, .order_id = n->order_id,
                          .shipment_id = n->shipment_id, .assignee_id = n->assignee_id);
    if (e != OK)
        return e;
    if (!row_bool(row, 0, "order"))
        e = ctx_fault(c, "orderId", "is that of no order");
    if (!row_bool(row, 0, "shipment"))
        e = ctx_fault(c, "shipmentId", "is that of no shipment");
    else if (e == OK && !row_bool(row, 0, "together"))
        e = ctx_fault(c, "shipmentId", "is that of another order's shipment");
    if (!row_bool(row, 0, "assignee"))
        e = ctx_fault(c, "assigneeId", "is that of nobody who could do it");
    return e;
}

static struct json_object *facts(struct ctx *c, const struct task_new *n, const char *due_on)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "kind", n->kind);
    json_set_text(o, "orderId", n->order_id);
    json_set_text(o, "shipmentId", n->shipment_id);
    json_set_text(o, "assigneeId", n->assignee_id);
    json_set_text(o, "dueOn", due_on);
    return o;
}

enum err task_add(struct ctx *c, const struct task_new *n, const char **id)
{
    PGresult *row;
    const char *due_on;
    enum err e = read_day(c, n->due_on, &due_on), named = check_names(c, n);
    if (strcmp(n->kind, "other") == 0 && !n->title)
        e = ctx_fault(c, "title", "is required of other tasks");
    e = e == OK ? named : e;
    if (e == OK)
        e = db_query(c->db, c->arena, task_add, &row, .kind = n->kind, .order_id = n->order_id,
                     .shipment_id = n->shipment_id, .title = n->title ? n->title : "",
                     .due_on = due_on, .assignee_id = n->assignee_id,
                     .made_by_name = c->actor.name);
    if (e != OK)
        return e;
    *id = row_text(row, 0, "id");
    return audit_add(c, "task.added", "task", *id, NULL, facts(c, n, due_on));
}

static enum err hold(struct ctx *c, const char *id, PGresult **row)
{
    enum err e =
        id && uuid_valid(id) ? db_query(c->db, c->arena, task_hold, row, .id = id) : ERR_NOT_FOUND;
    if (e == OK && rows_count(*row) == 0)
        return ERR_NOT_FOUND;
    if (e == OK && strcmp(row_text(*row, 0, "state"), "open") != 0)
        return ctx_refuse(c, ERR_CONFLICT, "It is %s already.", row_text(*row, 0, "state"));
    return e;
}

enum err task_change(struct ctx *c, const char *id, const struct task_change *to)
{
    PGresult *row;
    const char *due_on;
    const struct task_new named = { .assignee_id = to->assignee_id };
    enum err e = read_day(c, to->due_on, &due_on), who = check_names(c, &named);
    e = e == OK ? who : e;
    if (e == OK)
        e = hold(c, id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, task_change, NULL, .id = id, .due_on = due_on,
                     .assignee_id = to->assignee_id);
    if (e != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "assigneeId", to->assignee_id);
    json_set_text(after, "dueOn", due_on);
    return audit_add(c, "task.changed", "task", id, row_json(c->arena, row, 0), after);
}

enum err task_close(struct ctx *c, const char *id, const char *state, const char *note)
{
    PGresult *row;
    enum err e = hold(c, id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, task_close, NULL, .id = id, .state = state,
                     .actor_name = c->actor.name, .note = note ? note : "");
    if (e != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "kind", row_text(row, 0, "kind"));
    json_set_text(after, "note", note);
    return audit_add(c, arena_printf(c->arena, "task.%s", state), "task", id, NULL, after);
}

/* ---- by itself ---- */

static const struct {
    enum parcel_status status;
    const char *kind;
} troubles[] = {
    { PARCEL_EXCEPTION, "resolve_exception" },
    { PARCEL_FAILED_ATTEMPT, "answer_ndr" },
};

static enum err end_all(struct ctx *c, const char *shipment_id, enum parcel_status at)
{
    PGresult *rows;
    const char *note = arena_printf(c->arena, "The parcel is %s.", parcel_status_words(at));
    enum err e =
        db_query(c->db, c->arena, task_over, &rows, .shipment_id = shipment_id, .note = note);
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        struct json_object *after = json_own(c->arena, json_object_new_object());
        json_set_text(after, "kind", row_text(rows, i, "kind"));
        json_set_text(after, "note", note);
        e = audit_add(c, "task.done", "task", row_text(rows, i, "id"), NULL, after);
    }
    return e;
}

enum err task_react(struct ctx *c, const struct event *e)
{
    enum parcel_status to;
    const char *after = json_text(e->data, "to");
    if (!after || !parcel_status_of(after, &to))
        return ctx_refuse(c, ERR_INVALID, "The event does not say to which status.");
    if (to == PARCEL_DELIVERED || to == PARCEL_RETURNED || to == PARCEL_CANCELLED)
        return end_all(c, e->entity_id, to);
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
        if (troubles[i].status == to)
            return db_query(c->db, c->arena, task_make, NULL, .kind = troubles[i].kind,
                            .shipment_id = e->entity_id, .status = after);
    return OK;
}

/* ---- shown ---- */

enum err task_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *row;
    if (!id || !uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, task_list, &row, .id = id, .open = "f", .closed = "f",
                          .nobody = "f", .rows = "1");
    if (e == OK && rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        *out = row_json(c->arena, row, 0);
    return e;
}

static enum err read_assignee(struct ctx *c, const char *text, const char **id, bool *nobody)
{
    *id = NULL;
    *nobody = text && strcmp(text, "nobody") == 0;
    if (!text || *nobody)
        return OK;
    *id = strcmp(text, "me") == 0 ? c->actor.id : text;
    return *id && uuid_valid(*id) ? OK
                                  : ctx_fault(c, "assignee", "is neither me, nobody nor an id");
}

enum err task_list(struct ctx *c, const struct task_query *q, struct json_object **out)
{
    bool nobody;
    PGresult *rows;
    const char *after[2], *last[2] = { NULL }, *assignee;
    bool closed = q->state && strcmp(q->state, "closed") == 0;
    const char *purpose = closed ? "tasks-closed" : "tasks";
    enum err e = read_assignee(c, q->assignee, &assignee, &nobody);
    if (e == OK)
        e = cursor_read(c, purpose, q->after, 2, after);
    if (e == OK)
        e = db_query(c->db, c->arena, task_list, &rows, .open = closed ? "f" : "t",
                     .closed = closed ? "t" : "f", .kind = q->kind, .assignee_id = assignee,
                     .nobody = nobody ? "t" : "f", .order_id = q->order_id,
                     .shipment_id = q->shipment_id, .after_at = after[0], .after_id = after[1],
                     .rows = NUM(PAGE_ROWS + 1));
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *tasks = rows_json(c->arena, rows);
    if (rows_count(rows) > PAGE_ROWS) {
        json_object_array_del_idx(tasks, PAGE_ROWS, 1);
        last[0] = row_text(rows, PAGE_ROWS - 1, "_at");
        last[1] = row_text(rows, PAGE_ROWS - 1, "taskId");
    }
    json_set(d, "tasks", json_object_get(tasks));
    json_set_text(d, "next", last[0] ? cursor_make(c, purpose, 2, last) : NULL);
    *out = d;
    return OK;
}

enum err task_people(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_task_people, NULL, &rows);
    if (e == OK)
        *out = rows_json(c->arena, rows);
    return e;
}

/* ---- shapes ---- */

static const struct member task_members[] = {
    { "taskId", SHAPE_UUID, .help = "The task." },
    { "kind", SHAPE_CHOICE, .help = "What is to be done.", .values = task_kinds },
    { "state", SHAPE_CHOICE, .help = "Whether it is.", .values = task_states },
    { "title", SHAPE_TEXT, .help = "In words; may be empty." },
    { "orderId", SHAPE_UUID, .help = "The order it is of.", .nullable = true },
    { "orderNumber", SHAPE_TEXT, .example = "10482", .nullable = true },
    { "shipmentId", SHAPE_UUID, .help = "The shipment it is of.", .nullable = true },
    { "trackingNumber", SHAPE_TEXT, .help = "Of the shipment.", .nullable = true },
    { "shipmentStatus", SHAPE_CHOICE, .help = "Where the shipment stands.",
      .values = parcel_status_names, .nullable = true },
    { "dueAt", SHAPE_TIME, .help = "Until when.", .nullable = true },
    { "dueOn", SHAPE_TEXT, .help = "The day that is.", .example = "2026-05-12", .nullable = true },
    { "overdue", SHAPE_BOOL, .help = "Whether that is over, and it is open." },
    { "assigneeId", SHAPE_UUID, .help = "The user whose it is.", .nullable = true },
    { "assigneeName", SHAPE_TEXT, .example = "Vera Frei", .nullable = true },
    { "madeByName", SHAPE_TEXT, .help = "Null: it was made by itself.", .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When it was made." },
    { "closedAt", SHAPE_TIME, .help = "When it was done or dropped.", .nullable = true },
    { "closedByName", SHAPE_TEXT, .help = "Null: by itself.", .nullable = true },
    { "closeNote", SHAPE_TEXT, .help = "What was said then; may be empty." },
    { .name = NULL },
};
const struct shape task_shape = { "FulfilmentTask", "Something to be done of parcels.",
                                  task_members };

static const struct member list_members[] = {
    { "tasks", SHAPE_LIST, .help = "At most 50: open ones by when they are due.",
      .of = &task_shape },
    { "next", SHAPE_TEXT, .help = "For `after`: the page after this one.", .nullable = true },
    { .name = NULL },
};
const struct shape task_list_shape = { "FulfilmentTasks", "A page of tasks.", list_members };
