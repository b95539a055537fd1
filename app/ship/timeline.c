/* Appending to a shipment's timeline: the one way its status moves, and its order's. */
#include "base/json.h"
#include "db/db.h"
#include "events/events.h"
#include "ship/ship.h"
#include "ship/timeline.sql.h"

#include <string.h>

#define EVENTS_A_TRIP 28 /* beside the statements of the order, within what db_batch holds */

struct appending {
    struct ctx *c;
    const char *shipment_id, *order_id;
    const struct shipment_event *list;
    size_t n;
    struct parcel_standing standing; /* after the events so far */
    bool dry_run;
    PGresult *lock, *known, *order;     /* as they stood before */
    PGresult *order_held, *of_siblings; /* once they have moved */
    size_t moved_by;                    /* the last event that changed the status */
};

/* The end of a batch, some of which may not have been sent. */
static enum err flushed(struct db *db, enum err e)
{
    enum err sent = db_flush(db);
    return e == OK ? sent : e;
}

/* ---- before ---- */

/* The days of an estimate as one text; NULL of what is none. */
static const char *days_of(const struct appending *a, size_t i)
{
    const struct shipment_event *e = &a->list[i];
    return e->expected_on && e->expected_until
               ? arena_printf(a->c->arena, "%s/%s", e->expected_on, e->expected_until)
               : e->expected_on;
}

/* [{at, key, days, inbox}] as the database asks for it. */
static const char *asked(const struct appending *a)
{
    struct json_object *list = json_own(a->c->arena, json_object_new_array());
    for (size_t i = 0; i < a->n; i++) {
        struct json_object *one = json_object_new_object();
        json_set_text(one, "at", a->list[i].occurred_at);
        json_set_text(one, "key", a->list[i].dedupe_key);
        json_set_text(one, "days", days_of(a, i));
        json_set_text(one, "inbox", a->list[i].inbox_id);
        json_object_array_add(list, one);
    }
    return json_compact(a->c->arena, list);
}

static enum err lock(struct appending *a)
{
    struct ctx *c = a->c;
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, shipment_lock, &a->lock, .shipment_id = a->shipment_id);
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_events_known, &a->known,
                     .shipment_id = a->shipment_id, .events = asked(a));
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_order, &a->order, .shipment_id = a->shipment_id);
    if ((e = flushed(c->db, e)) != OK)
        return e;
    if (rows_count(a->lock) == 0)
        return ERR_NOT_FOUND;
    const char *grade = row_text(a->lock, 0, "grade");
    if (!parcel_status_of(row_text(a->lock, 0, "status"), &a->standing.status))
        return ERR_INTERNAL;
    a->standing.at_ms = row_int(a->lock, 0, "at_ms");
    a->standing.grade = grade ? *grade : 0;
    a->standing.day_only = row_bool(a->lock, 0, "day_only");
    a->dry_run = row_bool(a->lock, 0, "dry_run");
    a->order_id = rows_count(a->order) ? row_text(a->order, 0, "order_id") : NULL;
    return OK;
}

/* ---- the events ---- */

/* Whether the estimate told last before this one, by the table or in this list, says the same. */
static bool same_estimate(const struct appending *a, size_t i)
{
    int n = (int)i;
    const char *days = days_of(a, i), *before = row_text(a->known, n, "days_before");
    int64_t at = row_int(a->known, n, "at_ms"), before_at = row_int(a->known, n, "before_ms");
    if (!days)
        return false;
    for (size_t j = 0; j < i; j++) {
        int64_t told = row_int(a->known, (int)j, "at_ms");
        if (!days_of(a, j) || told > at || (before && told < before_at))
            continue;
        before = days_of(a, j);
        before_at = told;
    }
    return before && strcmp(before, days) == 0;
}

static bool told_before(const struct appending *a, size_t i)
{
    const char *key = row_text(a->known, (int)i, "key");
    if (row_bool(a->known, (int)i, "known") || same_estimate(a, i))
        return true;
    for (size_t j = 0; key && j < i; j++) {
        const char *other = row_text(a->known, (int)j, "key");
        if (other && strcmp(other, key) == 0)
            return true;
    }
    return false;
}

/* The event's detail, with what it speaks against where that is to be shown. */
static const char *detail_text(struct ctx *c, const struct shipment_event *e,
                               struct parcel_standing before, bool contradiction)
{
    struct json_object *d = e->detail ? e->detail : json_own(c->arena, json_object_new_object());
    if (contradiction) {
        struct json_object *against = json_object_new_object();
        const char grade[2] = { before.grade, 0 };
        json_set_text(against, "status", parcel_status_name(before.status));
        json_set_text(against, "grade", before.grade ? grade : NULL);
        json_set(d, "contradicts", against);
    }
    return json_compact(c->arena, d);
}

