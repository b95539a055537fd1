/* The routes of what stands around the list of messages: views, figures, the search everywhere. */
#include "base/json.h"
#include "base/uuid.h"
#include "messages/figures.h"
#include "messages/messages.h"
#include "messages/search.h"
#include "messages/tell.h"
#include "messages/views.h"
#include "ship/words.h"
#include "track/labels.h"
#include "web/bar.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

/* ---- inputs ---- */

#define Q_MAX 1000

#define VIEW(member) offsetof(struct view, member)
static const struct field view_fields[] = {
    { "name", FIELD_TEXT, VIEW(name), .required = true, .min = 1, .max = 80,
      .help = "What it is called." },
    { "q", FIELD_TEXT, VIEW(q), .max = Q_MAX, .help = "The filter, as in the qualifier bar." },
    { "columns", FIELD_TEXT, VIEW(columns), .max = 200,
      .help = "What it shows beside the recipient: `state,unit,updated`. Absent: the usual." },
    { "shared", FIELD_BOOL, VIEW(shared), .help = "Whether others see it, too." },
    { .name = NULL },
};
static const struct input view_input = { "View", sizeof(struct view), view_fields };

struct tell_input {
    const char *tell;
};
static const char *const tell_choices[] = { "never", "nonempty", "daily", NULL };
static const struct field tell_fields[] = {
    { "tell", FIELD_CHOICE, offsetof(struct tell_input, tell), .required = true,
      .values = tell_choices, .help = "When to be told of it." },
    { .name = NULL },
};
static const struct input tell_input = { "ViewTell", sizeof(struct tell_input), tell_fields };

struct q_query {
    const char *q, *period, *columns;
};
static const struct field q_fields[] = {
    { "q", FIELD_TEXT, offsetof(struct q_query, q), .max = Q_MAX,
      .help = "The filter of the list beside it." },
    { "columns", FIELD_TEXT, offsetof(struct q_query, columns), .max = 200,
      .help = "The columns of the list beside it." },
    { .name = NULL },
};
static const struct field figures_fields[] = {
    { "q", FIELD_TEXT, offsetof(struct q_query, q), .max = Q_MAX, .help = "As of the list." },
    { "period", FIELD_CHOICE, offsetof(struct q_query, period), .values = figure_periods,
      .help = "How far back; absent: 7d." },
    { .name = NULL },
};
static const struct field search_fields[] = {
    { "q", FIELD_TEXT, offsetof(struct q_query, q), .max = 200,
      .help = "A Message-ID, a provider's id, a unit, a phone number, an address, a letter's code, "
              "a reference, part of a name or subject." },
    { .name = NULL },
};
static const struct input q_input = { "ViewsQuery", sizeof(struct q_query), q_fields };
static const struct input figures_input = { "FiguresQuery", sizeof(struct q_query),
                                            figures_fields };
static const struct input search_input = { "SearchQuery", sizeof(struct q_query), search_fields };

static const char *id_of(const struct req *r)
{
    const char *id = req_param(r, "viewId");
    return id && uuid_valid(id) ? id : NULL;
}

/* ---- API ---- */

static enum err reply_view(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *view;
    enum err e = id ? view_get(&r->ctx, id, &view) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    if (status != 200)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/track/views/%s", id));
    return reply_json(p, status, view);
}

static enum err api_views(struct req *r, struct reply *p)
{
    struct json_object *list, *d = json_own(r->ctx.arena, json_object_new_object());
    enum err e = views_list(&r->ctx, true, &list);
    if (e != OK)
        return e;
    json_set(d, "views", json_object_get(list));
    return reply_json(p, 200, d);
}

static enum err api_view(struct req *r, struct reply *p)
{
    return reply_view(r, p, 200, id_of(r));
}

static enum err api_view_add(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = view_add(&r->ctx, r->input, &id);
    return e ? e : reply_view(r, p, 201, id);
}

static enum err api_view_change(struct req *r, struct reply *p)
{
    const char *id = id_of(r);
    enum err e = id ? view_change(&r->ctx, id, r->input) : ERR_NOT_FOUND;
    return e ? e : reply_view(r, p, 200, id);
}

static enum err api_view_delete(struct req *r, struct reply *p)
{
    struct json_object *view;
    const char *id = id_of(r);
    enum err e = id ? view_get(&r->ctx, id, &view) : ERR_NOT_FOUND;
    if (e == OK)
        e = view_delete(&r->ctx, id);
    return e ? e : reply_json(p, 200, view);
}

