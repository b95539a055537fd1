/* The routes of bulk actions: their pages, and the API. */
#include "base/json.h"
#include "bulk/bulk.h"
#include "bulk/shapes.h"
#include "bulk/view.h"
#include "exports/exports.h"
#include "messages/filter.h"
#include "track/channel.h"
#include "track/communication.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

/* ---- inputs ---- */

struct plan_input {
    const char *action, *q, *of, *channel, *mark, *note, *format, *tag;
    const char **ids, **units;
    bool all;
};

#define AT(member) offsetof(struct plan_input, member)
static const struct field plan_fields[] = {
    { "action", FIELD_CHOICE, AT(action), .required = true, .values = bulk_actions,
      .help = "What is to be done." },
    { "q", FIELD_TEXT, AT(q), .max = 2000,
      .help = "To which communications: qualifiers and words, as in the list of messages." },
    { "ids", FIELD_TEXTS, AT(ids), .help = "Or to these, by their ids." },
    { "of", FIELD_UUID, AT(of), .help = "Or to those of one's own plan with this id." },
    { "units", FIELD_TEXTS, AT(units), .max = 100,
      .help = "Of what q says only these units, by their numbers." },
    { "all", FIELD_BOOL, AT(all), .help = "Or to all that one may see." },
    { "channel", FIELD_CHOICE, AT(channel), .values = channel_names,
      .help = "Of resend: another way than the last." },
    { "mark", FIELD_CHOICE, AT(mark), .values = manual_event_types,
      .help = "Of mark: what was seen or done." },
    { "note", FIELD_TEXT, AT(note), .max = 2000, .help = "Why; on every timeline." },
    { "format", FIELD_CHOICE, AT(format), .values = export_row_formats, .help = "Of export: csv." },
    { "tag", FIELD_TEXT, AT(tag), .max = 200, .help = "Of tag and untag: the word." },
    { .name = NULL },
};
static const struct input plan_input = { "BulkNew", sizeof(struct plan_input), plan_fields };

static const struct field items_fields[] = {
    { "state", FIELD_CHOICE, offsetof(struct bulk_items, state), .values = bulk_item_states,
      .help = "Only items in this state." },
    { "after", FIELD_TEXT, offsetof(struct bulk_items, after), .max = 2048,
      .help = "The page after this cursor." },
    { .name = NULL },
};
static const struct input items_query = { "BulkItems", sizeof(struct bulk_items), items_fields };

static const struct field proof_fields[] = {
    { "planToken", FIELD_TEXT, offsetof(struct bulk_proof, token), .required = true, .max = 100,
      .help = "As the plan tells it." },
    { "count", FIELD_INT, offsetof(struct bulk_proof, count), .min = 1, .max = BULK_MOST,
      .help = "How many they are, where the plan needs it." },
    { .name = NULL },
};
static const struct input proof_input = { "BulkConfirm", sizeof(struct bulk_proof), proof_fields };

/* Numbers are only numbers within buildings: q has to say which. */
static enum err only_units(struct ctx *c, const char **units, struct json_object *filter)
{
    if (!filter || !json_get(filter, "building"))
        return ctx_fault(c, "units", "Say in q of which building they are.");
    struct json_object *list = json_object_new_array();
    for (; *units; units++)
        json_object_array_add(list, json_object_new_string(*units));
    json_set(filter, "unit", list);
    return OK;
}

static enum err plan(struct req *r, const char **id)
{
    const struct plan_input *in = r->input;
    struct bulk_new n = { .action = in->action,
                          .ids = (const char *const *)in->ids,
                          .of = in->of,
                          .channel = in->channel,
                          .mark = in->mark,
                          .note = in->note,
                          .tag = in->tag,
                          .format = in->format ? in->format : "csv" };
    if ((in->q && *in->q ? 1 : 0) + in->all + (in->ids && in->ids[0]) + (in->of ? 1 : 0) > 1)
        return ctx_fault(&r->ctx, "ids", "Either name them, or say which, or take all.");
    enum err e = OK;
    if ((in->q && *in->q) || in->all)
        e = filter_read(&r->ctx, in->all ? NULL : in->q, &n.filter);
    if (e == OK && n.filter && !in->all && json_object_object_length(n.filter) == 0)
        return ctx_fault(&r->ctx, "q", "This says nothing: to take every message, say all.");
    if (e == OK && in->units && in->units[0])
        e = only_units(&r->ctx, in->units, n.filter);
    return e ? e : bulk_plan(&r->ctx, &n, id);
}

