/* What shipments ask for: moved by the clock, seen to by staff; the usual time between scans. */
#include "ship/attention.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "base/uuid.h"
#include "db/db.h"
#include "events/events.h"
#include "jobs/jobs.h"
#include "ship/attention.sql.h"
#include "ship/ship.h"
#include "ship/shipment.h"

#include <string.h>

#define WATCH_ROWS 200    /* a transaction */
#define WATCH_ROUNDS 50   /* a job and tenant; the next goes on */
#define LANE_PARCELS 5000 /* of a carrier, the newest */
#define ESTIMATES_MOST "20"

const char *const attention_names[] = { "act_now",    "late", "silent", "pickup_point",
                                        "on_the_way", "done", NULL };
const char *const attention_reasons[] = { "failure", "attempt", "exception", "loss",
                                          "proof",   "dispute", NULL };
const char *const claim_names[] = { "attempt", "proof", "dispute", "loss", NULL };

/* ---- the clock ---- */

static const char *quiet_words(struct ctx *c, long long hours)
{
    return hours < 48 ? arena_printf(c->arena, "%lld hours", hours)
                      : arena_printf(c->arena, "%lld days", hours / 24);
}

/* On its timeline and to whoever reacts, in the transaction that finds it silent. */
static enum err tell_silent(struct ctx *c, const PGresult *rows, int i)
{
    const char *id = row_text(rows, i, "shipmentId");
    struct json_object *d = row_json(c->arena, rows, i);
    const struct shipment_event note = {
        .type = "NOTE",
        .source = "system",
        .claim = PARCEL_NOTHING,
        .sentence = arena_printf(c->arena, "Silent: no scan for %s, longer than is usual.",
                                 quiet_words(c, row_int(rows, i, "quietHours"))),
        .dedupe_key = arena_printf(c->arena, "silent:%s", row_text(rows, i, "_since")),
    };
    enum err e = shipment_append(c, id, &note, 1, true, NULL, NULL);
    if (e == OK)
        e = event_emit(c, SHIPMENT_SILENT, "shipment", id, d);
    if (e == OK)
        log_warn("shipment_silent", "shipmentId", id, NULL);
    return e;
}

/* *more: there may be others. */
static enum err watch_some(struct ctx *c, bool *more)
{
    PGresult *rows;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, attention_watch, &rows,
                          .rows = arena_printf(c->arena, "%d", WATCH_ROWS));
    *more = e == OK && rows_count(rows) == WATCH_ROWS;
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        if (row_bool(rows, i, "_silent"))
            e = tell_silent(c, rows, i);
    return db_end(c->db, e);
}

enum err shipments_watch(struct job *j)
{
    PGresult *tenants;
    struct ctx *c = &j->ctx;
    enum err e = db_run(c->db, c->arena, &sql_attention_watched_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        bool more = true;
        c->tenant_id = row_text(tenants, i, "tenantId");
        for (int n = 0; e == OK && more && n < WATCH_ROUNDS; n++) {
            e = watch_some(c, &more);
            if (e == OK && more)
                e = job_touch(j);
        }
    }
    return e;
}

/* ---- lanes ---- */

static enum err make_lanes(struct ctx *c, const char *carrier)
{
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, lanes_make, NULL, .carrier = carrier,
                          .parcels = arena_printf(c->arena, "%d", LANE_PARCELS));
    if (e == OK)
        e = db_query(c->db, c->arena, lanes_forget, NULL, .carrier = carrier);
    return db_end(c->db, e);
}

static enum err tenant_lanes(struct job *j)
{
    PGresult *carriers;
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_run(c->db, c->arena, &sql_lanes_carriers, NULL, &carriers));
    for (int i = 0; e == OK && i < rows_count(carriers); i++) {
        e = make_lanes(c, row_text(carriers, i, "carrier"));
        if (e == OK)
            e = job_touch(j);
    }
    return e;
}

enum err lanes_make(struct job *j)
{
    PGresult *tenants;
    struct ctx *c = &j->ctx;
    enum err e = db_run(c->db, c->arena, &sql_attention_shipping_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "tenantId");
        e = tenant_lanes(j);
    }
    return e;
}

/* ---- seen to ---- */

static const char *answer_sentence(const char *reason)
{
    static const struct {
        const char *reason, *sentence;
    } sentences[] = {
        { "attempt", "The failed attempt was answered." },
        { "exception", "Somebody saw to the exception." },
        { "loss", "Its loss was claimed." },
        { "proof", "A proof of delivery was asked for." },
        { "dispute", "Its return was seen to." },
    };
    for (size_t i = 0; reason && i < sizeof(sentences) / sizeof(sentences[0]); i++)
        if (strcmp(reason, sentences[i].reason) == 0)
            return sentences[i].sentence;
    return NULL;
}