static enum err api_figures(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct q_query *in = r->input;
    enum err e = messages_figures(&r->ctx, in->q, in->period, &d);
    return e ? e : reply_json(p, 200, d);
}

static enum err api_search(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct q_query *in = r->input;
    enum err e = search_everywhere(&r->ctx, in->q, &d);
    return e ? e : reply_json(p, 200, d);
}

/* ---- pages ---- */

static void dress_view(struct json_object *view, const char *q)
{
    struct json_object *count = json_get(view, "count");
    json_set_bool(view, "selected", strcmp(json_text(view, "q"), q) == 0);
    json_set_bool(view, "counted", count != NULL);
    const char *tell = json_text(view, "tell");
    json_set_bool(view, "kept", json_get(view, "viewId") != NULL);
    json_set_bool(view, "tellNonempty", tell && strcmp(tell, "nonempty") == 0);
    json_set_bool(view, "tellDaily", tell && strcmp(tell, "daily") == 0);
    json_set_bool(view, "ofOthers",
                  json_get(view, "viewId") && !json_object_get_boolean(json_get(view, "mine")));
}

static enum err views_page(struct req *r, struct reply *p)
{
    struct json_object *list, *d = json_own(r->ctx.arena, json_object_new_object());
    const struct q_query *in = r->input;
    enum err e = views_list(&r->ctx, true, &list);
    if (e != OK)
        return e;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        dress_view(json_object_array_get_idx(list, i), in->q ? in->q : "");
    json_set_text(d, "q", in->q ? in->q : "");
    json_set_text(d, "columnsText", in->columns);
    json_set(d, "views", json_object_get(list));
    json_set_bool(d, "canShare", r->ctx.actor.role >= ROLE_AGENT);
    return reply_page(p, "list/views_page", "list/views", d);
}

static enum err view_page_add(struct req *r, struct reply *p)
{
    const char *id = NULL;
    const struct view *v = r->input;
    enum err e = view_add(&r->ctx, v, &id);
    return e ? e : reply_redirect(p, bar_href(&r->ctx, MESSAGES_PAGE, v->q, v->columns));
}

static enum err view_page_change(struct req *r, struct reply *p)
{
    const char *id = id_of(r);
    const struct view *v = r->input;
    enum err e = id ? view_change(&r->ctx, id, v) : ERR_NOT_FOUND;
    return e ? e : reply_redirect(p, bar_href(&r->ctx, MESSAGES_PAGE, v->q, v->columns));
}

static enum err view_page_delete(struct req *r, struct reply *p)
{
    const char *id = id_of(r);
    enum err e = id ? view_delete(&r->ctx, id) : ERR_NOT_FOUND;
    return e ? e : reply_redirect(p, "/messages");
}

static enum err view_page_tell(struct req *r, struct reply *p)
{
    const char *id = id_of(r), *tell = ((const struct tell_input *)r->input)->tell;
    enum err e =
        id ? view_tell(&r->ctx, id, strcmp(tell, "never") == 0 ? NULL : tell) : ERR_NOT_FOUND;
    return e ? e : reply_redirect(p, "/messages/views");
}

static enum err figures_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct q_query *in = r->input;
    enum err e = messages_figures(&r->ctx, in->q, in->period, &d);
    if (e != OK)
        return e;
    figures_dress(&r->ctx, d);
    json_set_bool(d, "canAct", r->ctx.actor.role >= ROLE_AGENT);
    return reply_page(p, "list/figures_page", "list/figures", d);
}

static const char *const type_icons[][2] = {
    { "unit", "map-pin" },       { "building", "building-2" }, { "run", "send" },
    { "order", "shopping-bag" }, { "shipment", "package" },
};

static void dress_found(struct json_object *f)
{
    const char *type = json_text(f, "type"), *status = json_text(f, "status");
    const char *channel = json_text(f, "channel"), *icon = "mail";
    for (size_t i = 0; i < sizeof(type_icons) / sizeof(type_icons[0]); i++)
        if (strcmp(type_icons[i][0], type) == 0)
            icon = type_icons[i][1];
    json_set_text(f, "icon", channel ? channel_label(channel)->icon : icon);
    const char *parcel = json_text(f, "parcelStatus");
    const struct label *standing = status                       ? standing_of(f)
                                   : !parcel                    ? NULL
                                   : strcmp(type, "order") == 0 ? order_label(parcel)
                                                                : parcel_label(parcel);
    json_set_text(f, "statusLabel", standing ? standing->word : NULL);
    json_set_text(f, "tone", standing ? standing->tone : NULL);
}

