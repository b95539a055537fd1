/* The job that sends one communication: load, render, send outside any transaction, write the end.
 */
#include "track/send.h"

#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "base/settings.h"
#include "channels/message.h"
#include "db/db.h"
#include "track/labels.h"
#include "track/pacing.h"
#include "track/run.h"
#include "track/send.sql.h"
#include "track/send_way.h"
#include "track/suppression.h"
#include "track/track.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define WAIT_FIRST 30
#define WAIT_MAX 3600
#define TOUCH_MS 30000

const struct send_way *const send_ways[] = { &send_email, &send_sms, &send_letter, &send_registered,
                                             NULL };

const struct send_way *send_way_of(const char *channel)
{
    for (const struct send_way *const *w = send_ways; channel && *w; w++)
        if (strcmp(channel_name((int)(*w)->channel), channel) == 0)
            return *w;
    return NULL;
}

const char *send_channels(struct arena *a)
{
    struct buf b = buf_in(a);
    for (const struct send_way *const *w = send_ways; *w; w++)
        buf_printf(&b, "%c%s", b.n ? ',' : '{', channel_name((int)(*w)->channel));
    buf_putc(&b, '}');
    return b.p;
}

const char *send_queues(struct arena *a)
{
    struct buf b = buf_in(a);
    for (const struct send_way *const *w = send_ways; *w; w++)
        buf_printf(&b, "%c%s", b.n ? ',' : '{', (*w)->queue);
    buf_putc(&b, '}');
    return b.p;
}

const char *sending_text(const struct sending *s, const char *column)
{
    return row_text(s->row, s->at, column);
}

