/* Sending a batch: every message's event and job in one transaction; completed when none waits. */
#include "track/batch.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "events/events.h"
#include "track/batch.sql.h"
#include "track/send_way.h"
#include "track/track.h"

#include <string.h>

static const char *source_of(const struct ctx *c)
{
    return c->actor.kind == ACTOR_USER || c->actor.kind == ACTOR_CLIENT ? "user" : "system";
}

static enum err count(struct ctx *c, const char *batch_id, long long *drafts, long long *enqueued)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, batch_queued, &row, .batch_id = batch_id,
                          .channels = send_channels(c->arena));
    if (e != OK)
        return e;
    *drafts = row_int(row, 0, "drafts");
    *enqueued = row_int(row, 0, "enqueued");
    return OK;
}

/* A job for each message, and one behind them all that completes the batch. */
static enum err enqueue(struct ctx *c, const char *batch_id, long long drafts)
{
    const char *group = uuid7(c->app, c->arena);
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "batchId", batch_id);
    const struct job_new settle = {
        .kind = "track.settle_batch", .args = args, .group_id = group, .waits = true
    };
    const char *channels = send_channels(c->arena), *queues = send_queues(c->arena);
    enum err e = OK;
    for (; e == OK && drafts > 0; drafts -= 5000)
        e = db_query(c->db, c->arena, batch_enqueue, NULL, .batch_id = batch_id, .group_id = group,
                     .channels = channels, .queues = queues, .source = source_of(c),
                     .actor_id = c->actor.id, .actor_name = c->actor.name);
    return e == OK ? job_add(c, &settle, NULL) : e;
}

/* What other domains and the audit trail are told. */
static enum err tell(struct ctx *c, const char *batch_id, long long queued)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "batchId", batch_id);
    json_set_int(after, "queued", queued);
    enum err e = event_emit(c, "batch.sending", "batch", batch_id, after);
    return e != OK ? e : audit_add(c, "batch.send", "batch", batch_id, NULL, after);
}

enum err batch_send(struct ctx *c, const char *batch_id, long long *queued)
{
    PGresult *row;
    long long drafts, before, left, enqueued;
    enum err e = db_query(c->db, c->arena, batch_lock, &row, .batch_id = batch_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if ((e = count(c, batch_id, &drafts, &before)) != OK)
        return e;
    if (drafts == 0)
        return ctx_refuse(c, ERR_CONFLICT, "Nothing of this batch is left to send.");
    if ((e = enqueue(c, batch_id, drafts)) != OK ||
        (e = count(c, batch_id, &left, &enqueued)) != OK ||
        (e = db_query(c->db, c->arena, batch_sending, NULL, .batch_id = batch_id)) != OK)
        return e;
    *queued = enqueued - before;
    return tell(c, batch_id, *queued);
}

struct json_object *batch_document(struct ctx *c, const PGresult *row)
{
    struct json_object *batch = row_json(c->arena, row, 0);
    bool moving = strcmp(row_text(row, 0, "state"), "SENDING") == 0;
    json_set_bool(batch, "canSend",
                  row_int(row, 0, "draft") > 0 && c->actor.role >= ROLE_AGENT && !moving);
    json_set_bool(batch, "moving", moving);
    return batch;
}

enum err batch_get(struct ctx *c, const char *batch_id, struct json_object **out)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, batch_get, &row, .batch_id = batch_id,
                          .channels = send_channels(c->arena),
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    *out = batch_document(c, row);
    return OK;
}

/* Of one batch, or of the tenant's every for NULL. */
static enum err complete(struct ctx *c, const char *batch_id)
{
    PGresult *rows;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, batch_complete, &rows, .batch_id = batch_id);
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = event_emit(c, "batch.completed", "batch", row_text(rows, i, "id"), NULL);
    return db_end(c->db, e);
}

enum err batch_settle(struct job *j)
{
    return complete(&j->ctx, json_text(j->args, "batchId"));
}

static enum err fail_orphans(struct ctx *c)
{
    PGresult *rows;
    const struct timeline_event given_up = {
        .type = EVENT_FAILED,
        .source = "system",
        .grade = 'A',
        .sentence = "Given up: the work of sending it ended without a result.",
        .dedupe_key = "given-up",
    };
    db_begin(c->db, c->tenant_id);
    enum err e = db_run(c->db, c->arena, &sql_batch_orphans, NULL, &rows);
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = timeline_append(c, row_text(rows, i, "communicationId"), &given_up, NULL);
    return db_end(c->db, e);
}

enum err batch_settle_all(struct job *j)
{
    struct ctx *c = &j->ctx;
    PGresult *tenants;
    enum err e = db_run(c->db, c->arena, &sql_batch_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "tenantId");
        if ((e = fail_orphans(c)) == OK)
            e = complete(c, NULL);
    }
    return e;
}
