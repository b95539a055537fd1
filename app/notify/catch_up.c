/* What customers were not told: sent once their order has a conversation and there is an account
   for it, and brought to an end where no job is at it any more. */
#include "access/access.h"
#include "base/domain.h"
#include "base/json.h"
#include "db/db.h"
#include "notify/catch_up.sql.h"
#include "notify/customer.h"
#include "notify/knock.h"
#include "notify/react.sql.h"
#include "ship/ship.h"

#include <string.h>

/* ---- a conversation was linked ---- */

struct catching_up {
    struct ctx *c;
    const PGresult *missed; /* of catch_up_missed */
    const char *order_id;
};

static const char *column(const struct catching_up *u, int i, const char *name)
{
    return row_text(u->missed, i, name);
}

static struct json_object *facts_of(struct ctx *c, const PGresult *rows, int i)
{
    return notice_facts_json(c->arena, row_text(rows, i, "id"), row_text(rows, i, "type"),
                             row_text(rows, i, "event_id"), row_text(rows, i, "key"));
}

static enum err settle(const struct catching_up *u, int i, const char *state, const char *reason)
{
    PGresult *rows;
    struct ctx *c = u->c;
    enum err e = db_query(c->db, c->arena, catch_up_settle, &rows, .id = column(u, i, "id"),
                          .state = state, .reason = reason, .order_id = u->order_id);
    if (e != OK || rows_count(rows) == 0)
        return e;
    struct json_object *d = facts_of(c, u->missed, i);
    json_set_text(d, "reason", reason);
    return audit_add(c, arena_printf(c->arena, "notification.%s", state), "shipment",
                     column(u, i, "shipment_id"), NULL, d);
}

static enum err send(const struct catching_up *u, int i, const PGresult *facts)
{
    PGresult *rows;
    struct ctx *c = u->c;
    const char *id = column(u, i, "id");
    const char *conversation = row_text(facts, 0, "front_conversation_id");
    bool asks = false;
    enum err e = knock_is_asked(c, &asks);
    if (e == OK)
        e = db_query(c->db, c->arena, catch_up_send, &rows, .id = id, .order_id = u->order_id,
                     .conversation_id = conversation, .asks = asks ? "t" : "f",
                     .language = row_text(facts, 0, "language"));
    if (e != OK || rows_count(rows) == 0)
        return e;
    asks = strcmp(row_text(rows, 0, "state"), "asked") == 0;
    e = asks ? knock_ask_later(c, id) : notice_tell(c, id);
    struct json_object *d = facts_of(c, u->missed, i);
    json_set_text(d, "conversationId", conversation);
    return e ? e
             : audit_add(c, "notification.caught_up", "shipment", column(u, i, "shipment_id"), NULL,
                         d);
}

/* What stands against it beside the conversation still does. */
static enum err decide(const struct catching_up *u, int i)
{
    PGresult *facts;
    struct ctx *c = u->c;
    const char *stale = column(u, i, "stale");
    if (stale)
        return settle(u, i, "superseded", stale);
    enum err e =
        db_query(c->db, c->arena, notice_facts, &facts, .shipment_id = column(u, i, "shipment_id"));
    if (e != OK)
        return e;
    if (rows_count(facts) == 0)
        return ERR_NOT_FOUND;
    const char *obstacle =
        notice_obstacle(facts, row_bool(u->missed, i, "muted"), row_bool(u->missed, i, "dry_run"));
    if (!obstacle)
        return send(u, i, facts);
    return strcmp(obstacle, column(u, i, "reason")) == 0 ? OK : settle(u, i, "skipped", obstacle);
}

static enum err catch_up(struct ctx *c, const char *order_id)
{
    PGresult *order, *missed;
    enum err e = db_query(c->db, c->arena, catch_up_order, &order, .order_id = order_id);
    if (e != OK || rows_count(order) == 0 || !row_bool(order, 0, "linked"))
        return e; /* unlinked since: the next link will find them */
    e = db_query(c->db, c->arena, catch_up_missed, &missed, .order_id = order_id);
    if (e != OK)
        return e;
    const struct catching_up u = { c, missed, order_id };
    for (int i = 0; e == OK && i < rows_count(missed); i++)
        e = decide(&u, i);
    return e;
}

