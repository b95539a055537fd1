/* The reaction to a shipment's change: its customer is told, or it is kept why not. */
#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "notify/customer.h"
#include "notify/knock.h"
#include "notify/react.sql.h"
#include "ship/ship.h"

#include <string.h>

struct notice {
    const char *id, *key, *event_id, *shipment_id, *type, *reason; /* reason NULL: he is told */
    bool muted, dry_run;
    bool asks; /* Knock when */
};

const char *notice_obstacle(const PGresult *row, bool muted, bool dry_run)
{
    const char *thread = row_text(row, 0, "thread_status");
    if (!row_text(row, 0, "purchase_order_id"))
        return "no_purchase_order";
    if (!row_text(row, 0, "order_id"))
        return "no_order";
    if (!row_text(row, 0, "front_conversation_id"))
        return "no_conversation";
    if (strcmp(thread, "auto_matched") != 0 && strcmp(thread, "manually_linked") != 0)
        return "thread_not_linked";
    if (muted)
        return "muted";
    if (dry_run)
        return "dry_run";
    return row_bool(row, 0, "has_account") ? NULL : "no_front_account";
}

bool notice_wants_thread(const char *reason)
{
    return strcmp(reason, "no_conversation") == 0 || strcmp(reason, "thread_not_linked") == 0;
}

struct json_object *notice_facts_json(struct arena *a, const char *id, const char *type,
                                      const char *event_id, const char *key)
{
    struct json_object *d = json_own(a, json_object_new_object());
    json_set_text(d, "notificationId", id);
    json_set_text(d, "type", type);
    json_set_text(d, "eventId", event_id);
    json_set_text(d, "key", key);
    return d;
}

static bool truth(struct json_object *data, const char *key)
{
    return json_object_get_boolean(json_get(data, key));
}

/* *added: nobody has decided it before. */
static enum err add(struct ctx *c, const struct notice *n, const PGresult *facts, bool *added)
{
    PGresult *rows;
    enum err e = db_query(
        c->db, c->arena, notice_add, &rows, .id = n->id, .key = n->key, .event_id = n->event_id,
        .shipment_id = n->shipment_id, .order_id = row_text(facts, 0, "order_id"), .type = n->type,
        .reason = n->reason, .orchestrator = n->asks ? KNOCK : "native",
        .conversation_id = row_text(facts, 0, "front_conversation_id"),
        .language = row_text(facts, 0, "language"), .marker = notice_marker(c->arena, n->id),
        .muted = n->muted ? "t" : "f", .dry_run = n->dry_run ? "t" : "f");
    if (e == OK)
        *added = rows_count(rows) == 1;
    return e;
}

enum err notice_tell(struct ctx *c, const char *id)
{
    int64_t job;
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "notificationId", id);
    return job_add(c, &(struct job_new){ .kind = NOTICE_JOB, .args = args, .unique_key = id },
                   &job);
}

static enum err skip(struct ctx *c, const struct notice *n)
{
    struct json_object *d = notice_facts_json(c->arena, n->id, n->type, n->event_id, n->key);
    json_set_text(d, "reason", n->reason);
    return audit_add(c, "notification.skipped", "shipment", n->shipment_id, NULL, d);
}

/* Whoever links the order's conversation, or gives the purchase order to it, waits until it is
   written that there is none, or is waited for: else what was skipped for want of it would be found
   by nobody. Shipments are locked before purchase orders, and these before orders. */
static enum err hold_thread(struct ctx *c, const char *shipment_id)
{
    enum err e = db_query(c->db, c->arena, notice_hold_shipment, NULL, .shipment_id = shipment_id);
    if (e == OK)
        e = db_query(c->db, c->arena, notice_hold_purchase_order, NULL, .shipment_id = shipment_id);
    return e ? e : db_query(c->db, c->arena, notice_hold_order, NULL, .shipment_id = shipment_id);
}

static enum err decide(struct ctx *c, const struct event *e, enum notice_type type)
{
    PGresult *facts;
    bool added;
    struct notice n = { .id = uuid7(c->app, c->arena),
                        .event_id = e->id,
                        .shipment_id = e->entity_id,
                        .type = notice_name(type),
                        .muted = truth(e->data, "muted"),
                        .dry_run = truth(e->data, "dryRun") };
    enum err result = hold_thread(c, n.shipment_id);
    if (result == OK)
        result = db_query(c->db, c->arena, notice_facts, &facts, .shipment_id = n.shipment_id,
                          .occurred_at = json_text(e->data, "occurredAt"), .type = n.type);
    if (result != OK)
        return result;
    if (rows_count(facts) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "There is no shipment %s.", n.shipment_id);
    n.key = arena_printf(c->arena, "customer:%s:%s:%s", e->id, n.shipment_id, n.type);
    n.reason = notice_obstacle(facts, n.muted, n.dry_run || row_bool(facts, 0, "dry_run"));
    if (!n.reason && row_bool(facts, 0, "too_old"))
        n.reason = "too_old";
    if (!n.reason && (result = knock_is_asked(c, &n.asks)) != OK)
        return result;
    result = add(c, &n, facts, &added);
    if (result != OK || !added)
        return result;
    if (n.reason)
        return skip(c, &n);
    return n.asks ? knock_ask_later(c, n.id) : notice_tell(c, n.id);
}

enum err notice_react(struct ctx *c, const struct event *e)
{
    enum parcel_status from, to;
    const char *before = json_text(e->data, "from"), *after = json_text(e->data, "to");
    if (!before || !after || !parcel_status_of(before, &from) || !parcel_status_of(after, &to))
        return ctx_refuse(c, ERR_INVALID, "The event does not say from which status to which.");
    enum notice_type type = notice_of(from, to);
    return type == NOTICE_NONE ? OK : decide(c, e, type);
}
