/* A page of units of a building and year, as rows of a document. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/labels.h"
#include "track/view.h"
#include "track/view.sql.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50
#define NO_UNIT "00000000-0000-0000-0000-000000000000"

static const char *sort_of(const struct track_query *q)
{
    return q->sort ? q->sort : "unit";
}

static bool descending(const struct track_query *q)
{
    return q->direction && strcmp(q->direction, "desc") == 0;
}

static const char *text_of(const char *search)
{
    return search && *search ? search : NULL;
}

static const char *purpose_of(struct ctx *c, const struct track_query *q)
{
    return arena_printf(c->arena, "units.%s.%s", sort_of(q), descending(q) ? "desc" : "asc");
}

enum err units_ask(struct ctx *c, const struct track_query *q, PGresult **rows)
{
    const char *at[2] = { NULL, NULL };
    const char *cursor = q->before ? q->before : q->after;
    const char *year = arena_printf(c->arena, "%ld", q->year);
    enum err e = cursor_read(c, purpose_of(c, q), cursor, 2, at);
    if (e != OK)
        return e;
    if (strcmp(sort_of(q), "unit") == 0 && !descending(q) && !q->before)
        return db_query(c->db, c->arena, view_units_by_number, rows, .building_id = q->building,
                        .year = year, .all_buildings = actor_all_buildings(c),
                        .actor_id = c->actor.id, .key = at[0] ? at[0] : "",
                        .unit_id = at[1] ? at[1] : NO_UNIT, .channel = q->channel,
                        .status = q->status, .search = text_of(q->search));
    return db_query(
        c->db, c->arena, view_units_sorted, rows, .sort = sort_of(q), .building_id = q->building,
        .year = year, .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id,
        .key = at[0], .unit_id = at[1], .channel = q->channel, .status = q->status,
        .search = text_of(q->search), .down = descending(q) != (q->before != NULL) ? "t" : "f");
}

/* The next word of an array as Postgres prints one of plain words: {EMAIL,SMS}. */
static const char *next_word(struct ctx *c, const char **at)
{
    const char *from = *at + strspn(*at, "{,}\"");
    size_t n = strcspn(from, "{,}\"");
    *at = from + n;
    return n ? arena_strndup(c->arena, from, n) : NULL;
}

/* The status of a unit: that of its channels which asks for most attention. */
static void note_worst(const char **worst, const char *status)
{
    if (!*worst || status_weight(status) > status_weight(*worst))
        *worst = status;
}

/* ---- for the API: written straight from the rows, of which a page has many ---- */

static void write_member(struct buf *b, const char *before, const char *text)
{
    buf_puts(b, before);
    if (text)
        json_write_text(b, text, strlen(text));
    else
        buf_puts(b, "null");
}

static void write_unit(struct ctx *c, const PGresult *rows, int i, struct buf *b)
{
    const char *worst = NULL, *channel, *status, *before = "{\"channel\":";
    const char *channels = row_text(rows, i, "_channels");
    const char *statuses = row_text(rows, i, "_statuses");
    row_write(b, rows, i);
    buf_puts(b, ",\"channels\":[");
    while ((channel = next_word(c, &channels)) && (status = next_word(c, &statuses))) {
        write_member(b, before, channel);
        write_member(b, ",\"status\":", status);
        buf_putc(b, '}');
        note_worst(&worst, status);
        before = ",{\"channel\":";
    }
    write_member(b, "],\"status\":", worst);
}

static struct json_object *written_units(struct ctx *c, const PGresult *rows, int n, bool back)
{
    struct buf b = buf_in(c->arena);
    buf_putc(&b, '[');
    for (int i = 0; i < n; i++) {
        buf_puts(&b, i ? ",{" : "{");
        write_unit(c, rows, back ? n - 1 - i : i, &b);
        buf_putc(&b, '}');
    }
    buf_putc(&b, ']');
    return json_written(c->arena, buf_str(&b));
}

/* ---- for the page: as values, with words and looks ---- */

/* What the units of one page share: the way to a unit on the page, and the chips, of which few
   differ. */
struct listing {
    struct ctx *c;
    const PGresult *rows;
    const char *href; /* up to the unit's id */
    struct json_object *chips[CHANNEL_COUNT][STATUS_COUNT];
};

static struct json_object *new_chip(const char *channel, const char *status, const char *paper,
                                    bool dry_run)
{
    const struct label *standing = standing_label(status, paper, dry_run);
    struct json_object *chip = json_object_new_object();
    json_set_text(chip, "channel", channel);
    json_set_text(chip, "status", status);
    json_set_text(chip, "channelLabel", channel_label(channel)->word);
    json_set_text(chip, "icon", channel_label(channel)->icon);
    json_set_text(chip, "statusLabel", standing->word);
    json_set_text(chip, "tone", standing->tone);
    return chip;
}

static int place_of(const struct label *labels, int n, const char *name)
{
    while (--n >= 0 && strcmp(labels[n].name, name) != 0)
        ;
    return n;
}

