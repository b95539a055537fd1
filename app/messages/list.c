/* A page of the list of messages, and how many there are. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "messages/filter.h"
#include "messages/list.sql.h"
#include "messages/messages.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50
#define COUNT_MOST 10000
#define TAGGED_MOST 20000

static bool names(struct json_object *filter, const char *key)
{
    return json_get(filter, key) != NULL;
}

/* Statuses that few messages have are found by an index of their own. */
static bool names_odd_ones_only(struct json_object *filter)
{
    static const char *const many[] = { "DRAFT", "SENT", "DELIVERED", "OPENED" };
    struct json_object *statuses = json_get(filter, "status");
    for (size_t i = 0; statuses && i < json_object_array_length(statuses); i++)
        for (size_t k = 0; k < sizeof(many) / sizeof(many[0]); k++)
            if (strcmp(json_object_get_string(json_object_array_get_idx(statuses, i)), many[k]) ==
                0)
                return false;
    return statuses != NULL;
}

/* What the indexes of those statuses hold: each message they lead to is one of the list. */
static bool names_no_more(struct json_object *filter)
{
    static const char *const held[] = { "status", "year", "before", "after" };
    int n = 0;
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
        n += names(filter, held[i]);
    return n == json_object_object_length(filter);
}

/* The units of which something says all that is looked for. */
static enum err find_units(struct ctx *c, struct json_object *filter)
{
    PGresult *rows;
    struct json_object *text = json_get(filter, "text"), *to = json_get(filter, "to");
    struct json_object *words = json_own(c->arena, json_object_new_array()), *units;
    for (size_t i = 0; text && i < json_object_array_length(text); i++)
        json_object_array_add(words, json_object_get(json_object_array_get_idx(text, i)));
    if (to && json_object_array_length(to) == 1)
        json_object_array_add(words, json_object_get(json_object_array_get_idx(to, 0)));
    if (json_object_array_length(words) == 0)
        return OK;
    enum err e = db_query(c->db, c->arena, messages_units, &rows, .words = filter_json(c, words),
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && (units = json_get(row_json(c->arena, rows, 0), "units")))
        json_set(filter, "units", json_object_get(units));
    return e;
}

/* The units that have one of the numbers, where the filter looks for them. */
static enum err find_numbered(struct ctx *c, struct json_object *filter)
{
    PGresult *rows;
    struct json_object *units;
    if (!json_get(filter, "unit"))
        return OK;
    enum err e =
        db_query(c->db, c->arena, messages_numbered, &rows, .filter = filter_json(c, filter),
                 .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && (units = json_get(row_json(c->arena, rows, 0), "units")))
        json_set(filter, "units", json_object_get(units));
    return e;
}

/* Whether a tag is on too many messages to look each of them up. */
static enum err find_often(struct ctx *c, struct json_object *filter)
{
    PGresult *row;
    struct json_object *tags = json_get(filter, "tag");
    if (!tags)
        return OK;
    enum err e = db_query(c->db, c->arena, messages_tagged, &row,
                          .tags = json_object_get_string(json_object_array_get_idx(tags, 0)),
                          .most = arena_printf(c->arena, "%d", TAGGED_MOST));
    if (e == OK && row_bool(row, 0, "often"))
        json_set_bool(filter, "tagOften", true);
    return e;
}

static enum err find_since(struct ctx *c, bool odd, struct messages_search *s)
{
    PGresult *row;
    s->window = odd ? MESSAGES_WINDOW_ODD : MESSAGES_WINDOW;
    enum err e = db_query(c->db, c->arena, messages_since, &row, .filter = s->filter,
                          .most = arena_printf(c->arena, "%ld", s->window));
    if (e == OK)
        s->since = row_text(row, 0, "since");
    return e;
}

/* Letters that are still to be printed are found by an index of their own. */
static bool names_unprinted(struct json_object *filter)
{
    struct json_object *is = json_get(filter, "is");
    for (size_t i = 0; is && i < json_object_array_length(is); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(is, i)), "unprinted") == 0)
            return true;
    return false;
}

