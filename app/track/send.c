/* The job that sends one communication: load, render, send outside any transaction, write the end.
 */
#include "track/send.h"

#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/money.h"
#include "base/settings.h"
#include "channels/email.h"
#include "channels/message.h"
#include "db/db.h"
#include "store/store.h"
#include "track/pixel.h"
#include "track/send.sql.h"
#include "track/track.h"

#include <string.h>
#include <time.h>

#define WAIT_FIRST 30
#define WAIT_MAX 3600
#define TOUCH_MS 30000

struct sending {
    struct job *job;
    const char *id, *pixel;
    bool resend;
    PGresult *row, *files;
    struct provider_account account;
    bool has_account, switched_off; /* off: every account there is */
    struct email mail;
    struct email_result result;
    int64_t touched_ms; /* when the lease was prolonged */
};

static const char *text(const struct sending *s, const char *column)
{
    return row_text(s->row, 0, column);
}

static enum err find_account(struct sending *s)
{
    enum err e = provider_find(&s->job->ctx, "email", &s->account);
    s->has_account = e == OK;
    s->switched_off = e == ERR_DENIED;
    return e == ERR_NOT_FOUND || e == ERR_DENIED ? OK : e;
}

static enum err load(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = find_account(s);
    db_batch(c->db);
    if (e == OK)
        e = db_query(c->db, c->arena, send_load, &s->row, .communication_id = s->id);
    if (e == OK)
        e = db_query(c->db, c->arena, send_attachments, &s->files, .communication_id = s->id);
    return db_end(c->db, e);
}

/* A pixel of its own for each communication of a tenant that has opens tracked. */
static enum err give_pixel(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    if (!row_bool(s->row, 0, "open_tracking"))
        return OK;
    s->pixel = text(s, "pixel_token");
    if (s->pixel)
        return OK;
    s->pixel = token_new(c->app, c->arena, 24);
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, db_query(c->db, c->arena, send_pixel, NULL, .token = s->pixel,
                                  .communication_id = s->id));
}

/* ---- what is sent ---- */

static struct json_object *template_data(const struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    const char *currency = text(s, "currency"), *language = text(s, "language");
    json_set_text(d, "recipientName", text(s, "recipient_name"));
    json_set_text(d, "unit", text(s, "number"));
    json_set_text(d, "building", text(s, "building"));
    json_set_text(d, "street", text(s, "building_street"));
    json_set_text(d, "city", text(s, "building_city"));
    json_set_text(d, "year", text(s, "year"));
    json_set_text(d, "subject", text(s, "subject"));
    if (currency) {
        long long minor = row_int(s->row, 0, "amount_minor");
        json_set_text(d, "amount",
                      money_text(c->arena, minor < 0 ? -minor : minor, currency, language));
        json_set_bool(d, "credit", minor < 0);
    }
    if (text(s, "due_on"))
        json_set_text(d, "dueOn", date_text(c->arena, text(s, "due_on"), language));
    json_set_text(d, "reference", text(s, "reference"));
    json_set_text(d, "tenant", text(s, "tenant"));
    json_set_bool(d, "hasAttachments", rows_count(s->files) > 0);
    json_set_text(d, "pixelUrl", s->pixel ? pixel_url(c, s->pixel) : NULL);
    return d;
}

/* Of public_url, without scheme and port. */
static const char *host_of(struct ctx *c)
{
    const char *url = c->app->settings->public_url, *at = url ? strstr(url, "://") : NULL;
    if (!at)
        return "localhost";
    return arena_strndup(c->arena, at + 3, strcspn(at + 3, ":/"));
}

/* The same at every try of a job; another for every resend. */
static const char *message_id_of(const struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    long long series = s->resend ? (long long)s->job->id : 1;
    return arena_printf(c->arena, "%s.%lld@%s", s->id, series, host_of(c));
}

static enum err read_files(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    int n = rows_count(s->files);
    struct email_attachment *list = arena_zalloc(c->arena, (size_t)n + 1, sizeof(*list));
    for (int i = 0; i < n; i++) {
        enum err e =
            store_get(c->app->store, c->arena, row_text(s->files, i, "sha256"), &list[i].bytes);
        if (e == ERR_NOT_FOUND)
            s->result.sentence = "An attachment is not in the store any more.";
        if (e != OK)
            return e == ERR_NOT_FOUND ? ERR_INVALID : e;
        list[i].file_name = row_text(s->files, i, "file_name");
        list[i].content_type = row_text(s->files, i, "content_type");
    }
    s->mail.attachments = list;
    s->mail.attachment_count = (size_t)n;
    return OK;
}

