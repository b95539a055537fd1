/* The routes of the list of messages. */
#include "base/json.h"
#include "channels/message.h"
#include "messages/columns.h"
#include "messages/filter.h"
#include "messages/messages.h"
#include "messages/shapes.h"
#include "messages/views.h"
#include "track/labels.h"
#include "track/tag.h"
#include "web/bar.h"
#include "web/web.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct messages_query, member)

static const struct field list_fields[] = {
    { "q", FIELD_TEXT, AT(q), .max = 1000,
      .help = "Qualifiers and words: `status:failed -channel:sms building:LH-12 Keller`." },
    { "all", FIELD_BOOL, AT(all),
      .help = "Look through everything, not only the last 100,000 that moved." },
    { "after", FIELD_TEXT, AT(after), .max = 2048, .help = "The page after this cursor." },
    { .name = NULL },
};
static const char *const leads[] = { "count", "figures", "views", "usual", NULL };
static const struct field page_fields[] = {
    { "q", FIELD_TEXT, AT(q), .max = 1000, .help = "As in the bar over the list." },
    { "all", FIELD_BOOL, AT(all), .help = "Look through everything." },
    { "after", FIELD_TEXT, AT(after), .max = 2048, .help = "The page after this cursor." },
    { "columns", FIELD_TEXTS, AT(columns), .max = 200,
      .help = "What is shown beside the recipient, in this order." },
    { "without", FIELD_INT, AT(without), .min = 1, .max = 40,
      .help = "Leads on to the list without this word of q, counted from 1." },
    { "to", FIELD_CHOICE, AT(to), .values = leads,
      .help = "Leads on to what stands beside the list, or to its usual columns." },
    { "open", FIELD_UUID, AT(open), .help = "The message that is shown beside the list." },
    { .name = NULL },
};
static const struct field count_fields[] = {
    { "q", FIELD_TEXT, AT(q), .max = 1000, .help = "As of the list." },
    { "all", FIELD_BOOL, AT(all), .help = "As of the list." },
    { "exact", FIELD_BOOL, AT(exact), .help = "Count beyond 10,000, which may take its time." },
    { .name = NULL },
};
static const struct input list_query = { "MessagesQuery", sizeof(struct messages_query),
                                         list_fields };
static const struct input page_query = { "MessagesPageQuery", sizeof(struct messages_query),
                                         page_fields };
static const struct input count_query = { "MessagesCountQuery", sizeof(struct messages_query),
                                          count_fields };

/* ---- the page ---- */

static void add_words(struct json_object *m)
{
    const struct label *status = standing_of(m);
    const struct label *channel = channel_label(json_text(m, "channel"));
    json_set_text(m, "statusLabel", status->word);
    json_set_text(m, "icon", status->icon);
    json_set_text(m, "tone", status->tone);
    json_set_text(m, "channelLabel", channel->word);
    json_set_text(m, "channelIcon", channel->icon);
}

/* Messages under their days. */
static struct json_object *days_of(struct json_object *messages)
{
    const char *present = "";
    struct json_object *rows = NULL, *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(messages); i++) {
        struct json_object *m = json_object_array_get_idx(messages, i);
        const char *name = json_text(m, "updatedDay");
        add_words(m);
        if (strcmp(name, present) != 0) {
            struct json_object *day = json_object_new_object();
            rows = json_object_new_array();
            json_set_text(day, "day", name);
            json_set(day, "messages", rows);
            json_object_array_add(list, day);
            present = name;
        }
        json_object_array_add(rows, json_object_get(m));
    }
    return list;
}

/* What a qualifier is completed from, with commas between: all there is of it, or what there is of
   it now. */
static const char *values_of(struct ctx *c, const struct qualifier *q, struct json_object *tags)
{
    struct buf b = buf_in(c->arena);
    const char *const *values = q->values;
    if (strcmp(q->name, "template") == 0)
        values = message_names(c);
    for (; values && *values; values++)
        buf_printf(&b, "%s%s", b.n ? "," : "", *values);
    for (size_t i = 0; strcmp(q->name, "tag") == 0 && i < json_object_array_length(tags); i++)
        buf_printf(&b, "%s%s", b.n ? "," : "",
                   json_object_get_string(json_object_array_get_idx(tags, i)));
    return b.p;
}