/* Whether something that few messages have leads to all that are asked for. */
static bool led(struct json_object *filter)
{
    static const char *const leading[] = { "units", "building", "run", "mentions" };
    for (size_t i = 0; i < sizeof(leading) / sizeof(leading[0]); i++)
        if (names(filter, leading[i]))
            return true;
    return names_unprinted(filter) || (names(filter, "tag") && !names(filter, "tagOften")) ||
           (names_odd_ones_only(filter) && names_no_more(filter)) ||
           json_object_object_length(filter) == 0;
}

enum err messages_search(struct ctx *c, const struct messages_query *query,
                         struct messages_search *s)
{
    struct json_object *filter;
    enum err e = filter_read(c, query->q, &filter);
    if (e == OK)
        e = find_units(c, filter);
    if (e == OK)
        e = find_often(c, filter);
    if (e == OK && !led(filter))
        e = find_numbered(c, filter);
    if (e != OK)
        return e;
    bool odd =
        names_odd_ones_only(filter) && json_object_array_length(json_get(filter, "status")) == 1;
    *s = (struct messages_search){ .filter = filter_json(c, filter) };
    return led(filter) || query->all ? OK : find_since(c, odd, s);
}

static const char *href(struct ctx *c, const char *path, const struct messages_query *q,
                        const char *after, bool all)
{
    struct buf b = buf_in(c->arena);
    buf_printf(&b, "%s?q=", path);
    buf_url(&b, q->q ? q->q : "", strlen(q->q ? q->q : ""));
    if (after) {
        buf_puts(&b, "&after=");
        buf_url(&b, after, strlen(after));
    }
    if (all)
        buf_puts(&b, "&all=true");
    return b.p;
}

static struct json_object *message(struct ctx *c, const PGresult *rows, int i, bool key)
{
    struct json_object *m = row_json(c->arena, rows, i);
    if (key)
        json_set_text(m, "key", row_text(rows, i, "_key"));
    json_set_text(m, "href",
                  arena_printf(c->arena, "/api/track/communications/%s",
                               row_text(rows, i, "communicationId")));
    return json_object_get(m);
}

enum err messages_list(struct ctx *c, const struct messages_query *query, struct json_object **out)
{
    PGresult *rows;
    struct messages_search s;
    const char *at[2];
    enum err e = messages_search(c, query, &s);
    if (e == OK)
        e = cursor_read(c, "messages", query->after, 2, at);
    if (e == OK)
        e = db_query(c->db, c->arena, messages_page, &rows, .filter = s.filter, .since = s.since,
                     .at = at[0], .id = at[1], .all_buildings = actor_all_buildings(c),
                     .actor_id = c->actor.id);
    if (e != OK)
        return e;
    int n = rows_count(rows) > PAGE_ROWS ? PAGE_ROWS : rows_count(rows);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(list, message(c, rows, i, query->keys));
    json_set(d, "communications", list);
    json_set_text(d, "q", query->q ? query->q : "");
    json_set(d, "searched", s.since ? json_object_new_int64(s.window) : NULL);
    json_set_text(d, "searchAll",
                  s.since ? href(c, "/api/track/communications", query, NULL, true) : NULL);
    const char *const last[] = { n ? row_text(rows, n - 1, "_key") : NULL,
                                 n ? row_text(rows, n - 1, "communicationId") : NULL };
    json_set_text(d, "next",
                  rows_count(rows) > n ? href(c, "/api/track/communications", query,
                                              cursor_make(c, "messages", 2, last), query->all)
                                       : NULL);
    *out = d;
    return OK;
}

enum err messages_count(struct ctx *c, const struct messages_query *query, struct json_object **out)
{
    PGresult *row;
    struct messages_search s;
    enum err e = messages_search(c, query, &s);
    if (e == OK)
        e = db_query(c->db, c->arena, messages_count, &row, .filter = s.filter, .since = s.since,
                     .most = query->exact ? NULL : arena_printf(c->arena, "%d", COUNT_MOST + 1),
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    long long n = row_int(row, 0, "n");
    bool more = n > COUNT_MOST && !query->exact;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_int(d, "count", more ? COUNT_MOST : n);
    json_set_bool(d, "more", more);
    *out = d;
    return OK;
}
