/* The track page's document and those of the API's lists, each in one round trip. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/activity.h"
#include "track/batch.h"
#include "track/batch.sql.h"
#include "track/labels.h"
#include "track/send_way.h"
#include "track/tabs.h"
#include "track/view.h"
#include "track/view.sql.h"
#include "web/cursor.h"

#include <string.h>

#define BUILDINGS_PAGE 50

static void put(struct buf *b, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    buf_printf(b, "%s%s=", strchr(b->p, '?') ? "&" : "?", name);
    buf_url(b, value, strlen(value));
}

const char *query_href(struct ctx *c, const char *path, const struct track_query *q)
{
    struct buf b = buf_in(c->arena);
    buf_puts(&b, path);
    put(&b, "building", strcmp(path, "/track") == 0 ? q->building : NULL);
    put(&b, "year",
        q->year && strcmp(path, "/track") == 0 ? arena_printf(c->arena, "%ld", q->year) : NULL);
    put(&b, "tab", strcmp(path, "/track") == 0 ? q->tab : NULL);
    put(&b, "channel", q->channel);
    put(&b, "status", q->status);
    put(&b, "search", q->search);
    put(&b, "sort", q->sort);
    put(&b, "direction", q->direction);
    put(&b, "after", q->after);
    put(&b, "before", q->before);
    put(&b, "unit", q->unit);
    return b.p;
}

static const char *year_text(struct ctx *c, const struct track_query *q)
{
    return q->year ? arena_printf(c->arena, "%ld", q->year) : NULL;
}

/* Where the list goes on behind row n - 1. */
static const char *next_buildings(struct ctx *c, const struct track_query *q, const PGresult *rows,
                                  int n)
{
    const char *const last[] = { row_text(rows, n - 1, "name"),
                                 row_text(rows, n - 1, "buildingId") };
    struct buf b = buf_in(c->arena);
    buf_puts(&b, "/api/track/buildings");
    put(&b, "find", q->find);
    put(&b, "after", cursor_make(c, "buildings", 2, last));
    return b.p;
}

enum err buildings_document(struct ctx *c, const struct track_query *q, struct json_object **out)
{
    PGresult *rows;
    const char *at[2];
    enum err e = cursor_read(c, "buildings", q->after, 2, at);
    if (e == OK)
        e = db_query(c->db, c->arena, view_buildings, &rows,
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id,
                     .find = q->find, .key = at[0], .building_id = at[1]);
    if (e != OK)
        return e;
    int n = rows_count(rows) > BUILDINGS_PAGE ? BUILDINGS_PAGE : rows_count(rows);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(list, json_object_get(row_json(c->arena, rows, i)));
    json_set(d, "buildings", list);
    json_set_text(d, "next", rows_count(rows) > n ? next_buildings(c, q, rows, n) : NULL);
    *out = d;
    return OK;
}

static enum err ask_building(struct ctx *c, const char *id, PGresult **building)
{
    return db_query(c->db, c->arena, view_building, building, .building_id = id,
                    .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
}

static enum err ask_years(struct ctx *c, const char *id, PGresult **years)
{
    return db_query(c->db, c->arena, view_years, years, .building_id = id,
                    .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
}

/* Ends a pipeline: the first error of asking or of the answers. */
static enum err flush(struct ctx *c, enum err asked)
{
    enum err e = db_flush(c->db);
    return asked != OK ? asked : e;
}

/* Ends a pipeline and begins the document of the building that was asked for in it. */
static enum err begin(struct ctx *c, enum err asked, PGresult *const *building,
                      struct json_object **out)
{
    enum err e = flush(c, asked);
    if (e != OK || rows_count(*building) == 0)
        return e != OK ? e : ERR_NOT_FOUND;
    *out = json_own(c->arena, json_object_new_object());
    json_set(*out, "building", json_object_get(row_json(c->arena, *building, 0)));
    return OK;
}

enum err years_document(struct ctx *c, const char *building_id, struct json_object **out)
{
    PGresult *building, *years;
    db_batch(c->db);
    enum err e = ask_building(c, building_id, &building);
    if (e == OK)
        e = ask_years(c, building_id, &years);
    struct json_object *d;
    if ((e = begin(c, e, &building, &d)) != OK)
        return e;
    json_set(d, "years", json_object_get(rows_json(c->arena, years)));
    *out = d;
    return OK;
}

enum err units_document(struct ctx *c, const struct track_query *q, struct json_object **out)
{
    PGresult *building, *units;
    db_batch(c->db);
    enum err e = ask_building(c, q->building, &building);
    if (e == OK)
        e = units_ask(c, q, &units);
    struct json_object *d;
    if ((e = begin(c, e, &building, &d)) != OK)
        return e;
    json_set_int(d, "year", q->year);
    units_show(
        c, q,
        arena_printf(c->arena, "/api/track/buildings/%s/years/%ld/units", q->building, q->year),
        units, d);
    *out = d;
    return OK;
}

enum err activity_document(struct ctx *c, const struct track_query *q, struct json_object **out)
{
    PGresult *building, *events;
    db_batch(c->db);
    enum err e = ask_building(c, q->building, &building);
    if (e == OK)
        e = activity_ask(c, q, &events);
    struct json_object *d;
    if ((e = begin(c, e, &building, &d)) != OK)
        return e;
    json_set_int(d, "year", q->year);
    activity_show(
        c, q,
        arena_printf(c->arena, "/api/track/buildings/%s/years/%ld/activity", q->building, q->year),
        events, d);
    *out = d;
    return OK;
}

/* ---- the page ---- */

static struct json_object *choice(const char *value, const char *word, const char *asked)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "value", value);
    json_set_text(o, "label", word);
    json_set_bool(o, "selected", strcmp(value, asked ? asked : "") == 0);
    return o;
}