static struct json_object *help_of(struct ctx *c, struct json_object *tags)
{
    struct json_object *list = json_object_new_array();
    for (const struct qualifier *q = qualifiers; q->key; q++)
        json_object_array_add(list, qualifier_help(q, values_of(c, q, tags)));
    return list;
}

/* The page's own address of what leads on in the API. */
static void lead_on(struct ctx *c, struct json_object *d, const char *key)
{
    const char *link = json_text(d, key), *query = link ? strchr(link, '?') : NULL;
    const char *columns = json_text(d, "columnsText");
    if (query)
        json_put(d, key, false,
                 json_text_new(arena_printf(c->arena, "/messages%s%s%s", query,
                                            columns ? "&columns=" : "", columns ? columns : "")));
}

/* Of what the last so many were looked through. */
static enum err add_searched(struct ctx *c, const char *q, struct json_object *d)
{
    struct json_object *filter, *searched = json_get(d, "searched");
    if (!searched)
        return OK;
    enum err e = filter_parse(c, q, &filter);
    if (e != OK)
        return e;
    bool odd = json_object_get_int64(searched) == MESSAGES_WINDOW_ODD;
    json_set_text(d, "searchedLast", odd ? "5,000" : "100,000");
    json_set_text(d, "searchedOf",
                  arena_printf(c->arena, "%s%s%s", odd ? " to that status" : "",
                               json_get(filter, "year") ? " of each year named" : "",
                               json_get(filter, "before") ? " before the day named" : ""));
    return OK;
}

/* A wrong qualifier is told beside the bar, over an empty list. */
static enum err refused(struct req *r, struct json_object **out)
{
    struct ctx *c = &r->ctx;
    const struct messages_query *query = r->input;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *faults = json_object_new_array();
    for (int i = 0; i < c->problem.n; i++)
        json_object_array_add(faults, json_text_new(c->problem.faults[i].message));
    json_set(d, "faults", faults);
    json_set(d, "communications", json_object_new_array());
    json_set_text(d, "q", query->q ? query->q : "");
    c->problem = (struct problem){ 0 };
    *out = d;
    return OK;
}

/* Where the number of those in the list is told. */
static const char *count_href(struct ctx *c, const struct messages_query *query, bool exact)
{
    struct buf b = buf_in(c->arena);
    const char *q = query->q ? query->q : "";
    buf_puts(&b, "/messages/count?q=");
    buf_url(&b, q, strlen(q));
    buf_puts(&b, query->all ? "&all=true" : "");
    buf_puts(&b, exact ? "&exact=true" : "");
    return b.p;
}

static const char *beside(struct ctx *c, const char *path, const char *q)
{
    struct buf b = buf_in(c->arena);
    buf_printf(&b, "%s?q=", path);
    buf_url(&b, q, strlen(q));
    return b.p;
}

/* Views by name, chips, and where counts and figures come from when they are looked at. */
static enum err add_around(struct ctx *c, struct json_object *d)
{
    struct json_object *views;
    const char *q = json_text(d, "q"), *columns = json_text(d, "columnsText");
    enum err e = views_list(c, false, &views);
    if (e != OK)
        return e;
    for (size_t i = 0; i < json_object_array_length(views); i++) {
        struct json_object *view = json_object_array_get_idx(views, i);
        json_set_bool(view, "selected", strcmp(json_text(view, "q"), q) == 0);
    }
    json_set(d, "views", json_object_get(views));
    json_set(d, "chips", bar_chips(c, q));
    json_set_bool(d, "moreChips", bar_more(c, q) > 0);
    json_set_int(d, "moreCount", bar_more(c, q));
    json_set_bool(d, "wrong", json_get(d, "faults") != NULL);
    json_set_bool(d, "canAct", c->actor.role >= ROLE_AGENT);
    json_set_int(d, "width",
                 (int64_t)json_object_array_length(json_get(d, "columns")) + 1 +
                     (json_get(d, "lead") != NULL) + (c->actor.role >= ROLE_AGENT));
    json_set_bool(d, "unplaced", columns && !strstr(columns, "updated"));
    json_set_text(d, "clearHref", bar_href(c, MESSAGES_PAGE, NULL, columns));
    return OK;
}

static const char *names_of(struct ctx *c, const char *const *columns)
{
    struct buf b = buf_in(c->arena);
    for (; columns && *columns; columns++)
        buf_printf(&b, "%s%s", b.n ? "," : "", *columns);
    return b.n ? b.p : NULL;
}

