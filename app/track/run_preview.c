/* The messages of a run as their recipients will see them, and a test of one to oneself. */
#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "base/uuid.h"
#include "channels/email.h"
#include "channels/message.h"
#include "channels/sms.h"
#include "db/db.h"
#include "track/labels.h"
#include "track/run.h"
#include "track/run.sql.h"
#include "track/send.sql.h"
#include "track/send_way.h"
#include "track/sms.h"

#include <string.h>

#define HREF "/runs/%s?step=preview&communication=%s"

/* A communication as it would be sent, without a job of its own. */
static enum err load(struct ctx *c, const char *id, struct sending *s)
{
    struct job *job = arena_new_of(c->arena, struct job);
    job->ctx = *c;
    *s = (struct sending){ .job = job, .id = id };
    enum err e = db_query(c->db, c->arena, send_load, &s->row, .communication_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, send_attachments, &s->files, .communication_id = id);
    return e == OK && rows_count(s->row) == 0 ? ERR_NOT_FOUND : e;
}

static enum err may_see(struct ctx *c, const char *id)
{
    PGresult *run;
    enum err e = db_query(c->db, c->arena, runs_get, &run, .batch_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e == OK && rows_count(run) == 0 ? ERR_NOT_FOUND : e;
}

/* The place of a message in its run, which it has to be of. */
static enum err place(struct ctx *c, const char *id, const char *communication_id, PGresult **row)
{
    enum err e = may_see(c, id);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_preview, row, .batch_id = id,
                     .communication_id = communication_id);
    return e == OK && rows_count(*row) == 0 ? ERR_NOT_FOUND : e;
}

static const char *to_of(struct ctx *c, const struct sending *s)
{
    const char *channel = sending_text(s, "channel");
    if (strcmp(channel, "EMAIL") == 0)
        return sending_text(s, "email");
    if (strcmp(channel, "SMS") == 0)
        return sending_text(s, "phone");
    return arena_printf(c->arena, "%s, %s %s, %s", sending_text(s, "street"),
                        sending_text(s, "postal_code"), sending_text(s, "city"),
                        sending_text(s, "country"));
}

static struct json_object *files_of(struct ctx *c, const struct sending *s)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < rows_count(s->files); i++) {
        struct json_object *file = json_object_new_object();
        json_set_text(file, "fileName", row_text(s->files, i, "file_name"));
        json_set_int(file, "size", row_int(s->files, i, "size"));
        json_set_text(file, "href",
                      arena_printf(c->arena, "/api/track/communications/%s/attachments/%s", s->id,
                                   row_text(s->files, i, "position")));
        json_object_array_add(list, file);
    }
    return list;
}

static void link_to(struct ctx *c, struct json_object *d, const char *key, const char *run,
                    const char *communication_id)
{
    json_set_text(d, key,
                  communication_id ? arena_printf(c->arena, HREF, run, communication_id) : NULL);
}

/* An SMS has only a text; of what was removed, only that. */
static enum err message_of(struct ctx *c, struct sending *s, struct message *m)
{
    const char *removed = removed_sentence(c->arena, s->row, 0);
    if (removed) {
        *m = (struct message){ .text = removed, .html = removed };
        return OK;
    }
    if (strcmp(sending_text(s, "channel"), "SMS") == 0) {
        *m = (struct message){ .language = sending_text(s, "language") };
        return sms_text(s, &m->text);
    }
    return message_render(c, sending_text(s, "template"), sending_text(s, "language"),
                          sending_data(s), m);
}

/* "2 parts (UCS-2), 0.15 CHF.", and why where that is dear. */
static void show_parts(struct ctx *c, const struct sending *s, const char *text,
                       struct json_object *d)
{
    if (strcmp(sending_text(s, "channel"), "SMS") != 0)
        return;
    struct json_object *settings = s->account ? s->account->settings : NULL;
    struct sms_parts parts = sms_parts(c->arena, text);
    const char *number = sms_number(c->arena, sending_text(s, "phone"));
    int64_t price = sms_price(c->arena, settings, number);
    const char *warning = sms_warning(c->arena, text);
    json_set_text(d, "parts",
                  arena_printf(c->arena, "%d part%s (%s), %s.%s%s", parts.parts,
                               parts.parts == 1 ? "" : "s", sms_encoding(&parts),
                               price < 0 ? "no price set"
                                         : money_micros_text(c->arena, price * parts.parts,
                                                             json_text(settings, "currency"), "en"),
                               warning ? " " : "", warning ? warning : ""));
}