static struct json_object *chip_of(struct listing *l, const char *channel, const char *status,
                                   const char *paper, bool dry_run)
{
    bool letter = strncmp(channel, "LETTER", 6) == 0;
    int row = place_of(channel_labels, CHANNEL_COUNT, channel);
    int column = place_of(status_labels, STATUS_COUNT, status);
    if (row < 0 || column < 0 || (letter ? paper != NULL : dry_run))
        return new_chip(channel, status, letter ? paper : NULL, !letter && dry_run);
    struct json_object **known = &l->chips[row][column];
    return *known ? json_object_get(*known) : (*known = new_chip(channel, status, NULL, false));
}

/* The chips of a unit's channels. */
static struct json_object *chips(struct listing *l, int i, const char **worst)
{
    const char *channels = row_text(l->rows, i, "_channels");
    const char *statuses = row_text(l->rows, i, "_statuses");
    const char *paper = row_text(l->rows, i, "paper");
    bool dry_run = row_bool(l->rows, i, "dryRun");
    struct json_object *list = json_object_new_array();
    const char *channel, *status;
    while ((channel = next_word(l->c, &channels)) && (status = next_word(l->c, &statuses))) {
        json_object_array_add(list, chip_of(l, channel, status, paper, dry_run));
        note_worst(worst, status);
    }
    return list;
}

/* Whether an event brings what stands in `status`, its paper as it is. What is to be printed waits
   since something was sent, be it on paper or not. */
static bool brings(const char *type, const char *status, const char *paper)
{
    enum status to, from = 0;
    enum event_type t = 0;
    if (paper && strcmp(paper, "READY_TO_PRINT") != 0 && strcmp(status, "SENT") == 0)
        return strcmp(type, paper) == 0;
    while (t < EVENT_TYPE_COUNT && strcmp(event_type_names[t], type) != 0)
        t++;
    if (t == EVENT_TYPE_COUNT || !status_of(status, &to))
        return false;
    while (from < STATUS_COUNT && (from == to || status_after(from, t) != to))
        from++;
    return from < STATUS_COUNT;
}

/* The state is that of the worst message, the time that of what happened last: where that was
   something else it is named. */
static void set_words(const struct listing *l, int i, const char *status, struct json_object *unit)
{
    const char *type = row_text(l->rows, i, "lastEventType");
    const char *id = row_text(l->rows, i, "unitId"), *paper = row_text(l->rows, i, "paper");
    const struct label *standing = standing_label(status, paper, row_bool(l->rows, i, "dryRun"));
    bool other = type && status && !brings(type, status, paper);
    json_set_text(unit, "statusLabel", standing->word);
    json_set_text(unit, "tone", standing->tone);
    json_set_text(unit, "lastEvent", other ? event_label(type)->word : NULL);
    json_set_text(unit, "href", arena_printf(l->c->arena, "%s%s", l->href, id));
}

static struct json_object *unit_row(struct listing *l, int i)
{
    const char *worst = NULL;
    const PGresult *rows = l->rows;
    struct json_object *unit = row_json(l->c->arena, rows, i);
    json_set(unit, "channels", chips(l, i, &worst));
    json_set_text(unit, "status", worst);
    set_words(l, i, worst, unit);
    return unit;
}

static struct json_object *units_of(struct listing *l, int n, bool back)
{
    struct json_object *units = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(units, json_object_get(unit_row(l, back ? n - 1 - i : i)));
    return units;
}

static const char *unit_href(struct ctx *c, const struct track_query *q)
{
    struct track_query open = *q;
    open.unit = NULL;
    const char *href = query_href(c, "/track", &open);
    return arena_printf(c->arena, "%s%sunit=", href, strchr(href, '?') ? "&" : "?");
}

static void set_link(struct ctx *c, const struct track_query *q, const char *path,
                     const PGresult *rows, int row, struct json_object *to, bool forward)
{
    struct track_query there = *q;
    const char *at[2] = { row_text(rows, row, "_key"), row_text(rows, row, "unitId") };
    const char *cursor = cursor_make(c, purpose_of(c, q), 2, at);
    there.unit = NULL;
    there.after = forward ? cursor : NULL;
    there.before = forward ? NULL : cursor;
    json_set_text(to, forward ? "next" : "previous", query_href(c, path, &there));
}

void units_show(struct ctx *c, const struct track_query *q, const char *path, const PGresult *rows,
                struct json_object *to)
{
    struct listing l = { .c = c, .rows = rows, .href = unit_href(c, q) };
    int n = rows_count(rows);
    bool more = n > PAGE_ROWS, back = q->before != NULL;
    if (more)
        n = PAGE_ROWS;
    json_set(to, "units",
             strcmp(path, "/track") == 0 ? units_of(&l, n, back) : written_units(c, rows, n, back));
    json_set_text(to, "next", NULL);
    json_set_text(to, "previous", NULL);
    if (n && (back || more))
        set_link(c, q, path, rows, back ? 0 : n - 1, to, true);
    if (n && (back ? more : q->after != NULL))
        set_link(c, q, path, rows, back ? n - 1 : 0, to, false);
}