static const char *id_of(const struct req *r)
{
    return req_param(r, "bulkId");
}

/* ---- API ---- */

static enum err reply_bulk(struct req *r, struct reply *p, int status, const char *id,
                           const struct bulk_items *items)
{
    struct json_object *bulk;
    enum err e = bulk_get(&r->ctx, id, items, &bulk);
    if (e != OK)
        return e;
    if (status != 200)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/track/bulk/%s", id));
    return reply_json(p, status, bulk);
}

static const struct bulk_items first = { .after = NULL };

static enum err api_plan(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = plan(r, &id);
    return e ? e : reply_bulk(r, p, 201, id, &first);
}

static enum err api_get(struct req *r, struct reply *p)
{
    return reply_bulk(r, p, 200, id_of(r), r->input);
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *list, *o = json_own(r->ctx.arena, json_object_new_object());
    enum err e = bulk_list(&r->ctx, &list);
    if (e != OK)
        return e;
    json_set(o, "actions", json_object_get(list));
    return reply_json(p, 200, o);
}

static enum err api_confirm(struct req *r, struct reply *p)
{
    enum err e = bulk_confirm(&r->ctx, id_of(r), r->input);
    return e ? e : reply_bulk(r, p, 202, id_of(r), &first);
}

typedef enum err deed(struct ctx *c, const char *id);

static enum err api_do(struct req *r, struct reply *p, deed *act)
{
    enum err e = act(&r->ctx, id_of(r));
    return e ? e : reply_bulk(r, p, 200, id_of(r), &first);
}

static enum err api_approve(struct req *r, struct reply *p)
{
    return api_do(r, p, bulk_approve);
}

static enum err api_pause(struct req *r, struct reply *p)
{
    return api_do(r, p, bulk_pause);
}

static enum err api_resume(struct req *r, struct reply *p)
{
    return api_do(r, p, bulk_resume);
}

static enum err api_cancel(struct req *r, struct reply *p)
{
    return api_do(r, p, bulk_cancel);
}

static enum err api_undo(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = bulk_undo(&r->ctx, id_of(r), &id);
    return e ? e : reply_bulk(r, p, 202, id, &first);
}

/* ---- pages ---- */

static enum err to_bulk(struct req *r, struct reply *p, const char *id)
{
    return reply_redirect(p, arena_printf(r->ctx.arena, "/bulk/%s", id));
}

static enum err show(struct req *r, struct reply *p, const char *template)
{
    struct json_object *bulk;
    const struct bulk_items *items = r->input;
    enum err e = bulk_get(&r->ctx, id_of(r), items, &bulk);
    if (e != OK)
        return e;
    bulk_show(&r->ctx, bulk);
    json_set_text(bulk, "only", items->state);
    return reply_page(p, template, NULL, bulk);
}

static enum err page_list(struct req *r, struct reply *p)
{
    struct json_object *list, *o = json_own(r->ctx.arena, json_object_new_object());
    enum err e = bulk_list(&r->ctx, &list);
    if (e != OK)
        return e;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        bulk_show(&r->ctx, json_object_array_get_idx(list, i));
    json_set_text(o, "title", "Bulk actions");
    json_set_bool(o, "any", json_object_array_length(list) > 0);
    json_set(o, "actions", json_object_get(list));
    return reply_page(p, "bulk/list", NULL, o);
}

static enum err page_plan(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = plan(r, &id);
    return e ? e : to_bulk(r, p, id);
}

static enum err page_get(struct req *r, struct reply *p)
{
    return show(r, p, "bulk/page");
}

/* The part that asks again while it runs; with its end the page is loaded anew. */
static enum err page_progress(struct req *r, struct reply *p)
{
    struct json_object *bulk;
    enum err e = bulk_get(&r->ctx, id_of(r), &first, &bulk);
    if (e != OK)
        return e;
    bulk_show(&r->ctx, bulk);
    if (!json_get(bulk, "moving"))
        reply_header(p, "HX-Refresh", "true");
    return reply_page(p, "bulk/progress", NULL, bulk);
}

static enum err page_confirm(struct req *r, struct reply *p)
{
    enum err e = bulk_confirm(&r->ctx, id_of(r), r->input);
    return e ? e : to_bulk(r, p, id_of(r));
}

static enum err page_do(struct req *r, struct reply *p, deed *act)
{
    enum err e = act(&r->ctx, id_of(r));
    return e ? e : to_bulk(r, p, id_of(r));
}

