/* The job that tells one customer: a reply in Front's conversation, once, whatever dies on the way.
 */
#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "channels/front.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "notify/customer.h"
#include "notify/customer.sql.h"
#include "ship/ship.h"
#include "track/pacing.h"

#include <string.h>

#define HOPS 3
#define LOOKS 2
#define CLOCKS_APART_MS 60000
#define WAIT_FIRST 15
#define WAIT_MAX 3600
#define UNREACHED "Front could not be reached."

struct telling {
    struct job *job;
    PGresult *row; /* of notice_load */
    const char *id, *type;
    const char *conversation;
    const char *tried_at; /* of the call before, or of that under way; NULL: none yet */
    bool relinked;        /* its order has another conversation by now */
    struct channel_account account;
    struct message message;
    struct front_reply reply;
    struct front_result result;
    bool found; /* an earlier try had sent it */
};

struct ending {
    const char *state;  /* "sent", "failed", "skipped", "superseded" */
    const char *reason; /* NULL of the first */
    bool unlink;        /* the conversation is there no longer */
};

static const char *column(const struct telling *t, const char *name)
{
    return row_text(t->row, 0, name);
}

static bool is_sending(const struct telling *t)
{
    return strcmp(column(t, "state"), "sending") == 0;
}

static const char *settle_seconds(struct ctx *c)
{
    return arena_printf(c->arena, "%ld", c->app->settings->notify_settle_seconds);
}

/* ---- how it ends ---- */

static const char *sentence_of(const struct telling *t)
{
    static const char *const told[] = {
        "The customer was told that the order has shipped.",
        "The customer was told that it is out for delivery.",
        "The customer was told that it was delivered.",
        "The customer was told that there is a delivery update.",
    };
    size_t i = 0;
    while (notice_names[i] && strcmp(notice_names[i], t->type) != 0)
        i++;
    return told[i];
}

static const char *why(const struct telling *t)
{
    return t->result.sentence ? t->result.sentence : UNREACHED;
}

static struct json_object *facts(const struct telling *t, const struct ending *end)
{
    struct json_object *d = notice_facts_json(t->job->ctx.arena, t->id, t->type,
                                              column(t, "event_id"), column(t, "key"));
    if (end->reason)
        json_set_text(d, "reason", end->reason);
    if (t->conversation)
        json_set_text(d, "conversationId", t->conversation);
    if (t->result.message_uid)
        json_set_text(d, "messageUid", t->result.message_uid);
    if (t->result.message_id)
        json_set_text(d, "messageId", t->result.message_id);
    if (t->found)
        json_set_bool(d, "found", true);
    if (strcmp(end->state, "failed") == 0)
        json_set_text(d, "error", why(t));
    return d;
}

static enum err tell_timeline(struct telling *t, const struct ending *end)
{
    struct ctx *c = &t->job->ctx;
    bool sent = strcmp(end->state, "sent") == 0;
    const char *caught_up = column(t, "caught_up_at");
    const struct shipment_event event = {
        .type = sent ? "NOTIFIED" : "NOT_NOTIFIED",
        .source = "worker",
        .claim = PARCEL_NOTHING,
        .sentence = sent ? sentence_of(t)
                         : arena_printf(c->arena, "The customer could not be told: %s", why(t)),
        .detail = facts(t, end),
        .dedupe_key = caught_up ? arena_printf(c->arena, "notification:%s:%s", t->id, caught_up)
                                : arena_printf(c->arena, "notification:%s", t->id),
        .caused_by = column(t, "event_id"),
    };
    return shipment_append(c, column(t, "shipment_id"), &event, 1, false, NULL, NULL);
}

/* ERR_CONFLICT, relinked: somebody gave the order another one, in which the customer can be told.
 */
static enum err unlink_thread(struct telling *t)
{
    PGresult *rows;
    struct ctx *c = &t->job->ctx;
    const char *order = column(t, "order_id");
    enum err e = db_query(c->db, c->arena, notice_unlink, &rows, .order_id = order,
                          .conversation_id = t->conversation);
    if (e == OK && rows_count(rows) == 0) {
        e = db_query(c->db, c->arena, notice_thread, &rows, .order_id = order);
        t->relinked = e == OK && rows_count(rows) && row_bool(rows, 0, "linked");
        return t->relinked ? ERR_CONFLICT : e;
    }
    if (e != OK)
        return e;
    struct json_object *before = json_own(c->arena, json_object_new_object());
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(before, "frontConversationId", t->conversation);
    json_set_text(before, "threadStatus", column(t, "thread_status"));
    json_set_text(after, "frontConversationId", t->conversation);
    json_set_text(after, "threadStatus", "unmatched");
    json_set_text(after, "reason", "no_such_conversation");
    return audit_add(c, "thread.unlinked", "order", order, before, after);
}