const char *sending_host(struct ctx *c)
{
    const char *url = c->app->settings->public_url, *at = url ? strstr(url, "://") : NULL;
    if (!at)
        return "localhost";
    char *host = arena_strndup(c->arena, at + 3, strcspn(at + 3, ":/"));
    for (char *p = host; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return host;
}

const char *sending_message_id(const struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    return arena_printf(c->arena, "%s.%s@%s", s->id, sending_text(s, "attempt_no"),
                        sending_host(c));
}

void sending_decided(struct sending *s, const char *about, const char *sentence)
{
    struct json_object *one = json_object_new_object();
    if (!s->decisions)
        s->decisions = json_own(s->job->ctx.arena, json_object_new_array());
    json_set_text(one, "about", about);
    json_set_text(one, "sentence", sentence);
    json_object_array_add(s->decisions, one);
}

/* ---- what is sent ---- */

/* Prolongs the lease where sending takes long, half a minute after it was prolonged before. */
static enum err stay_alive(void *of)
{
    struct sending *s = of;
    struct ctx *c = &s->job->ctx;
    int64_t now = c->app->now_ms(c->app);
    if (now - s->touched_ms < TOUCH_MS)
        return OK;
    s->touched_ms = now;
    return job_touch(s->job);
}

/* The account that the channel goes through, of those that were found. The sink is for those who
   have none yet: who has one means real messages, and with all switched off they wait. */
static enum err take_account(struct sending *s, const char *purpose, const PGresult *rows)
{
    struct provider_account found;
    struct channel_account *account = arena_new_of(s->job->ctx.arena, struct channel_account);
    enum err e = provider_told(&s->job->ctx, rows, &found);
    if (e == ERR_NOT_FOUND) {
        sending_decided(s, "account", "No account is set up: it is kept here, in the outbox.");
        return OK;
    }
    if (e == ERR_DENIED)
        s->result.sentence =
            arena_printf(s->job->ctx.arena, "Every account for %s is switched off.", purpose);
    if (e != OK)
        return e;
    sending_decided(s, "account",
                    arena_printf(s->job->ctx.arena,
                                 "Through “%s” (%s): the first account for it that is "
                                 "switched on.",
                                 found.name, found.provider));
    *account = (struct channel_account){
        .id = found.id,
        .provider = found.provider,
        .settings = found.settings,
        .secrets = found.secrets,
        .job_id = s->job->id,
        .alive = stay_alive,
        .alive_of = s,
    };
    s->account = account;
    return OK;
}

enum err sending_account(struct sending *s, const char *purpose)
{
    PGresult *rows;
    if (!purpose)
        return OK;
    enum err e = provider_ask(&s->job->ctx, purpose, &rows);
    return e ? e : take_account(s, purpose, rows);
}

/* *denied: there are accounts, all of them switched off. */
static enum err load(struct sending *s, const struct send_way *way, bool *denied)
{
    struct ctx *c = &s->job->ctx;
    PGresult *accounts = NULL;
    db_begin_reading(c->db, c->tenant_id);
    db_batch(c->db);
    enum err e = way->accounts ? provider_ask(c, way->accounts, &accounts) : OK;
    if (e == OK)
        e = db_query(c->db, c->arena, send_load, &s->row, .communication_id = s->id);
    if (e == OK)
        e = db_query(c->db, c->arena, send_attachments, &s->files, .communication_id = s->id);
    if (e == OK && way->accounts)
        e = pacing_ask(c, &s->pauses);
    e = db_end(c->db, e);
    *denied = false;
    if (e != OK || !accounts)
        return e;
    e = take_account(s, way->accounts, accounts);
    *denied = e == ERR_DENIED;
    return *denied ? OK : e;
}

struct json_object *sending_data(const struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    const char *currency = sending_text(s, "currency"), *language = sending_text(s, "language");
    json_set_text(d, "recipientName", sending_text(s, "recipient_name"));
    json_set_text(d, "unit", sending_text(s, "number"));
    json_set_text(d, "building", sending_text(s, "building"));
    json_set_text(d, "street", sending_text(s, "building_street"));
    json_set_text(d, "city", sending_text(s, "building_city"));
    json_set_text(d, "year", sending_text(s, "year"));
    json_set_text(d, "subject", sending_text(s, "subject"));
    if (currency) {
        long long minor = row_int(s->row, s->at, "amount_minor");
        json_set_text(d, "amount",
                      money_text(c->arena, minor < 0 ? -minor : minor, currency, language));
        json_set_bool(d, "credit", minor < 0);
    }
    if (sending_text(s, "due_on"))
        json_set_text(d, "dueOn", date_text(c->arena, sending_text(s, "due_on"), language));
    json_set_text(d, "reference", sending_text(s, "reference"));
    json_set_text(d, "tenant", sending_text(s, "tenant"));
    json_set_bool(d, "hasAttachments", rows_count(s->files) > 0);
    return d;
}

/* ---- how it ended ---- */

static struct json_object *detail(const struct sending *s)
{
    struct json_object *d = json_own(s->job->ctx.arena, json_object_new_object());
    json_set_int(d, "attempt", s->job->attempt);
    json_set_text(d, "provider", s->result.provider);
    if (s->account)
        json_set_text(d, "accountId", s->account->id);
    if (s->result.code)
        json_set_text(d, "code", s->result.code);
    if (s->result.raw)
        json_set(d, "raw", json_object_get(s->result.raw));
    if (s->result.dialogue)
        json_set(d, "dialogue", json_object_get(s->result.dialogue));
    if (s->result.bad_address)
        json_set_bool(d, "badAddress", true);
    if (s->result.opted_out)
        json_set_bool(d, "optOut", true);
    if (s->result.dry_run)
        json_set_bool(d, "dryRun", true);
    if (s->decisions)
        json_set(d, "decisions", json_object_get(s->decisions));
    return d;
}

/* Sends an event and the job's end as one transaction in one round trip, counting on the
   communication standing as it was loaded. */
static enum err end_as_loaded(struct sending *s, const struct timeline_event *event)
{
    struct ctx *c = &s->job->ctx;
    db_begin(c->db, c->tenant_id);
    db_batch(c->db);
    enum err e = timeline_must_stand(c, s->id, s->row);
    if (e == OK)
        e = job_ending(s->job);
    if (e == OK)
        e = timeline_write(c, s->id, event, s->row, NULL);
    if (e == OK)
        e = db_commit_send(c->db);
    if (e != OK)
        db_rollback(c->db);
    return e;
}

/* The same with what belongs to the event, in two round trips or more: what the last writes goes by
   how the communication and the lease were found. */
static enum err end_as_found(struct sending *s, const struct timeline_event *event,
                             enum err (*keep)(struct sending *))
{
    struct ctx *c = &s->job->ctx;
    PGresult *standing = NULL;
    db_begin(c->db, c->tenant_id);
    enum err e = keep ? keep(s) : OK;
    db_batch(c->db);
    if (e == OK)
        e = timeline_lock(c, s->id, &standing);
    if (e == OK)
        e = job_ending(s->job);
    if (e == OK)
        e = db_flush(c->db);
    s->job->ended = e == OK;
    db_batch(c->db);
    if (e == OK)
        e = timeline_write(c, s->id, event, standing, NULL);
    return db_end(c->db, e);
}

struct ending {
    struct sending sending;
    struct timeline_event event;
};

/* What became of end_as_loaded; where the communication had moved meanwhile it ends as it is found.
 */
static enum err settle(struct job *j)
{
    struct ending *end = j->settling;
    enum err e = db_commit(j->ctx.db);
    j->ended = e == OK;
    return e == ERR_CONFLICT ? end_as_found(&end->sending, &end->event, NULL) : e;
}

/* The next message is under way while the database writes the end of this one. */
static enum err end(struct sending *s, const struct timeline_event *event,
                    enum err (*keep)(struct sending *))
{
    if (keep)
        return end_as_found(s, event, keep);
    struct ending *end = arena_new_of(s->job->ctx.arena, struct ending);
    *end = (struct ending){ .sending = *s, .event = *event };
    s->job->settle = settle;
    s->job->settling = end;
    return end_as_loaded(s, event);
}

static struct json_object *sent_detail(const struct sending *s)
{
    struct json_object *d = detail(s);
    json_set_text(d, "channel", sending_text(s, "channel"));
    json_set_text(d, "to", s->to);
    if (s->digest)
        json_set_text(d, "contentDigest", s->digest);
    if (!s->detail) {
        json_set_text(d, "messageId", s->message_id);
        json_set_text(d, "providerMessageId", s->result.provider_message_id);
        json_set_text(d, "conversationId", s->result.conversation_id);
        if (s->result.mail_sha256) {
            json_set_text(d, "mailSha256", s->result.mail_sha256);
            json_set_int(d, "mailBytes", (int64_t)s->result.mail_size);
        }
        return d;
    }
    json_object_object_foreach(s->detail, key, value)
        json_put(d, key, false, json_object_get(value));
    return d;
}

/* What a way tells as an event of its own we did ourselves, and so does the sink; else a provider
   says that it took it. */
static enum err sent(struct sending *s, const struct send_way *way)
{
    struct ctx *c = &s->job->ctx;
    const char *by = s->result.accepted_by;
    const struct timeline_event event = {
        .type = way->accepted ? way->accepted : EVENT_SENT,
        .source = "worker",
        .grade = way->accepted || s->result.dry_run ? 0 : 'C',
        .sentence = by ? arena_printf(c->arena, "Accepted by %s.", by) : s->result.sentence,
        .detail = sent_detail(s),
        .dedupe_key = arena_printf(c->arena, "sent:%s", sending_text(s, "attempt_no")),
    };
    return end(s, &event, way->keep);
}

static const char *why(const struct sending *s)
{
    return s->result.sentence ? s->result.sentence : "The message could not be sent.";
}

/* A code is a provider's answer; without one it is our own record. */
static char told_by(const struct sending *s)
{
    return s->result.code && !s->result.dry_run ? 'C' : 0;
}

static enum err failed(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    const struct timeline_event event = {
        .type = EVENT_FAILED,
        .source = "worker",
        .grade = told_by(s),
        .sentence = why(s),
        .detail = detail(s),
        .dedupe_key = arena_printf(c->arena, "failed:%lld", (long long)s->job->id),
    };
    return end(s, &event, NULL);
}

/* What the provider asks for, else doubling from half a minute, with a quarter of jitter. */
static int wait_seconds(const struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    unsigned char chance;
    int step = s->job->attempt < 8 ? s->job->attempt : 8;
    int wait = WAIT_FIRST << (step > 0 ? step - 1 : 0);
    c->app->random_bytes(c->app, &chance, 1);
    wait = wait > WAIT_MAX ? WAIT_MAX : wait;
    wait += wait * chance / 1024;
    return s->result.retry_after > wait ? s->result.retry_after : wait;
}

static const char *time_after(struct ctx *c, int seconds)
{
    struct tm t;
    char out[32];
    time_t at = (time_t)(c->app->now_ms(c->app) / 1000) + seconds;
    gmtime_r(&at, &t);
    strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%SZ", &t);
    return arena_strdup(c->arena, out);
}

/* The timeline tells of each counted try once; a try put back uncounted repeats its event's key. */
static enum err again(struct sending *s, enum err e)
{
    struct ctx *c = &s->job->ctx;
    struct json_object *d = detail(s);
    s->job->snooze = e == ERR_LIMITED;
    s->job->retry_after = wait_seconds(s);
    json_set_text(d, "nextAttemptAt", time_after(c, s->job->retry_after));
    const struct timeline_event event = {
        .type = EVENT_DELAYED,
        .source = "worker",
        .grade = told_by(s),
        .sentence = why(s),
        .detail = d,
        .dedupe_key =
            arena_printf(c->arena, "delayed:%lld:%d", (long long)s->job->id, s->job->attempt),
    };
    db_begin(c->db, c->tenant_id);
    enum err kept = timeline_append(c, s->id, &event, NULL);
    if (kept == OK)
        kept = pacing_used(s, e == ERR_LIMITED ? s->result.retry_after : 0);
    kept = db_end(c->db, kept);
    return kept != OK ? kept : job_fail(s->job, e == ERR_LIMITED ? e : ERR_RETRY, "%s", why(s));
}

/* Kept back on purpose: the recipient, or somebody here, wants nothing sent to the address. */
static enum err skipped(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "suppressionId", sending_text(s, "suppression_id"));
    json_set_text(d, "reason", sending_text(s, "suppression_reason"));
    const struct timeline_event event = {
        .type = EVENT_SKIPPED,
        .source = "worker",
        .sentence = suppression_sentence(c->arena, s->row),
        .detail = d,
        .dedupe_key = arena_printf(c->arena, "skipped:%lld", (long long)s->job->id),
    };
    db_begin(c->db, c->tenant_id);
    enum err e = timeline_append(c, s->id, &event, NULL);
    if (e == OK)
        e = suppression_counts(c, sending_text(s, "suppression_id"));
    if (e == OK)
        e = job_done(s->job);
    return db_end(c->db, e);
}

