/* The page of exports: the list with words and looks, and the form for a new one. */
#include "exports/view.h"

#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "exports/export.sql.h"
#include "exports/exports.h"
#include "messages/filter.h"
#include "ship/ship.h"
#include "ship/words.h"
#include "track/labels.h"
#include "track/view.h"

#include <string.h>

#define TAB_ROWS 20 /* beside the list of buildings */

static const struct label looks[] = {
    { "QUEUED", "Waiting", "clock", "waiting" },
    { "RUNNING", "Writing", "loader", "moving" },
    { "PAUSED", "Paused", "pause", "attention" },
    { "READY", "Ready", "check", "done" },
    { "FAILED", "Failed", "circle-x", "failed" },
    { "CANCELLED", "Cancelled", "ban", "waiting" },
    { "EXPIRED", "Expired", "hourglass", "waiting" },
};

static const struct label formats[] = {
    { "csv", "CSV", NULL, NULL },
    { "jsonl", "JSON lines", NULL, NULL },
    { "evidence", "Evidence", NULL, NULL },
};

/* ---- what is asked for ---- */

static void add(struct json_object *filter, const char *key, struct json_object *value)
{
    struct json_object *list = json_object_new_array_ext(1);
    json_object_array_add(list, value);
    json_object_object_add(filter, key, list);
}

/* Words apart from each other, all of which are to be found. */
static void add_words(struct ctx *c, struct json_object *filter, const char *text)
{
    char *rest, *copy = arena_strdup(c->arena, text);
    struct json_object *list = json_object_new_array();
    for (char *word = strtok_r(copy, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
        json_object_array_add(list, json_object_new_string(word));
    if (json_object_array_length(list) > 0)
        json_object_object_add(filter, "text", list);
    else
        json_object_put(list);
}

/* What the qualifiers say must not be said again beside them. */
static enum err twice(struct ctx *c, const struct export_query *q, struct json_object *filter)
{
    const struct {
        const char *name, *key;
        bool asked;
    } both[] = { { "building", "building", q->building },
                 { "year", "year", q->year },
                 { "channel", "channel", q->channel },
                 { "status", "status", q->status },
                 { "search", "text", q->search } };
    enum err e = OK;
    for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++)
        if (both[i].asked && json_get(filter, both[i].key))
            e = ctx_fault(c, both[i].name, "This is in the qualifiers already.");
    return e;
}

enum err export_filter(struct ctx *c, const struct export_query *q, struct json_object **out)
{
    struct json_object *filter;
    enum err e = filter_read(c, q->q, &filter);
    if (e == OK)
        e = twice(c, q, filter);
    if (e != OK)
        return e;
    e = q->building ? may_see_building(c, q->building) : OK;
    if (e == ERR_NOT_FOUND)
        return ctx_fault(c, "building", "There is no such building.");
    if (e != OK)
        return e;
    if (q->building)
        add(filter, "building", json_object_new_string(q->building));
    if (q->year)
        add(filter, "year", json_object_new_int64(q->year));
    if (q->channel)
        add(filter, "channel", json_object_new_string(q->channel));
    if (q->status)
        add(filter, "status", json_object_new_string(q->status));
    if (q->search)
        add_words(c, filter, q->search);
    *out = filter;
    return OK;
}

/* ---- the list ---- */

static const struct label *look_of(const char *state)
{
    size_t i = 0;
    while (i + 1 < sizeof(looks) / sizeof(looks[0]) && strcmp(looks[i].name, state) != 0)
        i++;
    return &looks[i];
}

static bool show(struct json_object *export)
{
    const struct label *look = look_of(json_text(export, "state"));
    struct json_object *progress = json_get(export, "progress");
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (strcmp(formats[i].name, json_text(export, "format")) == 0)
            json_set_text(export, "formatWord", formats[i].word);
    json_set_text(export, "label", look->word);
    json_set_text(export, "icon", look->icon);
    json_set_text(export, "tone", look->tone);
    json_set_bool(export, "ready", strcmp(look->name, "READY") == 0);
    if (progress)
        json_set_bool(export, "begun", json_object_get_int64(json_get(progress, "scope")) > 0);
    return progress != NULL;
}

/* At most so many; 0: all that are listed. */
static enum err add_list(struct ctx *c, size_t most, struct json_object *to)
{
    bool moving = false;
    struct json_object *list;
    enum err e = export_list(c, &list);
    if (e != OK)
        return e;
    size_t n = json_object_array_length(list);
    json_set_bool(to, "more", most && n > most);
    if (most && n > most)
        json_object_array_del_idx(list, most, n - most);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        moving |= show(json_object_array_get_idx(list, i));
    json_set_bool(to, "any", json_object_array_length(list) > 0);
    json_set_bool(to, "moving", moving);
    json_set(to, "exports", json_object_get(list));
    return OK;
}

/* ---- the form ---- */

static struct json_object *option(const char *value, const char *word, const char *chosen)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "value", value);
    json_set_text(o, "word", word);
    json_set_bool(o, "chosen", chosen && strcmp(value, chosen) == 0);
    return o;
}