static enum err page_approve(struct req *r, struct reply *p)
{
    return page_do(r, p, bulk_approve);
}

static enum err page_pause(struct req *r, struct reply *p)
{
    return page_do(r, p, bulk_pause);
}

static enum err page_resume(struct req *r, struct reply *p)
{
    return page_do(r, p, bulk_resume);
}

static enum err page_cancel(struct req *r, struct reply *p)
{
    return page_do(r, p, bulk_cancel);
}

static enum err page_undo(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = bulk_undo(&r->ctx, id_of(r), &id);
    return e ? e : to_bulk(r, p, id);
}

/* ---- routes ---- */

#define PAGE(m, path, handle, ...)                                                                 \
    {                                                                                              \
        METHOD_##m, ROUTE_PAGE, "/bulk" path, handle, ROLE_AGENT, __VA_ARGS__                      \
    }
#define API(m, path, handle, ...)                                                                  \
    {                                                                                              \
        METHOD_##m, ROUTE_API, "/api/track/bulk" path, handle, ROLE_AGENT, .answer = &bulk_shape,  \
                                                                           __VA_ARGS__             \
    }

static const struct route routes[] = {
    PAGE(GET, "", page_list, .doc = "The latest bulk actions."),
    PAGE(POST, "", page_plan, .input = &plan_input, .slow = true, .doc = "Plans a bulk action."),
    PAGE(GET, "/:bulkId", page_get, .input = &items_query,
         .doc = "A bulk action: its plan, its progress, its report."),
    PAGE(GET, "/:bulkId/progress", page_progress, .doc = "How far it is."),
    PAGE(POST, "/:bulkId/confirm", page_confirm, .input = &proof_input, .slow = true,
         .queues = true, .doc = "Confirms a plan."),
    PAGE(POST, "/:bulkId/approve", page_approve, .slow = true, .queues = true,
         .doc = "Approves it, as a second person."),
    PAGE(POST, "/:bulkId/pause", page_pause, .doc = "Pauses it."),
    PAGE(POST, "/:bulkId/resume", page_resume, .queues = true, .doc = "Goes on with it."),
    PAGE(POST, "/:bulkId/cancel", page_cancel, .slow = true, .doc = "Cancels what is left."),
    PAGE(POST, "/:bulkId/undo", page_undo, .slow = true, .queues = true, .doc = "Takes it back."),
    { METHOD_GET, ROUTE_API, "/api/track/bulk", api_list, ROLE_AGENT,
      .doc = "One's own latest bulk actions, and everybody's for those who see all buildings.",
      .answer = &bulk_list_shape },
    API(POST, "", api_plan, .input = &plan_input, .slow = true, .status = 201,
        .doc = "Plans a bulk action over a snapshot; nothing is done before it is confirmed."),
    API(GET, "/:bulkId", api_get, .input = &items_query,
        .doc = "A bulk action: how far it is, and a page of its items."),
    API(POST, "/:bulkId/confirm", api_confirm, .input = &proof_input, .slow = true, .queues = true,
        .status = 202, .doc = "Confirms a plan: it runs, or waits for approval."),
    API(POST, "/:bulkId/approve", api_approve, .slow = true, .queues = true,
        .doc = "Approves it, as a second person: it runs."),
    API(POST, "/:bulkId/pause", api_pause, .doc = "Pauses it between two items."),
    API(POST, "/:bulkId/resume", api_resume, .queues = true, .doc = "Goes on with it."),
    API(POST, "/:bulkId/cancel", api_cancel, .slow = true,
        .doc = "Cancels what is left; what is done stays done."),
    API(POST, "/:bulkId/undo", api_undo, .slow = true, .queues = true, .status = 202,
        .doc = "Takes back a hold or a release, a tag put on or taken off, within ten minutes of "
               "its end: another action."),
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { "bulk.run", "bulk", .lease_seconds = 60, .external = true, .run = bulk_run,
      .doc = "Does one bulk action, item by item." },
    { "bulk.tend", "track", .max_attempts = 3, .run = bulk_tend,
      .doc = "Ends plans that nobody confirmed, and pauses actions that nobody does." },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "bulk.tend", "bulk.tend", 60, "Old plans end; bulk actions that nobody does are paused." },
    { .name = NULL },
};

const struct domain bulk_domain = {
    .name = "bulk",
    .routes = routes,
    .jobs = jobs,
    .schedules = schedules,
};
