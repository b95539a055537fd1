/* Sending a batch, and what it stands at. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"

#include <json-c/json.h>
#include <libpq-fe.h>

/* Queues every message of the batch that goes by a channel of send_ways and was neither sent yet
   nor left out, in the transaction at hand; *queued counts them. ERR_NOT_FOUND: absent or not
   granted; ERR_CONFLICT: nothing is left to send, something is wrong with a message, a second
   person has to approve it, or the run is closed. */
enum err batch_send(struct ctx *c, const char *batch_id, long long *queued) must_check;

/* {batchId, buildingId, year, state, sentAt, completedAt, draft, due, attached, enqueued, sent,
   delivered, failed, leftOut, total, paused, canSend, needsApproval, moving} of its messages by
   channels of send_ways.
 */
enum err batch_get(struct ctx *c, const char *batch_id, struct json_object **out) must_check;

/* The same from a row of the statement batch_get. */
struct json_object *batch_document(struct ctx *c, const PGresult *row);

/* Adds what a page says before it is sent: one, where it is one; noun, "e-mails" where all
   goes by a channel and "messages" else; mixed; noun and more of each of due; letters, where
   there are any; paid, where not all of it is free. */
void batch_show(struct json_object *batch);

/* The job track.settle_batch, run when nothing of what one batch_send queued waits any more:
   completes the batch. */
enum err batch_settle(struct job *j) must_check;

/* The scheduled job track.settle_batches, over all tenants: completes what was left over. */
enum err batch_settle_all(struct job *j) must_check;