static enum err compose(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    struct message m;
    /* The sink is for those who have no account yet: who has one means real mail. */
    if (s->switched_off) {
        s->result.sentence = "Every mail account is switched off.";
        return ERR_DENIED;
    }
    if (!text(s, "email")) {
        s->result.sentence = "The recipient has no e-mail address.";
        s->result.bad_address = true;
        return ERR_INVALID;
    }
    enum err e = message_render(c, "statement", text(s, "language"), template_data(s), &m);
    if (e != OK) {
        s->result.sentence = "The message could not be written from its template.";
        return e;
    }
    s->mail = (struct email){
        .communication_id = s->id,
        .message_id = message_id_of(s),
        .from_name = s->has_account ? NULL : text(s, "tenant"),
        .from_address = s->has_account ? NULL : arena_printf(c->arena, "no-reply@%s", host_of(c)),
        .to_name = text(s, "recipient_name"),
        .to_address = text(s, "email"),
        .subject = m.subject,
        .text = m.text,
        .html = m.html,
    };
    return read_files(s);
}

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

static enum err hand_over(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    s->touched_ms = c->app->now_ms(c->app);
    const struct email_account account = {
        .id = s->account.id,
        .provider = s->account.provider,
        .settings = s->account.settings,
        .secrets = s->account.secrets,
        .job_id = s->job->id,
        .alive = stay_alive,
        .alive_of = s,
    };
    const struct email_way *way = email_way_of(s->has_account ? s->account.provider : NULL);
    return way->send(c, s->has_account ? &account : NULL, &s->mail, &s->result);
}

/* ---- how it ended ---- */

static struct json_object *detail(const struct sending *s)
{
    struct json_object *d = json_own(s->job->ctx.arena, json_object_new_object());
    json_set_int(d, "attempt", s->job->attempt);
    json_set_text(d, "provider", s->result.provider);
    if (s->result.code)
        json_set_text(d, "code", s->result.code);
    if (s->result.raw)
        json_set(d, "raw", json_object_get(s->result.raw));
    if (s->result.bad_address)
        json_set_bool(d, "badAddress", true);
    return d;
}

/* An event and the job's end in one transaction. */
static enum err end(struct sending *s, const struct timeline_event *event)
{
    struct ctx *c = &s->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = timeline_append(c, s->id, event, NULL);
    if (e == OK)
        e = job_done(s->job);
    return db_end(c->db, e);
}

static enum err sent(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    struct json_object *d = detail(s);
    const char *by = s->result.accepted_by;
    json_set_text(d, "messageId", s->mail.message_id);
    json_set_text(d, "providerMessageId", s->result.provider_message_id);
    json_set_text(d, "conversationId", s->result.conversation_id);
    const struct timeline_event event = {
        .type = EVENT_SENT,
        .source = "worker",
        .grade = 'C',
        .sentence = by ? arena_printf(c->arena, "Accepted by %s.", by) : NULL,
        .detail = d,
        .dedupe_key = arena_printf(c->arena, "sent:%s", s->mail.message_id),
    };
    return end(s, &event);
}

static const char *why(const struct sending *s)
{
    return s->result.sentence ? s->result.sentence : "The message could not be sent.";
}

static enum err failed(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    const struct timeline_event event = {
        .type = EVENT_FAILED,
        .source = "worker",
        .grade = 'A',
        .sentence = why(s),
        .detail = detail(s),
        .dedupe_key = arena_printf(c->arena, "failed:%lld", (long long)s->job->id),
    };
    return end(s, &event);
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
        .grade = 'A',
        .sentence = why(s),
        .detail = d,
        .dedupe_key =
            arena_printf(c->arena, "delayed:%lld:%d", (long long)s->job->id, s->job->attempt),
    };
    db_begin(c->db, c->tenant_id);
    enum err kept = db_end(c->db, timeline_append(c, s->id, &event, NULL));
    return kept != OK ? kept : job_fail(s->job, e == ERR_LIMITED ? e : ERR_RETRY, "%s", why(s));
}

static enum err finish(struct sending *s, enum err e)
{
    bool last = s->job->attempt >= s->job->max_attempts;
    if (e == OK)
        return sent(s);
    if (e == ERR_INVALID || e == ERR_NOT_FOUND || (last && e != ERR_LIMITED))
        return failed(s);
    return again(s, e);
}

enum err send_communication(struct job *j)
{
    struct sending s = {
        .job = j,
        .id = json_text(j->args, "communicationId"),
        .resend = json_object_get_boolean(json_get(j->args, "resend")),
    };
    if (!s.id)
        return job_fail(j, ERR_INVALID, "The job names no communication.");
    enum err e = load(&s);
    if (e != OK)
        return e;
    if (rows_count(s.row) == 0)
        return job_fail(j, ERR_NOT_FOUND, "The communication is not there any more.");
    if (strcmp(text(&s, "status"), "ENQUEUED") != 0 && !s.resend)
        return OK;
    e = give_pixel(&s);
    if (e == OK)
        e = compose(&s);
    return finish(&s, e == OK ? hand_over(&s) : e);
}