static struct json_object *choices(const struct label *labels, int n, const char *all,
                                   const char *asked)
{
    struct json_object *list = json_object_new_array();
    json_object_array_add(list, choice("", all, asked));
    for (int i = 0; i < n; i++)
        json_object_array_add(list, choice(labels[i].name, labels[i].word, asked));
    return list;
}

static struct json_object *sort_links(struct ctx *c, const struct track_query *q)
{
    static const char *const columns[] = { "unit",      "recipient",   "status",
                                           "lastEvent", "nextAttempt", NULL };
    struct json_object *links = json_object_new_object();
    for (int i = 0; columns[i]; i++) {
        struct track_query other = *q;
        bool same = strcmp(columns[i], q->sort ? q->sort : "unit") == 0;
        bool down = q->direction && strcmp(q->direction, "desc") == 0;
        other.sort = columns[i];
        other.direction = same && !down ? "desc" : "asc";
        other.after = other.before = other.unit = NULL;
        json_set_text(links, columns[i], query_href(c, "/track", &other));
    }
    return links;
}

static struct json_object *filters_of(struct ctx *c, const struct track_query *q)
{
    struct json_object *d = json_object_new_object();
    json_set_text(d, "search", q->search ? q->search : "");
    json_set_text(d, "channel", q->channel);
    json_set_text(d, "status", q->status);
    json_set_text(d, "sort", q->sort ? q->sort : "unit");
    json_set_text(d, "direction", q->direction ? q->direction : "asc");
    json_set(d, "channelChoices",
             choices(channel_labels, CHANNEL_COUNT, "All channels", q->channel));
    json_set(d, "statusChoices", choices(status_labels, STATUS_COUNT, "Any status", q->status));
    json_set(d, "sortLinks", sort_links(c, q));
    return d;
}

struct page_rows {
    PGresult *buildings, *years, *channels, *batch;
    PGresult *units, *activity; /* one of them, by the tab */
    struct unit_rows unit;
};

#define BUILDINGS_SHOWN 50

/* Keeps the side list as long as it is shown: drops the last one by name that is not shown beside
 * it. */
static bool cut(struct json_object *buildings)
{
    size_t n = json_object_array_length(buildings);
    if (n <= BUILDINGS_SHOWN)
        return false;
    struct json_object *last = json_object_array_get_idx(buildings, n - 1);
    bool selected = json_object_get_boolean(json_get(last, "selected"));
    json_object_array_del_idx(buildings, selected ? n - 2 : n - 1, 1);
    return true;
}

/* Where a building and year are with the tab that is shown. */
static const char *there(struct ctx *c, const struct track_query *q)
{
    const char *elsewhere = tab_elsewhere(c, q);
    return elsewhere ? elsewhere : query_href(c, "/track", q);
}

/* On pages neither a letter that is still to be printed nor a dry run is said to be sent. */
static void take_what_stayed(const PGresult *rows, int i, struct json_object *one)
{
    json_set_int(one, "sent",
                 row_int(rows, i, "sent") - row_int(rows, i, "unprinted") -
                     row_int(rows, i, "dryRun"));
}