/* Seconds that nothing more may go through the account. */
static int pause_of(const struct telling *t, enum err e)
{
    return t->result.pause || e == ERR_LIMITED ? t->result.retry_after : 0;
}

/* The audit trail comes last: its chain is held until the end. */
static enum err write_end(struct telling *t, const struct ending *end)
{
    PGresult *rows;
    struct ctx *c = &t->job->ctx;
    bool skipped = strcmp(end->state, "superseded") == 0 || strcmp(end->state, "skipped") == 0;
    bool failed = strcmp(end->state, "failed") == 0;
    enum err e = db_query(c->db, c->arena, notice_end, &rows, .id = t->id, .state = end->state,
                          .reason = end->reason, .error = failed ? why(t) : NULL,
                          .message_uid = t->result.message_uid, .message_id = t->result.message_id);
    if (e == OK && rows_count(rows) == 0)
        return job_done(t->job); /* it has ended before */
    if (e == OK && !skipped)
        e = tell_timeline(t, end);
    if (e == OK && !skipped)
        e = pacing_job_used(t->job, &t->account, pause_of(t, OK));
    if (e == OK)
        e = job_done(t->job);
    if (e == OK && end->unlink)
        e = unlink_thread(t);
    const char *action = arena_printf(c->arena, "notification.%s", end->state);
    return e ? e : audit_add(c, action, "shipment", column(t, "shipment_id"), NULL, facts(t, end));
}

static enum err ended(struct telling *t, struct ending end)
{
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, write_end(t, &end));
    t->job->ended = e == OK;
    return e;
}

static enum err sent(struct telling *t)
{
    return ended(t, (struct ending){ .state = "sent" });
}

static enum err failed(struct telling *t, const char *reason)
{
    return ended(t, (struct ending){ .state = "failed", .reason = reason });
}

/* ---- again later ---- */

static enum err put_off(struct job *j, const char *at, int seconds, const char *sentence)
{
    j->snooze = true;
    j->run_at = at;
    j->retry_after = seconds;
    return job_fail(j, ERR_LIMITED, "%s", sentence);
}

/* Doubling from a quarter of a minute; what Front asks for goes before. */
static int wait_seconds(const struct telling *t)
{
    int step = t->job->attempt < 9 ? t->job->attempt : 9;
    int wait = WAIT_FIRST << (step > 0 ? step - 1 : 0);
    wait = wait > WAIT_MAX ? WAIT_MAX : wait;
    return t->result.retry_after > wait ? t->result.retry_after : wait;
}

/* After a try that failed. unknown: it may have gone out; looked: nothing was written at this try.
 */
static enum err again(struct telling *t, enum err e, bool looked)
{
    struct job *j = t->job;
    struct ctx *c = &j->ctx;
    bool limited = e == ERR_LIMITED;
    bool unknown = !looked && (t->result.unknown || e == ERR_INTERNAL);
    if (!limited && !unknown && j->attempt >= j->max_attempts)
        return failed(t, looked && is_sending(t) ? "unknown" : "not_reached");
    db_begin(c->db, c->tenant_id);
    enum err kept = pacing_job_used(j, &t->account, pause_of(t, e));
    if (kept == OK && !looked)
        kept = unknown ? db_query(c->db, c->arena, notice_unknown, NULL, .id = t->id,
                                  .tried_at = t->tried_at, .error = why(t))
                       : db_query(c->db, c->arena, notice_release, NULL, .id = t->id,
                                  .tried_at = t->tried_at, .error = why(t));
    kept = db_end(c->db, kept);
    j->snooze = limited || unknown; /* it is looked for, whichever try it was */
    j->retry_after = unknown ? (int)c->app->settings->notify_settle_seconds
                     : limited && t->result.retry_after ? t->result.retry_after
                                                        : wait_seconds(t);
    return kept != OK ? kept : job_fail(j, limited ? e : ERR_RETRY, "%s", why(t));
}

/* The conversation is gone, and with it the order's link, unless it has another by now. */
static enum err conversation_gone(struct telling *t)
{
    struct ctx *c = &t->job->ctx;
    enum err e = ended(
        t, (struct ending){ .state = "failed", .reason = "no_such_conversation", .unlink = true });
    if (!t->relinked)
        return e;
    db_begin(c->db, c->tenant_id);
    e = db_query(c->db, c->arena, notice_release, NULL, .id = t->id, .tried_at = t->tried_at,
                 .error = why(t));
    if (e == OK)
        e = pacing_job_used(t->job, &t->account, 0);
    e = db_end(c->db, e);
    return e ? e
             : put_off(t->job, NULL, 1, "Its order was linked to another conversation just now.");
}