static enum err search_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct q_query *in = r->input;
    enum err e = search_everywhere(&r->ctx, in->q, &d);
    if (e != OK)
        return e;
    struct json_object *results = json_get(d, "results");
    for (size_t i = 0; i < json_object_array_length(results); i++)
        dress_found(json_object_array_get_idx(results, i));
    json_set_bool(d, "parcels", r->ctx.actor.all_buildings);
    json_set_bool(d, "asked", *json_text(d, "q") != '\0');
    json_set_bool(d, "none", json_object_array_length(results) == 0);
    json_set_text(d, "inList", bar_href(&r->ctx, MESSAGES_PAGE, json_text(d, "q"), NULL));
    return reply_page(p, "search/page", "search/results", d);
}

#define API_VIEW "/api/track/views/:viewId"
#define PAGE_VIEW "/messages/views/:viewId"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/track/views", api_views, ROLE_VIEWER,
      .doc = "Views of the list of messages with their counts.", .answer = &saved_views_shape },
    { METHOD_POST, ROUTE_API, "/api/track/views", api_view_add, ROLE_VIEWER, &view_input,
      .doc = "Keeps a filter under a name.", .answer = &saved_view_shape, .status = 201 },
    { METHOD_GET, ROUTE_API, API_VIEW, api_view, ROLE_VIEWER, .doc = "A kept view.",
      .answer = &saved_view_shape },
    { METHOD_PUT, ROUTE_API, API_VIEW, api_view_change, ROLE_VIEWER, &view_input,
      .doc = "Changes one's own view.", .answer = &saved_view_shape },
    { METHOD_DELETE, ROUTE_API, API_VIEW, api_view_delete, ROLE_VIEWER,
      .doc = "Deletes one's own view. Answers what it was.", .answer = &saved_view_shape },
    { METHOD_GET, ROUTE_API, "/api/track/communications/figures", api_figures, ROLE_VIEWER,
      &figures_input, .doc = "When messages of a filter moved, and what failures have in common.",
      .answer = &figures_shape },
    { METHOD_GET, ROUTE_API, "/api/track/search", api_search, ROLE_VIEWER, &search_input,
      .doc = "Whatever is pasted, as what it may be: messages, units, buildings, runs.",
      .answer = &search_shape },
    { METHOD_GET, ROUTE_PAGE, "/messages/views", views_page, ROLE_VIEWER, &q_input,
      .doc = "The views of the list, with their counts." },
    { METHOD_POST, ROUTE_PAGE, "/messages/views", view_page_add, ROLE_VIEWER, &view_input,
      .doc = "Keeps a view and shows it." },
    { METHOD_POST, ROUTE_PAGE, PAGE_VIEW, view_page_change, ROLE_VIEWER, &view_input,
      .doc = "Changes one's own view." },
    { METHOD_POST, ROUTE_PAGE, PAGE_VIEW "/delete", view_page_delete, ROLE_VIEWER,
      .doc = "Deletes one's own view." },
    { METHOD_POST, ROUTE_PAGE, PAGE_VIEW "/tell", view_page_tell, ROLE_VIEWER, &tell_input,
      .queues = true, .doc = "Has oneself told of a view by e-mail, or no more." },
    { METHOD_GET, ROUTE_PAGE, "/messages/figures", figures_page, ROLE_VIEWER, &figures_input,
      .doc = "The figures over the list." },
    { METHOD_GET, ROUTE_PAGE, "/search", search_page, ROLE_VIEWER, &search_input,
      .doc = "Search everywhere: what the palette shows, as a page." },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { "messages.tell_view", "email", .lease_seconds = 120, .max_attempts = 6, .external = true,
      .together = 4, .run = view_look,
      .doc = "Looks at a view for somebody, and tells of it by e-mail." },
    { .name = NULL },
};

const struct domain views_domain = {
    .name = "views",
    .routes = routes,
    .jobs = jobs,
};