enum err notice_catch_up(struct ctx *c, const struct event *event)
{
    return catch_up(c, event->entity_id);
}

/* Accounts are set up and switched on by many ways: what was missed for want of one is found by
   the clock. */
static enum err catch_up_accounts(struct ctx *c)
{
    PGresult *orders;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_run(c->db, c->arena, &sql_catch_up_orders, NULL, &orders));
    for (int i = 0; e == OK && i < rows_count(orders); i++) {
        db_begin(c->db, c->tenant_id);
        e = db_end(c->db, catch_up(c, row_text(orders, i, "id")));
    }
    return e;
}

/* ---- nobody is at it ---- */

static enum err give_up(struct ctx *c, const PGresult *left, int i)
{
    PGresult *rows;
    bool sending = strcmp(row_text(left, i, "state"), "sending") == 0;
    const char *shipment = row_text(left, i, "shipment_id"), *id = row_text(left, i, "id");
    const char *reason = sending ? "unknown" : "not_reached";
    enum err e = db_query(c->db, c->arena, notice_give_up, &rows, .id = id, .reason = reason);
    if (e != OK || rows_count(rows) == 0)
        return e;
    struct json_object *d = facts_of(c, left, i);
    json_set_text(d, "reason", reason);
    if (row_text(left, i, "conversation_id"))
        json_set_text(d, "conversationId", row_text(left, i, "conversation_id"));
    const struct shipment_event event = {
        .type = "NOT_NOTIFIED",
        .source = "system",
        .claim = PARCEL_NOTHING,
        .sentence = sending ? "Whether the customer was told is not known: its work ended without "
                              "a result."
                            : "The customer was not told: its work ended without a result.",
        .detail = d,
        .dedupe_key = arena_printf(c->arena, "notification:%s:given-up", id),
        .caused_by = row_text(left, i, "event_id"),
    };
    e = shipment_append(c, shipment, &event, 1, false, NULL, NULL);
    return e ? e : audit_add(c, "notification.failed", "shipment", shipment, NULL, d);
}

/* One whose job was parked, as when its last write failed, is looked at again by another; one that
   nobody is at, since that was in vain too or an operator discarded it, has ended. */
static enum err tend(struct ctx *c)
{
    PGresult *left;
    db_begin(c->db, c->tenant_id);
    enum err e = db_run(c->db, c->arena, &sql_notices_left, NULL, &left);
    e = db_end(c->db, e);
    for (int i = 0; e == OK && i < rows_count(left); i++) {
        db_begin(c->db, c->tenant_id);
        e = row_int(left, i, "parked") == 1 ? notice_tell(c, row_text(left, i, "id"))
                                            : give_up(c, left, i);
        e = db_end(c->db, e);
    }
    return e;
}

enum err notice_tend(struct job *j)
{
    struct ctx *c = &j->ctx;
    PGresult *tenants;
    enum err e = db_run(c->db, c->arena, &sql_notice_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "tenantId");
        e = tend(c);
        if (e == OK)
            e = catch_up_accounts(c);
    }
    return e;
}

/* ---- what the domain gives the programs ---- */

static const struct job_kind jobs[] = {
    { .name = NOTICE_TEND_JOB,
      .queue = "ship",
      .max_attempts = 3,
      .run = notice_tend,
      .doc = "Brings what customers were to be told, and no job is at any more, to an end, and "
             "catches up what an account at Front was missing for" },
    { .name = NULL },
};

static const struct reaction reactions[] = {
    { THREAD_LINKED, "notify.catch_up", notice_catch_up },
    { .event = NULL },
};

static const struct schedule schedules[] = {
    { NOTICE_TEND_JOB, NOTICE_TEND_JOB, 120,
      "Customers' notifications that no job is at any more are brought to an end; those that "
      "waited for an account at Front are caught up." },
    { .name = NULL },
};

const struct domain catch_up_domain = {
    .name = "catch_up", .jobs = jobs, .reactions = reactions, .schedules = schedules
};
