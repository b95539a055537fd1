/* Sending a batch, and what it stands at. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"

#include <json-c/json.h>
#include <libpq-fe.h>

/* Queues every e-mail of the batch that was not sent yet, in the transaction at hand; *queued
   counts them. ERR_NOT_FOUND: absent or not granted; ERR_CONFLICT: nothing is left to send. */
enum err batch_send(struct ctx *c, const char *batch_id, long long *queued) must_check;

/* {batchId, buildingId, year, state, sentAt, completedAt, draft, enqueued, sent, delivered, failed,
   total, canSend, moving} of its e-mails. */
enum err batch_get(struct ctx *c, const char *batch_id, struct json_object **out) must_check;

/* The same from a row of the statement batch_get. */
struct json_object *batch_document(struct ctx *c, const PGresult *row);

/* Completes the batch if nothing of it is queued any more (NULL: every such batch of the tenant).
   In a transaction of its own, after the commit of what may have been the last. */
enum err batch_settle(struct ctx *c, const char *batch_id) must_check;

/* The scheduled job track.settle_batches, over all tenants. */
enum err batch_settle_all(struct job *j) must_check;