static enum err add(struct appending *a, size_t i)
{
    struct ctx *c = a->c;
    const struct shipment_event *e = &a->list[i];
    const struct parcel_standing before = a->standing;
    const char grade[2] = { e->grade, 0 };
    bool day_only = json_object_get_boolean(json_get(e->detail, "noTime"));
    bool contradiction = parcel_stand(&a->standing, e->claim, row_int(a->known, (int)i, "at_ms"),
                                      day_only, e->grade);
    enum parcel_status after = a->standing.status;
    const char *detail = detail_text(c, e, before, contradiction);
    if (after != before.status)
        a->moved_by = i;
    if (e->added)
        *e->added = true;
    return db_query(
        c->db, c->arena, shipment_event_add, NULL, .shipment_id = a->shipment_id, .type = e->type,
        .source = e->source, .grade = e->grade ? grade : NULL,
        .status = parcel_status_name(e->claim), .status_after = parcel_status_name(after),
        .occurred_at = row_text(a->known, (int)i, "at"), .actor_id = c->actor.id,
        .actor_name = c->actor.kind == ACTOR_USER ? c->actor.name : NULL, .sentence = e->sentence,
        .detail = detail, .inbox_id = e->inbox_id, .mapper = e->mapper,
        .dedupe_key = row_text(a->known, (int)i, "key"), .caused_by = e->caused_by);
}

/* ---- the order ---- */

static enum err order_ask(struct ctx *c, const char *order_id, PGresult **held, PGresult **list)
{
    enum err e = db_query(c->db, c->arena, order_follow_lock, held, .order_id = order_id);
    return e == OK ? db_query(c->db, c->arena, order_follow_list, list, .order_id = order_id) : e;
}

static enum err order_tell(struct ctx *c, const char *order_id, const PGresult *held,
                           const PGresult *list)
{
    size_t n = (size_t)rows_count(list);
    enum parcel_status *all = arena_zalloc(c->arena, n + 1, sizeof(*all));
    for (size_t i = 0; i < n; i++)
        if (!parcel_status_of(row_text(list, (int)i, "status"), &all[i]))
            return ERR_INTERNAL;
    enum order_status s = order_status_of(all, n, row_bool(held, 0, "cancelled"));
    return db_query(c->db, c->arena, order_follow_move, NULL, .order_id = order_id,
                    .status = order_status_names[s]);
}

enum err order_follow(struct ctx *c, const char *order_id)
{
    PGresult *held, *list;
    db_batch(c->db);
    enum err e = order_ask(c, order_id, &held, &list);
    e = flushed(c->db, e);
    if (e == OK && rows_count(held) == 0)
        e = ERR_NOT_FOUND;
    return e == OK ? order_tell(c, order_id, held, list) : e;
}

/* ---- all of it ---- */

/* In as few round trips as they fit, with the questions about the order in the last. */
static enum err add_all(struct appending *a, enum parcel_status before)
{
    enum err e = OK;
    bool day_only = a->standing.day_only;
    struct db *db = a->c->db;
    size_t queued = 0;
    db_batch(db);
    for (size_t i = 0; e == OK && i < a->n; i++) {
        if (told_before(a, i))
            continue;
        if (queued++ == EVENTS_A_TRIP) {
            queued = 1;
            if ((e = db_flush(db)) != OK)
                return e;
            db_batch(db);
        }
        e = add(a, i);
    }
    if (e == OK && a->standing.day_only != day_only)
        e = db_query(db, a->c->arena, shipment_day_only, NULL, .shipment_id = a->shipment_id,
                     .day_only = day_only ? "f" : "t");
    if (e == OK && a->order_id && a->standing.status != before)
        e = order_ask(a->c, a->order_id, &a->order_held, &a->of_siblings);
    return flushed(db, e);
}

static enum err emit(const struct appending *a, enum parcel_status before, bool muted)
{
    char at[TIME_LENGTH + 1];
    struct ctx *c = a->c;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct str when = row_time(at, a->known, (int)a->moved_by, PQfnumber(a->known, "at"));
    json_set_text(d, "shipmentId", a->shipment_id);
    json_set_text(d, "from", parcel_status_name(before));
    json_set_text(d, "to", parcel_status_name(a->standing.status));
    json_set(d, "occurredAt", json_object_new_string_len(when.p, (int)when.n));
    json_set_text(d, "source", a->list[a->moved_by].source);
    json_set_bool(d, "muted", muted);
    json_set_bool(d, "dryRun", a->dry_run);
    return event_emit(c, SHIPMENT_STATUS_CHANGED, "shipment", a->shipment_id, d);
}

static enum err tell(const struct appending *a, enum parcel_status before, bool muted)
{
    db_batch(a->c->db);
    enum err e = emit(a, before, muted);
    if (e == OK && a->standing.status == PARCEL_CANCELLED)
        e = db_query(a->c->db, a->c->arena, shipment_delivery_over, NULL,
                     .shipment_id = a->shipment_id);
    if (e == OK && a->order_id)
        e = order_tell(a->c, a->order_id, a->order_held, a->of_siblings);
    return flushed(a->c->db, e);
}

enum err shipment_append(struct ctx *c, const char *shipment_id, const struct shipment_event *list,
                         size_t n, bool muted, enum parcel_status *after, bool *moved)
{
    struct appending a = { .c = c, .shipment_id = shipment_id, .list = list, .n = n };
    enum err e = lock(&a);
    if (e != OK)
        return e;
    enum parcel_status before = a.standing.status;
    e = add_all(&a, before);
    if (e == OK && a.standing.status != before)
        e = tell(&a, before, muted);
    if (e != OK)
        return e;
    if (after)
        *after = a.standing.status;
    if (moved)
        *moved = a.standing.status != before;
    return OK;
}