static enum err append_answer(struct ctx *c, const char *id, const char *reason, const char *note)
{
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    json_set_text(detail, "answers", reason);
    if (note)
        json_set_text(detail, "note", note);
    const struct shipment_event event = { .type = "NOTE",
                                          .source = "user",
                                          .claim = PARCEL_NOTHING,
                                          .sentence = answer_sentence(reason),
                                          .detail = detail };
    enum err e = shipment_append(c, id, &event, 1, false, NULL, NULL);
    return e == OK ? audit_add(c, "shipment.answered", "shipment", id, NULL, detail) : e;
}

enum err shipment_answer(struct ctx *c, const char *id, const char *note)
{
    PGresult *row;
    enum err e = id && uuid_valid(id)
                     ? db_query(c->db, c->arena, attention_hold, &row, .shipment_id = id)
                     : ERR_NOT_FOUND;
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e != OK)
        return e;
    const char *reason = row_text(row, 0, "reason");
    if (answer_sentence(reason))
        return append_answer(c, id, reason, note);
    return ctx_refuse(c, ERR_CONFLICT,
                      reason ? "What failed of its delivery is resolved among the failures."
                             : "It asks for nothing now: somebody may have seen to it.");
}

/* ---- of one shipment ---- */

enum err attention_add(struct ctx *c, const char *id, struct json_object *d)
{
    PGresult *row, *estimates;
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, attention_get, &row, .shipment_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, attention_estimates, &estimates, .shipment_id = id,
                     .rows = ESTIMATES_MOST);
    enum err sent = db_flush(c->db);
    if (e == OK)
        e = sent;
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    struct json_object *known = row_json(c->arena, row, 0);
    json_object_object_foreach(known, key, value) json_set(d, key, json_object_get(value));
    json_set(d, "estimates", json_object_get(rows_json(c->arena, estimates)));
    return OK;
}

/* ---- terms ---- */

static long default_hours(const char *claim)
{
    static const long hours[] = { 24, 168, 72, 720 }; /* as claim_hours has them */
    for (size_t i = 0; claim_names[i]; i++)
        if (strcmp(claim, claim_names[i]) == 0)
            return hours[i];
    return 0;
}

static void add_term(struct json_object *list, const char *carrier, const char *claim, long hours,
                     bool own)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "carrier", carrier);
    json_set_text(o, "claim", claim);
    json_set_int(o, "hours", hours);
    json_set_bool(o, "own", own);
    json_object_array_add(list, o);
}

/* The hours kept for all carriers; 0: none are. */
static long kept_hours(const PGresult *rows, const char *claim)
{
    for (int i = 0; i < rows_count(rows); i++)
        if (!*row_text(rows, i, "carrier") && strcmp(row_text(rows, i, "claim"), claim) == 0)
            return row_int(rows, i, "hours");
    return 0;
}

enum err terms_get(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = json_object_new_array();
    json_set(d, "terms", list);
    enum err e = db_run(c->db, c->arena, &sql_terms_list, NULL, &rows);
    if (e != OK)
        return e;
    for (size_t i = 0; claim_names[i]; i++) {
        long kept = kept_hours(rows, claim_names[i]);
        add_term(list, NULL, claim_names[i], kept ? kept : default_hours(claim_names[i]), kept);
    }
    for (int i = 0; i < rows_count(rows); i++)
        if (*row_text(rows, i, "carrier"))
            add_term(list, row_text(rows, i, "carrier"), row_text(rows, i, "claim"),
                     row_int(rows, i, "hours"), true);
    *out = d;
    return OK;
}

enum err terms_set(struct ctx *c, const struct claim_term *t)
{
    const char *carrier = t->carrier ? carrier_code_of(c->arena, t->carrier) : "";
    if (!carrier)
        return ctx_fault(c, "carrier", "may only hold letters, digits, blanks and - _ .");
    enum err e =
        t->hours
            ? db_query(c->db, c->arena, terms_set, NULL, .carrier = carrier, .claim = t->claim,
                       .hours = arena_printf(c->arena, "%ld", t->hours))
            : db_query(c->db, c->arena, terms_unset, NULL, .carrier = carrier, .claim = t->claim);
    if (e == OK)
        e = db_query(c->db, c->arena, terms_hold, NULL, .carrier = carrier);
    if (e == OK)
        e = db_query(c->db, c->arena, terms_revive, NULL, .carrier = carrier, .claim = t->claim);
    if (e != OK)
        return e;
    struct json_object *told = json_own(c->arena, json_object_new_object());
    json_set_text(told, "carrier", *carrier ? carrier : NULL);
    json_set_text(told, "claim", t->claim);
    json_set_int(told, "hours", t->hours);
    return audit_add(c, "claim_term.set", "tenant", c->tenant_id, NULL, told);
}
