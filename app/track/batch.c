/* Sending a batch: every message's event and job in one transaction; completed when none waits. */
#include "track/batch.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "events/events.h"
#include "track/batch.sql.h"
#include "track/channel.h"
#include "track/run.h"
#include "track/run.sql.h"
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

/* What a batch_send is about. */
struct sending_of {
    const char *batch_id, *group_id;
    const char *approval; /* id of the yes; NULL: none was needed */
    const char *first;    /* those that go before the others, as an array; NULL: all at once */
};

/* A job for each message, and one behind them all that completes the batch. */
static enum err enqueue(struct ctx *c, const struct sending_of *s, long long drafts)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "batchId", s->batch_id);
    const struct job_new settle = {
        .kind = "track.settle_batch", .args = args, .group_id = s->group_id, .waits = true
    };
    const char *channels = send_channels(c->arena), *queues = send_queues(c->arena);
    enum err e = OK;
    for (; e == OK && drafts > 0; drafts -= 5000)
        e = db_query(c->db, c->arena, batch_enqueue, NULL, .batch_id = s->batch_id,
                     .group_id = s->group_id, .channels = channels, .queues = queues,
                     .first = s->first ? s->first : "{}", .source = source_of(c),
                     .actor_id = c->actor.id, .actor_name = c->actor.name);
    return e == OK ? job_add(c, &settle, NULL) : e;
}

/* The batch is being sent, by whom and on whose word. */
static enum err keep(struct ctx *c, const struct sending_of *s, long long queued)
{
    enum err e = db_query(c->db, c->arena, batch_sending, NULL, .batch_id = s->batch_id);
    if (e == OK && s->first)
        e = db_query(c->db, c->arena, runs_canary_set, NULL, .batch_id = s->batch_id,
                     .ids = s->first);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_sent, NULL, .batch_id = s->batch_id,
                     .group_id = s->group_id, .messages = arena_printf(c->arena, "%lld", queued),
                     .approval_id = s->approval, .actor_kind = actor_kind_name(c->actor.kind),
                     .actor_id = c->actor.id, .actor_name = c->actor.name);
    return e;
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

/* Whether it may be sent, and how. */
static enum err prepare(struct ctx *c, const PGresult *batch, long long drafts,
                        struct sending_of *s)
{
    PGresult *first;
    if (row_text(batch, 0, "closed_at"))
        return ctx_refuse(c, ERR_CONFLICT, "This run is closed: open it again first.");
    if (drafts == 0)
        return ctx_refuse(c, ERR_CONFLICT, "Nothing of this batch is left to send.");
    enum err e = check_gate(c, s->batch_id);
    if (e == OK)
        e = approval_gate(c, s->batch_id, drafts, &s->approval);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_canary, &first, .batch_id = s->batch_id,
                     .channels = send_channels(c->arena));
    if (e == OK)
        s->first = row_text(first, 0, "ids");
    return e;
}

enum err batch_send(struct ctx *c, const char *batch_id, long long *queued)
{
    PGresult *batch;
    long long drafts, before, left, enqueued;
    struct sending_of s = { .batch_id = batch_id, .group_id = uuid7(c->app, c->arena) };
    enum err e = runs_lock(c, batch_id, &batch);
    if (e == OK)
        e = count(c, batch_id, &drafts, &before);
    if (e == OK)
        e = prepare(c, batch, drafts, &s);
    if (e == OK)
        e = enqueue(c, &s, drafts);
    if (e == OK)
        e = count(c, batch_id, &left, &enqueued);
    if (e == OK)
        e = keep(c, &s, enqueued - before);
    if (e != OK)
        return e;
    *queued = enqueued - before;
    return tell(c, batch_id, *queued);
}

struct json_object *batch_document(struct ctx *c, const PGresult *row)
{
    struct json_object *batch = row_json(c->arena, row, 0);
    bool moving = strcmp(row_text(row, 0, "state"), "SENDING") == 0;
    long long draft = row_int(row, 0, "draft"), threshold = row_int(row, 0, "_threshold");
    json_set_bool(batch, "canSend", draft > 0 && c->actor.role >= ROLE_AGENT && !moving);
    json_set_bool(batch, "moving", moving);
    json_set_bool(batch, "needsApproval", threshold > 0 && draft > threshold);
    return batch;
}

void batch_show(struct json_object *batch)
{
    struct json_object *due = json_get(batch, "due");
    long long n = json_object_get_int64(json_get(batch, "draft"));
    size_t kinds = json_object_array_length(due);
    const char *noun = n == 1 ? "message" : "messages";
    bool letters = false, paid = false;
    for (size_t i = 0; i < kinds; i++) {
        struct json_object *one = json_object_array_get_idx(due, i);
        int channel = channel_of(json_text(one, "channel"));
        const char *word = channel_noun(channel, json_object_get_int64(json_get(one, "messages")));
        json_set_text(one, "noun", word);
        json_set_bool(one, "more", i + 1 < kinds);
        letters = letters || channel == CHANNEL_LETTER || channel == CHANNEL_LETTER_WITH_RECEIPT;
        paid = paid || channel != CHANNEL_EMAIL;
        noun = kinds == 1 ? word : noun;
    }
    json_set_text(batch, "noun", noun);
    json_set_bool(batch, "one", n == 1);
    json_set_int(batch, "unsent", n + json_object_get_int64(json_get(batch, "leftOut")));
    json_set_bool(batch, "mixed", kinds > 1);
    json_set_bool(batch, "letters", letters);
    json_set_bool(batch, "paid", paid);
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