/* Nobody links a conversation while it is written that there is none; where somebody just did, it
   goes there. */
static enum err skip(struct telling *t, const char *reason)
{
    PGresult *rows = NULL;
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, notice_thread, &rows, .order_id = column(t, "order_id"));
    bool linked =
        e == OK && notice_wants_thread(reason) && rows_count(rows) && row_bool(rows, 0, "linked");
    if (e == OK && !linked)
        e = write_end(t, &(struct ending){ .state = "skipped", .reason = reason });
    e = db_end(c->db, e);
    t->job->ended = e == OK && !linked;
    return e || !linked ? e : put_off(t->job, NULL, 1, "Its conversation was linked just now.");
}

/* ---- merged conversations ---- */

/* The order keeps the conversation that took its own over. */
static enum err keep_merged(struct telling *t, const char *to)
{
    PGresult *rows;
    struct ctx *c = &t->job->ctx;
    const char *order = column(t, "order_id");
    enum err e = db_query(c->db, c->arena, notice_moved, NULL, .id = t->id, .to = to);
    if (e == OK)
        e = db_query(c->db, c->arena, notice_merged, &rows, .order_id = order,
                     .from = t->conversation, .to = to);
    if (e != OK || rows_count(rows) == 0)
        return e;
    struct json_object *before = json_own(c->arena, json_object_new_object());
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(before, "frontConversationId", t->conversation);
    json_set_text(after, "frontConversationId", to);
    return audit_add(c, "thread.merged", "order", order, before, after);
}

static enum err follow(struct telling *t)
{
    struct ctx *c = &t->job->ctx;
    const char *to = t->result.merged_into;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, keep_merged(t, to));
    if (e != OK)
        return e;
    t->conversation = t->reply.conversation_id = to;
    t->result = (struct front_result){ 0 };
    return OK;
}

static bool is_merged(const struct telling *t, enum err e)
{
    return e == ERR_CONFLICT && t->result.merged_into;
}

/* ---- a try ---- */

/* Says, before anything is written, that it may be. ERR_LIMITED: not beside another. */
static enum err begin(struct telling *t)
{
    PGresult *rows = NULL;
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, notice_lock_conversation, NULL,
                          .conversation_id = t->conversation);
    if (e == OK)
        e = db_query(c->db, c->arena, notice_begin, &rows, .id = t->id,
                     .conversation_id = t->conversation, .language = t->message.language,
                     .before = t->tried_at);
    e = db_end(c->db, e);
    if (e == OK && rows_count(rows) == 1)
        t->tried_at = row_text(rows, 0, "tried_at");
    if (e != OK || rows_count(rows) == 1)
        return e;
    return put_off(t->job, NULL, 1, "Another reply to the same conversation is on its way.");
}

static enum err merged_too_often(struct telling *t)
{
    t->result.sentence = "The conversation was merged into others again and again.";
    return failed(t, "merged_too_often");
}

/* A reply may be refused as not found for its channel or its author, too: the conversation itself
   is asked for. Nothing went out. */
static enum err ask_conversation(struct telling *t)
{
    struct ctx *c = &t->job->ctx;
    enum err e = front_conversation(c, &t->account, t->conversation, t->reply.entity, &t->result);
    if (e == ERR_NOT_FOUND || is_merged(t, e))
        return e;
    if (e == OK || e == ERR_DENIED || e == ERR_INVALID) {
        t->result.sentence =
            e == OK ? "Front has the conversation, but not the channel or the author of the reply."
                    : "Front does not find what the reply names, and does not tell whether it has "
                      "the conversation.";
        return ERR_INVALID;
    }
    return e == ERR_LIMITED ? e : ERR_RETRY;
}

static enum err write_reply(struct telling *t)
{
    struct ctx *c = &t->job->ctx;
    enum err e;
    for (int hop = 0;; hop++) {
        e = begin(t);
        if (e != OK)
            return e;
        e = front_reply(c, &t->account, &t->reply, &t->result);
        if (e == ERR_NOT_FOUND)
            e = ask_conversation(t);
        if (!is_merged(t, e))
            break;
        if (hop == HOPS)
            return merged_too_often(t);
        e = follow(t);
        if (e != OK)
            return e;
    }
    if (e == OK)
        return sent(t);
    if (e == ERR_NOT_FOUND)
        return conversation_gone(t);
    return e == ERR_INVALID || e == ERR_CONFLICT ? failed(t, "refused") : again(t, e, false);
}

