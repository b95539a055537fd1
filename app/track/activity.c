/* The events of a building's year: newest first for programs; by day, and what needs a look first,
   for people. */
#include "track/activity.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/activity.sql.h"
#include "track/labels.h"
#include "track/track.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50
#define PURPOSE "activity"

enum err activity_ask(struct ctx *c, const struct track_query *q, PGresult **rows)
{
    const char *at[2] = { NULL, NULL };
    enum err e = cursor_read(c, PURPOSE, q->after, 2, at);
    if (e != OK)
        return e;
    return db_query(c->db, c->arena, activity_list, rows, .building_id = q->building,
                    .year = arena_printf(c->arena, "%ld", q->year),
                    .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id, .at = at[0],
                    .event_id = at[1]);
}

static int shown(const PGresult *rows)
{
    int n = rows_count(rows);
    return n > PAGE_ROWS ? PAGE_ROWS : n;
}

static void set_next(struct ctx *c, const struct track_query *q, const char *path,
                     const PGresult *rows, struct json_object *to)
{
    struct track_query next = *q;
    json_set_text(to, "next", NULL);
    if (rows_count(rows) <= PAGE_ROWS)
        return;
    const char *at[2] = { row_text(rows, PAGE_ROWS - 1, "_at"),
                          row_text(rows, PAGE_ROWS - 1, "eventId") };
    next.after = cursor_make(c, PURPOSE, 2, at);
    next.unit = NULL;
    json_set_text(to, "next", query_href(c, path, &next));
}

void activity_show(struct ctx *c, const struct track_query *q, const char *path,
                   const PGresult *rows, struct json_object *to)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < shown(rows); i++)
        json_object_array_add(list, json_object_get(row_json(c->arena, rows, i)));
    json_set(to, "events", list);
    set_next(c, q, path, rows, to);
}

/* ---- by day ---- */

static bool is_among(const char *type, const char *const *list)
{
    while (*list && strcmp(*list, type) != 0)
        list++;
    return *list != NULL;
}

static bool is_failure(const PGresult *rows, int i)
{
    static const char *const failures[] = { "FAILED", "BOUNCED", "RETURNED", "COMPLAINED", NULL };
    return row_bool(rows, i, "contradicts") || is_among(row_text(rows, i, "type"), failures);
}

/* What people did against the usual course, or had left out. */
static bool is_override(const PGresult *rows, int i)
{
    static const char *const always[] = {
        "SKIPPED", "HELD", "MANUAL_MARKED", "RESEND_REQUESTED", "CANCELLED", "RELEASED", NULL
    };
    static const char *const by_people[] = { "NOTE", "DELIVERED", NULL };
    const char *type = row_text(rows, i, "type");
    bool person = strcmp(row_text(rows, i, "source"), "user") == 0;
    return is_among(type, always) || (person && is_among(type, by_people));
}

static void set_look(struct json_object *to, const struct label *l)
{
    json_set_text(to, "label", l->word);
    json_set_text(to, "icon", l->icon);
    json_set_text(to, "tone", l->tone);
}

static struct json_object *event_row(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *e = json_object_get(row_json(c->arena, rows, i));
    set_look(e, event_label(row_text(rows, i, "type")));
    json_set_text(e, "channelLabel", channel_label(row_text(rows, i, "channel"))->word);
    json_set_text(e, "sourceLabel", source_label(row_text(rows, i, "source")));
    json_set_text(e, "href",
                  arena_printf(c->arena, "/messages/%s", row_text(rows, i, "communicationId")));
    return e;
}

/* The day's heap of events of one type. */
static struct json_object *heap_of(struct json_object *heaps, const char *type)
{
    size_t n = json_object_array_length(heaps);
    for (size_t i = 0; i < n; i++) {
        struct json_object *heap = json_object_array_get_idx(heaps, i);
        if (strcmp(json_text(heap, "type"), type) == 0)
            return heap;
    }
    struct json_object *heap = json_object_new_object();
    json_set_text(heap, "type", type);
    set_look(heap, event_label(type));
    json_set(heap, "events", json_object_new_array());
    json_object_array_add(heaps, heap);
    return heap;
}

static struct json_object *day_new(const char *day)
{
    struct json_object *d = json_object_new_object();
    json_set_text(d, "day", day);
    json_set(d, "failures", json_object_new_array());
    json_set(d, "overrides", json_object_new_array());
    json_set(d, "heaps", json_object_new_array());
    return d;
}

/* Heaps have told how many they hold once all are in. */
static void count_heaps(struct json_object *days)
{
    for (size_t i = 0; i < json_object_array_length(days); i++) {
        struct json_object *day = json_object_array_get_idx(days, i);
        struct json_object *heaps = json_get(day, "heaps");
        json_set_bool(day, "anyUrgent",
                      json_object_array_length(json_get(day, "failures")) +
                              json_object_array_length(json_get(day, "overrides")) >
                          0);
        for (size_t k = 0; k < json_object_array_length(heaps); k++) {
            struct json_object *heap = json_object_array_get_idx(heaps, k);
            json_set_int(heap, "count",
                         (int64_t)json_object_array_length(json_get(heap, "events")));
        }
    }
}

void activity_show_days(struct ctx *c, const struct track_query *q, const PGresult *rows,
                        struct json_object *to)
{
    struct json_object *days = json_object_new_array(), *day = NULL;
    const char *at = "";
    for (int i = 0; i < shown(rows); i++) {
        const char *date = row_text(rows, i, "_day");
        if (!day || strcmp(date, at) != 0) {
            day = day_new(date);
            json_object_array_add(days, day);
        }
        at = date;
        struct json_object *into =
            is_failure(rows, i) ? json_get(day, "failures")
            : is_override(rows, i)
                ? json_get(day, "overrides")
                : json_get(heap_of(json_get(day, "heaps"), row_text(rows, i, "type")), "events");
        json_object_array_add(into, event_row(c, rows, i));
    }
    count_heaps(days);
    json_set(to, "days", days);
    json_set_bool(to, "anyActivity", rows_count(rows) > 0);
    set_next(c, q, "/track", rows, to);
}
