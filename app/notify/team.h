/* Telling those who work here of parcels: rules say who hears of what, by e-mail, in Slack or by a
   webhook. A change becomes one row of team_notices for each rule that it matches; what waits is
   taken together into a row of team_messages, which a job tells at least once: a team that hears
   twice is better off than one that hears nothing. */
#pragma once

#include "base/ctx.h"
#include "events/events.h"
#include "jobs/jobs.h"

#include <json-c/json.h>

#define TEAM_JOB "notify.team" /* {ruleId, messageId} */
#define TEAM_SILENT "silent"   /* among the statuses of a rule: no scan for longer than usual */

extern const char *const team_ways[];     /* NULL at the end, as the others */
extern const char *const team_roles[];    /* of those who get an e-mail */
extern const char *const team_statuses[]; /* a parcel's, and TEAM_SILENT */
extern const char *const team_digests[];

/* ---- rules ---- */

struct team_rule {
    const char *name, *way;
    const char *role;        /* NULL: everybody who sees parcels */
    const char *account_id;  /* of slack and webhook */
    const char *channel;     /* of slack; NULL: that of the account or of its webhook */
    const char *shop;        /* NULL: any */
    const char *building_id; /* NULL: any */
    const char **statuses;   /* NULL or empty: all */
    const char *quiet_from, *quiet_until; /* "22:00" in the tenant's time zone; NULL: none */
    const char *digest;                   /* NULL: "none" */
    bool enabled;                         /* of a change only */
};

/* Each writes the audit trail. ERR_INVALID names the field. */
enum err team_rule_add(struct ctx *c, const struct team_rule *rule, const char **id) must_check;
/* Makes it what is given; what waits of one that is switched off is dropped. */
enum err team_rule_set(struct ctx *c, const char *id, const struct team_rule *rule) must_check;
enum err team_rule_remove(struct ctx *c, const char *id) must_check;

/* {rules} and one of them. ERR_NOT_FOUND: there is none, or it was removed. */
enum err team_rules_list(struct ctx *c, struct json_object **out) must_check;
enum err team_rule_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* {messages}: its last 50. */
enum err team_messages_of(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Has it tell a sample now, whatever its hours. ERR_CONFLICT: it is switched off. */
enum err team_rule_test(struct ctx *c, const char *id) must_check;

/* Has a message that failed, or that no job is at, tried again. ERR_CONFLICT: it was told, is on
   its way, or its rule is switched off. */
enum err team_message_retry(struct ctx *c, const char *rule_id, const char *id) must_check;

/* {accounts, buildings}: what a rule may name. */
enum err team_choices(struct ctx *c, struct json_object **out) must_check;

/* ---- what the worker does ---- */

/* The reactions to SHIPMENT_STATUS_CHANGED and to SHIPMENT_SILENT. */
enum err team_react(struct ctx *c, const struct event *e) must_check;
enum err team_react_silent(struct ctx *c, const struct event *e) must_check;

/* Has a job take what is due of a rule then (RFC 3339; NULL: now), in the transaction at hand that
   holds the rule, whose turn it is. */
enum err team_wake(struct ctx *c, const char *rule_id, long long turn, const char *due) must_check;

/* The job: takes what is due of a rule, and tells it. */
enum err team_send(struct job *j) must_check;

#define TEAM_TEND_JOB "notify.team_tend"

/* The job by the clock: messages under way whose job is parked get one more, those that are left
   end as failed; rules of which something is due that no job is about to take get one. */
enum err team_tend(struct job *j) must_check;

/* Takes away what was told, or dropped, 90 days ago. */
enum err team_prune(struct job *j) must_check;

/* ---- words, pure ---- */

struct team_words {
    const char *rule, *tenant, *url; /* url: of this server, "" where none is set */
    bool test;
    /* Each {orderNumber, shop, carrier, trackingNumber, status, statusBefore, when, occurredAt,
       dryRun, shipmentId}; at most those that were taken together. */
    struct json_object *changes;
};

/* "Order 10482: out for delivery", "12 changes of parcels". */
const char *team_subject(struct arena *a, const struct team_words *w);

/* Lines for people, without a greeting. */
const char *team_text(struct arena *a, const struct team_words *w);

/* {type: "shipment.status_changed", timestamp, data: {rule, test, changes}}, where the timestamp is
   `at`, RFC 3339. */
struct str team_payload(struct arena *a, const struct team_words *w, const char *at);