/* Whether an earlier try sent it. Found nowhere for the first time it may still appear; for the
   second it is asked anew whether and where it is told. */
static enum err look(struct telling *t)
{
    struct ctx *c = &t->job->ctx;
    enum err e = OK;
    int64_t since = row_int(t->row, 0, "created_ms") - CLOCKS_APART_MS;
    for (int hop = 0;; hop++) {
        e = front_find(c, &t->account, &t->reply, since, &t->result);
        if (!is_merged(t, e))
            break;
        if (hop == HOPS)
            return merged_too_often(t);
        e = follow(t);
        if (e != OK)
            return e;
    }
    t->found = e == OK;
    if (e == OK)
        return sent(t);
    if (e != ERR_NOT_FOUND)
        return again(t, e, true);
    t->result = (struct front_result){ 0 };
    bool last = row_int(t->row, 0, "looks") + 1 >= LOOKS;
    if (last && t->job->attempt >= t->job->max_attempts)
        return failed(t, "not_reached");
    db_begin(c->db, c->tenant_id);
    e = last ? db_query(c->db, c->arena, notice_release, NULL, .id = t->id, .tried_at = t->tried_at)
             : db_query(c->db, c->arena, notice_looked, NULL, .id = t->id, .tried_at = t->tried_at);
    if (e == OK)
        e = pacing_job_used(t->job, &t->account, 0);
    e = db_end(c->db, e);
    if (e)
        return e;
    return last ? put_off(t->job, NULL, 1, "Not found in the conversation: it is sent again.")
                : put_off(t->job, NULL, (int)c->app->settings->notify_settle_seconds,
                          "Not found in the conversation; it is looked for once more.");
}

/* ---- what it is ---- */

/* *account: what became of looking for it. */
static enum err load(struct telling *t, enum err *account)
{
    struct ctx *c = &t->job->ctx;
    struct provider_account found = { 0 };
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, notice_load, &t->row, .id = t->id,
                          .settle_seconds = settle_seconds(c));
    *account = e == OK ? provider_find(c, "front", &found) : e;
    e = db_end(c->db, e);
    if (e != OK || rows_count(t->row) == 0)
        return e;
    t->type = column(t, "type");
    t->tried_at = column(t, "tried_at");
    t->account = (struct channel_account){ .id = found.id,
                                           .provider = found.provider,
                                           .settings = found.settings,
                                           .secrets = found.secrets,
                                           .job_id = t->job->id };
    return OK;
}

/* Where it goes and, unless it is only looked for, its words. */
static enum err prepare(struct telling *t)
{
    enum err e = OK;
    struct ctx *c = &t->job->ctx;
    const char *language = column(t, "language"), *marker = column(t, "marker");
    t->conversation = column(t, is_sending(t) ? "conversation_id" : "front_conversation_id");
    if (!is_sending(t))
        e = notice_render(c, t->type, language, notice_data(c, t->row, language, marker),
                          &t->message);
    t->reply = (struct front_reply){
        .conversation_id = t->conversation,
        .html = t->message.html,
        .text = t->message.text,
        .marker = marker,
        .entity = arena_printf(c->arena, "shipment:%s", column(t, "shipment_id")),
    };
    return e;
}

static enum err go_on(struct telling *t)
{
    struct job *j = t->job;
    bool sending = is_sending(t);
    const char *obstacle = sending ? NULL : notice_obstacle(t->row, false, false);
    if (obstacle)
        return skip(t, obstacle);
    if (!sending && column(t, "stale"))
        return ended(t, (struct ending){ .state = "superseded", .reason = column(t, "stale") });
    if (sending && row_bool(t->row, 0, "settling"))
        return put_off(j, column(t, "settle_at"), 0, "It is not known yet whether it went out.");
    if (prepare(t) != OK) {
        t->result.sentence = j->ctx.problem.detail;
        return failed(t, "no_words");
    }
    enum err e = pacing_job(j, &t->account);
    if (e != OK)
        return e;
    return sending ? look(t) : write_reply(t);
}

enum err notice_send(struct job *j)
{
    enum err account;
    struct telling t = { .job = j, .id = json_text(j->args, "notificationId") };
    enum err e = load(&t, &account);
    if (e != OK || rows_count(t.row) == 0)
        return e;
    if (account == OK || (!is_sending(&t) && (account == ERR_NOT_FOUND || account == ERR_DENIED)))
        return go_on(&t);
    t.result.sentence = "The account at Front cannot be used.";
    return again(&t, ERR_RETRY, true);
}
