/* A unit's document: its communications of a year, each with its timeline. */
#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "db/db.h"
#include "track/labels.h"
#include "track/view.h"
#include "track/view.sql.h"

#include <stdlib.h>
#include <string.h>

enum err unit_ask(struct ctx *c, const char *unit_id, const char *year, struct unit_rows *rows)
{
    enum err e = db_query(c->db, c->arena, view_unit, &rows->unit, .year = year, .unit_id = unit_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK)
        e = db_query(c->db, c->arena, view_communications, &rows->communications,
                     .unit_id = unit_id, .year = year, .all_buildings = actor_all_buildings(c),
                     .actor_id = c->actor.id);
    if (e == OK)
        e = db_query(c->db, c->arena, view_events, &rows->events, .unit_id = unit_id, .year = year,
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e;
}

static struct json_object *event_row(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *event = row_json(c->arena, rows, i);
    const struct label *l = event_label(row_text(rows, i, "type"));
    json_set_text(event, "label", l->word);
    json_set_text(event, "icon", l->icon);
    json_set_text(event, "tone", l->tone);
    return event;
}

static struct json_object *events_of(struct ctx *c, const PGresult *rows, const char *id)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < rows_count(rows); i++)
        if (strcmp(row_text(rows, i, "_communicationId"), id) == 0)
            json_object_array_add(list, json_object_get(event_row(c, rows, i)));
    return list;
}

static struct json_object *communication_row(struct ctx *c, const struct unit_rows *rows, int i)
{
    const PGresult *r = rows->communications;
    struct json_object *d = row_json(c->arena, r, i);
    const struct label *channel = channel_label(row_text(r, i, "channel"));
    const struct label *status = status_label(row_text(r, i, "status"));
    const char *currency = row_text(r, i, "currency");
    json_set_text(d, "channelLabel", channel->word);
    json_set_text(d, "icon", channel->icon);
    json_set_text(d, "statusLabel", status->word);
    json_set_text(d, "tone", status->tone);
    json_set_text(d, "amount",
                  currency ? money_text(c->arena, row_int(r, i, "amountMinor"), currency, "en")
                           : NULL);
    if (!json_get(d, "attachments"))
        json_set(d, "attachments", json_object_new_array());
    json_set(d, "events", events_of(c, rows->events, row_text(r, i, "communicationId")));
    return d;
}

struct json_object *unit_show(struct ctx *c, const struct unit_rows *rows)
{
    static const char *const of_building[] = { "buildingId", "code", "name", "city", NULL };
    if (rows_count(rows->unit) == 0)
        return NULL;
    struct json_object *unit = row_json(c->arena, rows->unit, 0);
    struct json_object *building = json_object_new_object();
    struct json_object *list = json_object_new_array();
    for (int i = 0; of_building[i]; i++) {
        json_set_text(building, of_building[i], row_text(rows->unit, 0, of_building[i]));
        json_object_object_del(unit, of_building[i]);
    }
    for (int i = 0; i < rows_count(rows->communications); i++)
        json_object_array_add(list, json_object_get(communication_row(c, rows, i)));
    json_set(unit, "building", building);
    json_set(unit, "communications", list);
    return unit;
}

enum err unit_document(struct ctx *c, const char *unit_id, const char *year,
                       struct json_object **out)
{
    struct unit_rows rows;
    db_batch(c->db);
    enum err asked = unit_ask(c, unit_id, year, &rows), e = db_flush(c->db);
    if (asked != OK || e != OK)
        return asked != OK ? asked : e;
    struct json_object *unit = unit_show(c, &rows);
    if (!unit)
        return ERR_NOT_FOUND;
    *out = unit;
    return OK;
}