static const char *lead_to(struct ctx *c, const struct messages_query *query)
{
    const char *q = query->q ? query->q : "", *columns = names_of(c, query->columns);
    if (strcmp(query->to, "usual") == 0)
        return bar_href(c, MESSAGES_PAGE, q, NULL);
    const char *href = beside(c, arena_printf(c->arena, "/messages/%s", query->to), q);
    return strcmp(query->to, "views") == 0 && columns
               ? arena_printf(c->arena, "%s&columns=%s", href, columns)
               : href;
}

/* A chip names its word by its place, and buttons of the bar say what they lead to: links would
   each repeat the whole filter. */
static enum err lead_from(struct ctx *c, const struct messages_query *query, struct reply *p)
{
    if (query->to)
        return reply_redirect(p, lead_to(c, query));
    return reply_redirect(p,
                          bar_href(c, MESSAGES_PAGE, bar_without_place(c, query->q, query->without),
                                   names_of(c, query->columns)));
}

static enum err page(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct messages_query query = *(const struct messages_query *)r->input;
    if (query.without || query.to)
        return lead_from(&r->ctx, &query, p);
    query.keys = true;
    enum err e = messages_list(&r->ctx, &query, &d);
    if (e == ERR_INVALID)
        e = refused(r, &d);
    if (e != OK)
        return e;
    struct json_object *messages = json_get(d, "communications");
    e = columns_add(&r->ctx, query.columns, d);
    if (e == OK)
        e = add_searched(&r->ctx, query.q, d);
    if (e != OK)
        return e;
    lead_on(&r->ctx, d, "next");
    lead_on(&r->ctx, d, "searchAll");
    json_set(d, "days", days_of(messages));
    json_set_bool(d, "none", json_object_array_length(messages) == 0);
    json_set_bool(d, "filtered", *json_text(d, "q") != '\0');
    json_set_text(d, "open", query.open);
    if (json_object_array_length(messages) == 0 && !json_get(d, "faults")) {
        struct json_object *nearest;
        e = messages_nearest(&r->ctx, &query, &nearest);
        if (e != OK)
            return e;
        json_set(d, "nearest", json_object_get(nearest));
        json_set_bool(d, "anyNearest", json_object_array_length(nearest) > 0);
    }
    e = add_around(&r->ctx, d);
    return e ? e : reply_page(p, "list/page", NULL, d);
}

static enum err count_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = messages_count(&r->ctx, r->input, &d);
    if (e != OK)
        return e;
    json_set_bool(d, "one", json_object_get_int64(json_get(d, "count")) == 1);
    json_set_text(d, "exactHref", count_href(&r->ctx, r->input, true));
    return reply_page(p, "list/count_page", "list/count", d);
}

static enum err help_page(struct req *r, struct reply *p)
{
    struct json_object *tags, *d = json_own(r->ctx.arena, json_object_new_object());
    enum err e = tags_known(&r->ctx, &tags);
    if (e != OK)
        return e;
    json_set(d, "qualifiers", help_of(&r->ctx, tags));
    return reply_page(p, "list/help_page", "list/help", d);
}

/* ---- API ---- */

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = messages_list(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_count(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = messages_count(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/messages", page, ROLE_VIEWER, &page_query,
      .doc = "All messages, newest first, narrowed by qualifiers." },
    { METHOD_GET, ROUTE_PAGE, "/messages/count", count_page, ROLE_VIEWER, &count_query,
      .doc = "How many messages match." },
    { METHOD_GET, ROUTE_PAGE, "/messages/help", help_page, ROLE_VIEWER,
      .doc = "What the bar over the list of messages understands." },
    { METHOD_GET, ROUTE_API, "/api/track/communications", api_list, ROLE_VIEWER, &list_query,
      .doc = "Communications narrowed by qualifiers, newest first, 50 at a time.",
      .answer = &messages_shape },
    { METHOD_GET, ROUTE_API, "/api/track/communications/count", api_count, ROLE_VIEWER,
      &count_query, .doc = "How many there are, up to 10,000 or exactly.",
      .answer = &messages_count_shape },
    { .path = NULL },
};

const struct domain messages_domain = { .name = "messages", .routes = routes };