static enum err finish(struct sending *s, const struct send_way *way, enum err e)
{
    bool last = s->job->attempt >= s->job->max_attempts;
    if (e == OK)
        return sent(s, way);
    if (e == ERR_INVALID || e == ERR_NOT_FOUND || (last && e != ERR_LIMITED))
        return failed(s);
    return again(s, e);
}

enum err send_communication(struct job *j)
{
    struct sending s = { .job = j,
                         .id = json_text(j->args, "communicationId"),
                         .touched_ms = j->ctx.app->now_ms(j->ctx.app) };
    const struct send_way *way = send_way_of(json_text(j->args, "channel"));
    bool denied;
    if (!s.id || !way)
        return job_fail(j, ERR_INVALID, "The job names no communication or no channel that sends.");
    enum err e = load(&s, way, &denied);
    if (e != OK)
        return e;
    if (rows_count(s.row) == 0)
        return job_fail(j, ERR_NOT_FOUND, "The communication is not there any more.");
    if (strcmp(sending_text(&s, "status"), "ENQUEUED") != 0 ||
        strcmp(sending_text(&s, "channel"), json_text(j->args, "channel")) != 0)
        return OK;
    const char *removed = removed_sentence(j->ctx.arena, s.row, 0);
    if (removed) {
        s.result.sentence = removed;
        return failed(&s);
    }
    if (row_bool(s.row, 0, "paused"))
        return runs_waits(j, s.id);
    if (sending_text(&s, "suppression_id"))
        return skipped(&s);
    if (denied)
        return finish(&s, way, ERR_DENIED);
    if (way->address && sending_text(&s, way->address) && (e = pacing_turn(&s)) != OK)
        return e;
    return finish(&s, way, way->send(&s));
}
