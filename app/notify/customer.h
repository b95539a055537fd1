/* What one customer is told of one change: a row of customer_notifications, from its decision to
   its end. Never twice, whatever fails: its key is unique, and a reply that may have gone out is
   looked for by its marker before it is written again. */
#pragma once

#include "base/ctx.h"
#include "channels/message.h"
#include "events/events.h"
#include "notify/notify.h"

#include <json-c/json.h>
#include <libpq-fe.h>

#define NOTICE_JOB "notify.customer" /* {notificationId} */

/* Has a queued one sent: by the job, in the transaction at hand. */
enum err notice_tell(struct ctx *c, const char *id) must_check;

/* The reaction to SHIPMENT_STATUS_CHANGED: adds the row with its job, or the row that tells why
   nobody is told. Of an event that was told before it changes nothing. */
enum err notice_react(struct ctx *c, const struct event *e) must_check;

/* The job: replies in the order's conversation, and ends the row, the audit trail and the timeline
   in one transaction. */
enum err notice_send(struct job *j) must_check;

/* What the row says in the audit trail: {notificationId, type, eventId, key}. */
struct json_object *notice_facts_json(struct arena *a, const char *id, const char *type,
                                      const char *event_id, const char *key);

/* Why nobody is told, as the row's reason has it: the first of the requirements that is not
   met, then what else stands against it. NULL: nothing. `row` is of notice_facts or notice_load. */
const char *notice_obstacle(const PGresult *row, bool muted, bool dry_run);

/* Whether it is for want of a linked conversation, which may come. */
bool notice_wants_thread(const char *reason);

/* ---- when there is a conversation after all, or nobody is at it any more ---- */

/* The reaction to THREAD_LINKED: of what the order's customer was not told for want of it, or for a
   week of an account at Front, that one of each shipment which is still true is sent; the others
   are superseded. What was decided so is not decided again. */
enum err notice_catch_up(struct ctx *c, const struct event *e) must_check;

#define NOTICE_TEND_JOB "notify.tend"

/* The job by the clock: notices under way whose job is parked get one more, and those that are left
   without any end as failed, so that none stays under way for ever. Where there is an account at
   Front by now, what was missed for want of it is caught up, as when a conversation is linked. */
enum err notice_tend(struct job *j) must_check;

/* ---- its words ---- */

/* What templates are given of a row of notice_load or notice_facts (recipientName, orderNumber,
   carrier, trackingNumber, trackingUrl, promisedOn, tenant): those that are null are left out.
   marker: in the link; NULL: none. */
struct json_object *notice_data(struct ctx *c, const PGresult *row, const char *language,
                                const char *marker);

/* The same of a parcel that there is not. */
struct json_object *notice_sample(struct ctx *c, const char *language);

/* Renders templates/parcels/<type>.<language>. */
enum err notice_render(struct ctx *c, const char *type, const char *language,
                       struct json_object *data, struct message *out) must_check;

/* Where customers follow a parcel, by its public token. */
const char *notice_url(struct ctx *c, const char *public_token, const char *marker);

/* 20 letters and digits made from the row's id, that stand in no other message. */
const char *notice_marker(struct arena *a, const char *id);