static struct json_object *options(const struct label *labels, int n, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(list, option(labels[i].name, labels[i].word, chosen));
    return list;
}

static enum err buildings(struct ctx *c, const char *chosen, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, export_buildings, &rows,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    *out = json_object_new_array();
    for (int i = 0; i < rows_count(rows); i++)
        json_object_array_add(*out,
                              option(row_text(rows, i, "id"), row_text(rows, i, "name"), chosen));
    return OK;
}

/* The form for one of shipments. */
static void add_shipments(struct json_object *to)
{
    struct json_object *form = json_object_new_object(), *list = json_object_new_array();
    for (int i = 0; parcel_status_names[i]; i++)
        json_object_array_add(
            list, option(parcel_status_names[i], parcel_label(parcel_status_names[i])->word, NULL));
    json_set(form, "statuses", list);
    json_set(to, "shipments", form);
}

static enum err add_form(struct ctx *c, const struct export_query *q, struct json_object *to)
{
    struct json_object *form = json_object_new_object(), *list = NULL;
    struct json_object *filter = NULL;
    const char *words = NULL;
    json_set(to, "form", form);
    enum err e = buildings(c, q->building, &list);
    if (e != OK)
        return e;
    json_set(form, "buildings", list);
    json_set(form, "channels", options(channel_labels, CHANNEL_COUNT, q->channel));
    json_set(form, "statuses", options(status_labels, STATUS_COUNT, q->status));
    json_set(form, "year", q->year ? json_object_new_int64(q->year) : NULL);
    json_set_text(form, "search", q->search);
    json_set_text(form, "q", q->q);
    json_set_bool(form, "jsonl", q->format && strcmp(q->format, "jsonl") == 0);
    if ((e = export_filter(c, q, &filter)) == OK && (e = export_words(c, filter, &words)) == OK)
        json_set_text(form, "words", words);
    return e;
}

/* ---- the page ---- */

static bool is_tab(const struct export_query *q)
{
    return q->building && q->year;
}

const char *export_place(struct ctx *c, const struct export_query *q)
{
    return is_tab(q) ? arena_printf(c->arena, "/exports?building=%s&year=%ld", q->building, q->year)
                     : "/exports";
}

static enum err add_tab(struct ctx *c, const struct export_query *q, struct json_object *to)
{
    struct json_object *tab;
    const struct track_query place = {
        .building = q->building, .year = q->year, .tab = "exports", .find = q->find
    };
    if (!is_tab(q))
        return OK;
    enum err e = side_document(c, &place, &tab);
    if (e == OK)
        json_set(to, "tab", json_object_get(tab));
    return e;
}

enum err export_page_list(struct ctx *c, const struct export_query *q, struct json_object **out)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    enum err e = add_list(c, is_tab(q) ? TAB_ROWS : 0, o);
    if (is_tab(q)) {
        json_set_text(o, "placeBuilding", q->building);
        json_set_int(o, "placeYear", q->year);
    }
    if (e == OK)
        *out = o;
    return e;
}

enum err export_page(struct ctx *c, const struct export_query *asked, struct json_object **out)
{
    struct json_object *o;
    enum err e = export_page_list(c, asked, &o);
    if (e == OK)
        e = add_form(c, asked, o);
    if (e == OK)
        e = add_tab(c, asked, o);
    if (e != OK)
        return e;
    if (c->actor.all_buildings && !is_tab(asked))
        add_shipments(o);
    json_set_text(o, "title", "Exports");
    json_set_int(o, "days", c->app->settings->export_days);
    json_set_bool(o, "oneDay", c->app->settings->export_days == 1);
    *out = o;
    return OK;
}