static struct json_object *document(struct ctx *c, const char *id, const struct sending *s,
                                    const struct message *m)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    const char *channel = sending_text(s, "channel");
    bool mail = strcmp(channel, "EMAIL") == 0;
    json_set_text(d, "communicationId", s->id);
    json_set_text(d, "channel", channel);
    json_set_text(d, "channelLabel", channel_label(channel)->word);
    json_set_text(d, "status", sending_text(s, "status"));
    json_set_text(d, "unit", sending_text(s, "number"));
    json_set_text(d, "recipientName", sending_text(s, "recipient_name"));
    json_set_text(d, "to", to_of(c, s));
    json_set_text(d, "subject", mail ? m->subject : NULL);
    json_set_text(d, "text", m->text);
    json_set(d, "parts", NULL);
    show_parts(c, s, m->text, d);
    json_set_text(d, "bodyHref",
                  mail ? arena_printf(c->arena, "/runs/%s/preview/%s/body", id, s->id) : NULL);
    json_set_text(d, "letterHref",
                  strncmp(channel, "LETTER", 6) == 0
                      ? arena_printf(c->arena, "/api/track/communications/%s/letter", s->id)
                      : NULL);
    json_set(d, "files",
             row_text(s->row, 0, "removed_on") ? json_object_new_array() : files_of(c, s));
    return d;
}

/* What an SMS costs is the account's. */
static const char *accounts_of(const struct sending *s)
{
    return strcmp(sending_text(s, "channel"), "SMS") == 0 ? send_sms.accounts : NULL;
}

enum err runs_preview(struct ctx *c, const char *id, const char *communication_id,
                      struct json_object **out)
{
    PGresult *at, *odd;
    struct sending s;
    struct message m;
    enum err e = place(c, id, communication_id, &at);
    if (e == OK)
        e = load(c, row_text(at, 0, "id"), &s);
    const char *purpose = e == OK ? accounts_of(&s) : NULL;
    if (purpose && sending_account(&s, purpose) == ERR_INTERNAL)
        return ERR_INTERNAL;
    if (e == OK)
        e = db_query(c->db, c->arena, runs_odd, &odd, .batch_id = id);
    if (e == OK)
        e = message_of(c, &s, &m);
    if (e != OK)
        return e;
    struct json_object *d = document(c, id, &s, &m), *list = rows_json(c->arena, odd);
    for (int i = 0; i < rows_count(odd); i++)
        link_to(c, json_object_array_get_idx(list, (size_t)i), "href", id,
                row_text(odd, i, "communicationId"));
    json_set_int(d, "place", row_int(at, 0, "place"));
    json_set_int(d, "total", row_int(at, 0, "total"));
    link_to(c, d, "previous", id, row_text(at, 0, "previous"));
    link_to(c, d, "next", id, row_text(at, 0, "next"));
    json_set(d, "odd", json_object_get(list));
    *out = d;
    return OK;
}

enum err runs_preview_html(struct ctx *c, const char *id, const char *communication_id,
                           const char **out)
{
    PGresult *at;
    struct sending s;
    struct message m;
    enum err e = place(c, id, communication_id, &at);
    if (e == OK)
        e = load(c, communication_id, &s);
    if (e == OK)
        e = message_of(c, &s, &m);
    if (e == OK)
        *out = m.html;
    return e;
}

/* ---- a test to oneself ---- */

enum err runs_test(struct ctx *c, const char *batch_id, const char *communication_id)
{
    PGresult *at, *me;
    struct sending s;
    const char *removed;
    enum err e = place(c, batch_id, communication_id, &at);
    if (e == OK && (e = load(c, communication_id, &s)) == OK &&
        (removed = removed_sentence(c->arena, s.row, 0)))
        return ctx_refuse(c, ERR_CONFLICT, "%s", removed);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_tester, &me, .actor_id = c->actor.id,
                     .communication_id = communication_id);
    if (e != OK)
        return e;
    if (rows_count(me) == 0)
        return ctx_refuse(c, ERR_CONFLICT, "Only e-mails can be sent as a test.");
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "communicationId", communication_id);
    json_set_text(args, "email", row_text(me, 0, "email"));
    json_set_text(args, "testId", uuid7(c->app, c->arena));
    const struct job_new job = { .kind = "track.send_test", .args = args };
    e = job_add(c, &job, NULL);
    return e != OK ? e : audit_add(c, "run.test", "communication", communication_id, NULL, args);
}

enum err runs_test_job(struct job *j)
{
    struct sending s;
    const char *id = json_text(j->args, "communicationId"), *to = json_text(j->args, "email");
    const char *test_id = json_text(j->args, "testId");
    if (!id || !to || !test_id)
        return job_fail(j, ERR_INVALID, "The job names no message, address or test.");
    db_begin_reading(j->ctx.db, j->ctx.tenant_id);
    enum err e = load(&j->ctx, id, &s);
    s.job = j;
    if (e == OK)
        e = sending_account(&s, send_email.accounts);
    if ((e = db_end(j->ctx.db, e)) != OK)
        return e;
    const char *removed = removed_sentence(j->ctx.arena, s.row, 0);
    if (removed)
        return job_fail(j, ERR_INVALID, "%s", removed);
    s.test_to = to;
    s.test_id = test_id;
    e = send_email.send(&s);
    j->snooze = e == ERR_LIMITED;
    j->retry_after = s.result.retry_after;
    return e == OK ? OK
                   : job_fail(j, e, "%s",
                              s.result.sentence ? s.result.sentence : "It could not be sent.");
}