/* Buildings and years with a link to each, the one shown marked; answers the building shown. */
static struct json_object *side(struct ctx *c, const struct track_query *q,
                                const struct page_rows *rows, struct json_object *to)
{
    struct json_object *shown = NULL, *years = rows_json(c->arena, rows->years);
    struct json_object *buildings = rows_json(c->arena, rows->buildings);
    for (int i = 0; i < rows_count(rows->buildings); i++) {
        struct json_object *b = json_object_array_get_idx(buildings, (size_t)i);
        const char *id = row_text(rows->buildings, i, "buildingId");
        bool selected = strcmp(id, q->building) == 0;
        take_what_stayed(rows->buildings, i, b);
        json_set_bool(b, "selected", selected);
        json_set_text(
            b, "href",
            there(c, &(struct track_query){ .building = id, .year = q->year, .tab = q->tab }));
        if (selected)
            shown = b;
    }
    for (int i = 0; i < rows_count(rows->years); i++) {
        struct json_object *y = json_object_array_get_idx(years, (size_t)i);
        long year = (long)row_int(rows->years, i, "year");
        take_what_stayed(rows->years, i, y);
        json_set_bool(y, "selected", year == q->year);
        json_set_text(y, "href",
                      there(c, &(struct track_query){
                                   .building = q->building, .year = year, .tab = q->tab }));
    }
    json_set_bool(to, "moreBuildings", cut(buildings));
    json_set_bool(to, "fewBuildings", !q->find && json_object_array_length(buildings) < 6);
    json_set_text(to, "find", q->find);
    json_set_text(to, "findAt", tab_path(c, q));
    json_set(to, "buildings", json_object_get(buildings));
    json_set(to, "years", json_object_get(years));
    return shown;
}

/* What of a building and year stayed here, in the list of messages. */
static const char *stayed_href(struct ctx *c, const struct track_query *q,
                               struct json_object *building, const char *channel, const char *how)
{
    struct buf b = buf_in(c->arena);
    const char *words = arena_printf(c->arena, "building:\"%s\" year:%ld channel:%s %s",
                                     json_text(building, "code"), q->year, channel, how);
    buf_puts(&b, "/messages?q=");
    buf_url(&b, words, strlen(words));
    return b.p;
}

static struct json_object *channels_of(struct ctx *c, const struct track_query *q,
                                       struct json_object *building, const PGresult *rows)
{
    struct json_object *list = rows_json(c->arena, rows);
    for (int i = 0; i < rows_count(rows); i++) {
        struct json_object *one = json_object_array_get_idx(list, (size_t)i);
        const char *channel = row_text(rows, i, "channel");
        json_set_text(one, "label", channel_label(channel)->word);
        json_set_text(one, "unprintedHref", stayed_href(c, q, building, channel, "is:unprinted"));
        json_set_text(one, "dryRunHref",
                      stayed_href(c, q, building, channel, "status:sent provider:sink"));
        take_what_stayed(rows, i, one);
    }
    return json_object_get(list);
}

static struct json_object *drawer_of(struct ctx *c, const struct track_query *q,
                                     const struct page_rows *rows)
{
    struct track_query closed = *q;
    struct json_object *unit = q->unit ? unit_show(c, &rows->unit, true) : NULL;
    closed.unit = NULL;
    if (unit)
        json_set_text(unit, "closeHref", query_href(c, "/track", &closed));
    return json_object_get(unit);
}

/* What to say in place of a list: `q` NULL where nothing was imported at all. */
static struct json_object *empty_of(const struct track_query *q, int units)
{
    bool filtered = q && (q->search || q->channel || q->status);
    struct json_object *d = json_object_new_object();
    json_set_bool(d, "nothingImported", !q);
    json_set_bool(d, "nothingMatches", filtered && units == 0);
    json_set_bool(d, "nothingThisYear", q && !filtered && units == 0);
    json_set_bool(d, "shown", units > 0);
    return d;
}

