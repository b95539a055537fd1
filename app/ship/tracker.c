/* Trackers as staff and the API see them: wanted, shown, looked at. */
#include "ship/tracker.h"

#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "carriers/ship24_answer.h"
#include "db/db.h"
#include "ship/tracker.sql.h"

#include <string.h>

/* ---- wanted ---- */

/* The body of its creation. Other values would make another tracker: it is written once. */
static struct json_object *asked_of(struct ctx *c, const char *shipment_id, const PGresult *row,
                                    const char *courier_code)
{
    static const struct {
        const char *key, *column;
    } texts[] = {
        { "trackingNumber", "tracking_number" }, { "shipmentReference", "reference" },
        { "destinationCountryCode", "country" }, { "destinationPostCode", "postal_code" },
        { "orderNumber", "order_number" },
    };
    struct json_object *d = json_own(c->arena, json_object_new_object());
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text = row_text(row, 0, texts[i].column);
        if (text && *text)
            json_set_text(d, texts[i].key, text);
    }
    json_set_text(d, "clientTrackerId", shipment_id);
    if (courier_code) {
        struct json_object *list = json_object_new_array();
        json_object_array_add(list, json_object_new_string(courier_code));
        json_set(d, "courierCode", list);
    }
    return d;
}

static enum err account_for(struct ctx *c, const struct tracker_new *n, struct provider_account *a)
{
    enum err e = n->account_id ? provider_get(c, n->account_id, a) : provider_find(c, "ship24", a);
    if (n->account_id && (e == ERR_NOT_FOUND || (e == OK && strcmp(a->provider, "ship24") != 0)))
        return ctx_fault(c, "accountId", "is of no account of Ship24 that is switched on");
    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        return ctx_refuse(c, ERR_CONFLICT, "No account of Ship24 is switched on.");
    if (e == OK && !json_text(a->secrets, "apiKey"))
        return ctx_refuse(c, ERR_CONFLICT, "The account %s of Ship24 has no API key.", a->name);
    return e;
}

static enum err add_job(struct ctx *c, const char *kind, const char *arg, const char *id)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_put(args, arg, false, json_text_new(id));
    return job_add(c, &(struct job_new){ .kind = kind, .args = args, .unique_key = id }, NULL);
}

static enum err may_be_tracked(struct ctx *c, const PGresult *row)
{
    const char *number = row_text(row, 0, "tracking_number");
    if (row_bool(row, 0, "dry_run"))
        return ctx_refuse(c, ERR_CONFLICT, "It is a dry run: there is no parcel to track.");
    if (row_bool(row, 0, "over"))
        return ctx_refuse(c, ERR_CONFLICT, "It is over: there is nothing left to track.");
    if (!number)
        return ctx_refuse(c, ERR_CONFLICT, "It has no tracking number yet.");
    return ship24_takes(number) ? OK
                                : ctx_refuse(c, ERR_CONFLICT,
                                             "Ship24 takes tracking numbers of 5 to 50 letters, "
                                             "digits and - _ / . only.");
}

/* Whether there is a tracker, or soon will be, that is no rehearsal of one that may be made now. */
static bool is_tracked(struct ctx *c, const PGresult *row)
{
    const char *state = row_text(row, 0, "state");
    return state && strcmp(state, "refused") != 0 &&
           (c->app->settings->carrier_dry_run || !row_bool(row, 0, "rehearsed"));
}

static enum err want(struct ctx *c, const char *id, const PGresult *row,
                     const struct tracker_new *n, const struct provider_account *a)
{
    struct json_object *asked = asked_of(c, id, row, n->courier_code);
    bool dry_run = c->app->settings->carrier_dry_run;
    enum err e = db_query(c->db, c->arena, tracker_want, NULL, .shipment_id = id,
                          .account_id = a->id, .dry_run = dry_run ? "t" : "f",
                          .asked = json_compact(c->arena, asked), .actor_name = c->actor.name);
    if (e == OK)
        e = add_job(c, "ship.enrol", "accountId", a->id);
    if (e)
        return e;
    struct json_object *facts = json_own(c->arena, json_object_new_object());
    json_set_text(facts, "trackingNumber", row_text(row, 0, "tracking_number"));
    json_set_text(facts, "account", a->name);
    json_set_bool(facts, "dryRun", dry_run);
    return audit_add(c, "tracker.wanted", "shipment", id, NULL, facts);
}

enum err tracker_want(struct ctx *c, const char *shipment_id, const struct tracker_new *n)
{
    PGresult *row;
    struct provider_account a;
    if (!uuid_valid(shipment_id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, tracker_for, &row, .shipment_id = shipment_id);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK && is_tracked(c, row))
        return OK;
    if (e == OK)
        e = may_be_tracked(c, row);
    if (e == OK)
        e = account_for(c, n, &a);
    return e == OK ? want(c, shipment_id, row, n, &a) : e;
}

/* ---- shown ---- */

enum err tracker_get(struct ctx *c, const char *shipment_id, struct json_object **out)
{
    PGresult *row;
    if (!uuid_valid(shipment_id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, tracker_get, &row, .shipment_id = shipment_id);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        *out = row_json(c->arena, row, 0);
    return e;
}

/* ---- looked at ---- */

static enum err made_only(struct ctx *c, const char *shipment_id)
{
    struct json_object *t;
    enum err e = tracker_get(c, shipment_id, &t);
    if (e)
        return e;
    if (strcmp(json_text(t, "state"), "made") != 0)
        return ctx_refuse(c, ERR_CONFLICT, "Ship24 does not track it yet.");
    if (json_object_get_boolean(json_get(t, "dryRun")))
        return ctx_refuse(c, ERR_CONFLICT, "It is a dry run: Ship24 knows nothing of it.");
    return OK;
}

enum err tracker_look(struct ctx *c, const char *shipment_id)
{
    enum err e = made_only(c, shipment_id);
    return e == OK ? add_job(c, "ship.track_results", "shipmentId", shipment_id) : e;
}

enum err tracker_resend(struct ctx *c, const char *shipment_id)
{
    enum err e = made_only(c, shipment_id);
    return e == OK ? add_job(c, "ship.resend", "shipmentId", shipment_id) : e;
}
