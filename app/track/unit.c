/* A unit's document: its communications of a year, each with its timeline. */
#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "db/db.h"
#include "track/communication.h"
#include "track/delivery_record.h"
#include "track/labels.h"
#include "track/mention.h"
#include "track/send_way.h"
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
    return e == OK ? deliveries_ask(c, unit_id, year, &rows->deliveries) : e;
}

/* What a document is made of and for: the API gets no words and looks. */
struct showing {
    struct ctx *c;
    const struct unit_rows *rows;
    bool page;
};

static struct json_object *event_row(const struct showing *s, int i)
{
    struct json_object *event = row_json(s->c->arena, s->rows->events, i);
    const struct label *l = event_label(row_text(s->rows->events, i, "type"));
    if (!s->page)
        return event;
    json_set_text(event, "label", l->word);
    json_set_text(event, "icon", l->icon);
    json_set_text(event, "tone", l->tone);
    json_set_text(event, "sourceLabel", source_label(row_text(s->rows->events, i, "source")));
    json_set(event, "sentenceParts",
             json_object_get(mention_parts(s->c->arena, row_text(s->rows->events, i, "sentence"),
                                           row_text(s->rows->events, i, "_spans"))));
    if (strcmp(row_text(s->rows->events, i, "type"), "NOTE") == 0)
        json_set_text(event, "missed",
                      mention_missed(s->c->arena, row_text(s->rows->events, i, "sentence"),
                                     row_text(s->rows->events, i, "_spans")));
    return event;
}

static struct json_object *events_of(const struct showing *s, const char *id)
{
    const PGresult *rows = s->rows->events;
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < rows_count(rows); i++)
        if (strcmp(row_text(rows, i, "_communicationId"), id) == 0)
            json_object_array_add(list, json_object_get(event_row(s, i)));
    return list;
}

static void set_words(struct ctx *c, const PGresult *r, int i, struct json_object *d)
{
    const struct label *channel = channel_label(row_text(r, i, "channel"));
    const struct label *status =
        standing_label(row_text(r, i, "status"), row_text(r, i, "paper"), row_bool(r, i, "dryRun"));
    const char *currency = row_text(r, i, "currency");
    long long minor = row_int(r, i, "amountMinor");
    json_set_text(d, "channelLabel", channel->word);
    json_set_text(d, "icon", channel->icon);
    json_set_text(d, "statusLabel", status->word);
    json_set_text(d, "tone", status->tone);
    json_set_text(d, "amount", currency ? money_text(c->arena, minor, currency, "en") : NULL);
}

/* What whoever looks may do to it. */
static void set_actions(struct ctx *c, const PGresult *r, int i, struct json_object *d)
{
    bool agent = c->actor.role >= ROLE_AGENT;
    bool again =
        agent && !row_text(r, i, "contentRemovedAt") && !resend_refusal(row_text(r, i, "status"));
    bool letter = strncmp(row_text(r, i, "channel"), "LETTER", 6) == 0;
    json_set_text(d, "href",
                  arena_printf(c->arena, "/messages/%s", row_text(r, i, "communicationId")));
    json_set_bool(d, "canAct", agent);
    json_set_bool(d, "canResend", again);
    json_set_bool(d, "canLetter",
                  again && !letter && send_way_of("LETTER") && row_text(r, i, "address"));
}

static struct json_object *communication_row(const struct showing *s, int i)
{
    const PGresult *r = s->rows->communications;
    struct json_object *d = row_json(s->c->arena, r, i);
    if (s->page) {
        set_words(s->c, r, i, d);
        set_actions(s->c, r, i, d);
    }
    if (!json_get(d, "attachments"))
        json_set(d, "attachments", json_object_new_array());
    json_set(d, "events", events_of(s, row_text(r, i, "communicationId")));
    return d;
}

/* Whether the hold that a unit tells of is the communication's, too. */
static bool same_hold(struct json_object *unit, struct json_object *communication)
{
    const char *one = json_text(json_get(unit, "hold"), "holdId");
    const char *other = json_text(communication, "holdId");
    return one && other && strcmp(one, other) == 0;
}

struct json_object *unit_show(struct ctx *c, const struct unit_rows *rows, bool page)
{
    const struct showing s = { c, rows, page };
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
    for (int i = 0; i < rows_count(rows->communications); i++) {
        struct json_object *one = communication_row(&s, i);
        if (page)
            json_set_bool(one, "heldItself", !same_hold(unit, one));
        json_object_array_add(list, json_object_get(one));
    }
    json_set(unit, "building", building);
    json_set(unit, "communications", list);
    json_set(unit, "deliveryRecords", deliveries_show(c, rows->deliveries, page));
    if (page)
        json_set_bool(unit, "canAct", c->actor.role >= ROLE_AGENT);
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
    struct json_object *unit = unit_show(c, &rows, false);
    if (!unit)
        return ERR_NOT_FOUND;
    *out = unit;
    return OK;
}