/* Within db_batch. */
static enum err ask_side(struct ctx *c, const struct track_query *q, struct page_rows *rows)
{
    enum err e = db_query(c->db, c->arena, view_buildings_of_year, &rows->buildings,
                          .year = year_text(c, q), .find = q->find, .building_id = q->building,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e == OK ? ask_years(c, q->building, &rows->years) : e;
}

enum err side_document(struct ctx *c, const struct track_query *q, struct json_object **out)
{
    struct page_rows rows = { 0 };
    db_batch(c->db);
    enum err e = flush(c, ask_side(c, q, &rows));
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *building = side(c, q, &rows, d);
    if (!building)
        return ERR_NOT_FOUND;
    json_set(d, "building", json_object_get(building));
    json_set_int(d, "year", q->year);
    tabs_show(c, q, d);
    *out = d;
    return OK;
}

static enum err ask_page(struct ctx *c, const struct track_query *q, struct page_rows *rows)
{
    const char *all = actor_all_buildings(c), *year = year_text(c, q);
    db_batch(c->db);
    enum err e = ask_side(c, q, rows);
    if (e == OK)
        e = db_query(c->db, c->arena, view_channels, &rows->channels, .building_id = q->building,
                     .year = year, .all_buildings = all, .actor_id = c->actor.id);
    if (e == OK)
        e = db_query(c->db, c->arena, batch_get, &rows->batch, .channels = send_channels(c->arena),
                     .building_id = q->building, .year = year, .all_buildings = all,
                     .actor_id = c->actor.id);
    if (e == OK)
        e = tab_is(q, "activity") ? activity_ask(c, q, &rows->activity)
                                  : units_ask(c, q, &rows->units);
    if (e == OK && q->unit)
        e = unit_ask(c, q->unit, year, &rows->unit);
    return flush(c, e);
}

static struct json_object *nothing_imported(struct ctx *c, const struct track_query *q)
{
    static const char *const lists[] = { "buildings", "years", "channels", "units", NULL };
    struct json_object *d = json_own(c->arena, json_object_new_object());
    for (int i = 0; lists[i]; i++)
        json_set(d, lists[i], json_object_new_array());
    json_set(d, "filters", filters_of(c, q));
    json_set(d, "empty", empty_of(NULL, 0));
    json_set_bool(d, "inUnits", true);
    return d;
}

/* The building and year meant where the address leaves them open. */
static enum err settle_query(struct ctx *c, struct track_query *q)
{
    PGresult *row;
    if (q->building && q->year)
        return OK;
    enum err e = db_query(c->db, c->arena, view_default, &row, .building_id = q->building,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return q->building ? ERR_NOT_FOUND : OK;
    q->building = row_text(row, 0, "buildingId");
    q->year = q->year ? q->year : (long)row_int(row, 0, "year");
    return OK;
}

/* The messages of the units that are listed, as the list of messages is asked for them. */
static const char *messages_of(struct ctx *c, const struct track_query *q,
                               struct json_object *building, bool searched)
{
    struct buf b = buf_in(c->arena);
    buf_printf(&b, "building:\"%s\" year:%ld", json_text(building, "code"), q->year);
    if (q->channel)
        buf_printf(&b, " channel:%s", q->channel);
    if (q->status)
        buf_printf(&b, " status:%s", q->status);
    if (q->search && searched)
        buf_printf(&b, " %s", q->search);
    return b.p;
}

static struct json_object *batch_of(struct ctx *c, const PGresult *row)
{
    if (rows_count(row) == 0)
        return NULL;
    struct json_object *batch = batch_document(c, row);
    batch_show(batch);
    return json_object_get(batch);
}

enum err page_document(struct ctx *c, const struct track_query *asked, struct json_object **out)
{
    struct track_query q = *asked;
    struct page_rows rows = { 0 };
    enum err e = settle_query(c, &q);
    if (e != OK)
        return e;
    if (!q.building) {
        *out = nothing_imported(c, &q);
        return OK;
    }
    if ((e = ask_page(c, &q, &rows)) != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *building = side(c, &q, &rows, d);
    if (!building)
        return ERR_NOT_FOUND;
    json_set(d, "building", json_object_get(building));
    json_set_int(d, "year", q.year);
    json_set(d, "batch", batch_of(c, rows.batch));
    json_set(d, "channels", channels_of(c, &q, building, rows.channels));
    tabs_show(c, &q, d);
    if (rows.activity)
        activity_show_days(c, &q, rows.activity, d);
    else
        units_show(c, &q, "/track", rows.units, d);
    json_set(d, "filters", filters_of(c, &q));
    if (c->actor.role >= ROLE_AGENT) {
        json_set_text(d, "bulkQ", messages_of(c, &q, building, true));
        json_set_text(d, "pickQ", messages_of(c, &q, building, false));
    }
    json_set(d, "empty", empty_of(&q, rows.units ? rows_count(rows.units) : 0));
    json_set(d, "drawer", drawer_of(c, &q, &rows));
    *out = d;
    return OK;
}
