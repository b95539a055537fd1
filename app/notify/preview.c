/* How a notification would read, of an example or of a shipment; and a test of it, by e-mail to who
   asks. */
#include "notify/preview.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "notify/customer.h"
#include "notify/preview.sql.h"
#include "notify/react.sql.h"
#include "track/staff_mail.h"

#include <string.h>

#define TEST_SENTENCE                                                                              \
    "This is a test of what a customer would be told. Nobody but you was told anything."

const char *const notice_languages[] = { "en", "de", "fr", "es", NULL };

/* ---- how it reads ---- */

static enum err data_of_shipment(struct ctx *c, const struct notice_preview *q,
                                 const char **language, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, notice_facts, &rows, .shipment_id = q->shipment_id);
    if (e == OK && rows_count(rows) == 0)
        e = ctx_fault(c, "shipmentId", "There is no such shipment.");
    if (e != OK)
        return e;
    *language = q->language ? q->language : row_text(rows, 0, "language");
    *out = notice_data(c, rows, *language, NULL);
    return OK;
}

static enum err data_of_sample(struct ctx *c, const struct notice_preview *q, const char **language,
                               struct json_object **out)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_notice_language, NULL, &rows);
    if (e != OK)
        return e;
    *language = q->language ? q->language : row_text(rows, 0, "language");
    *out = notice_sample(c, *language);
    return OK;
}

/* Without a marker in its link: that is of what was told. */
static enum err words(struct ctx *c, const struct notice_preview *q, struct message *m,
                      struct json_object **data)
{
    const char *language;
    enum err e = q->shipment_id ? data_of_shipment(c, q, &language, data)
                                : data_of_sample(c, q, &language, data);
    return e == OK ? notice_render(c, q->type, language, *data, m) : e;
}

enum err notice_preview(struct ctx *c, const struct notice_preview *q, struct json_object **out)
{
    struct json_object *data;
    struct message m = { 0 };
    enum err e = words(c, q, &m, &data);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "type", q->type);
    json_set_text(d, "language", m.language);
    json_set_text(d, "subject", m.subject);
    json_set_text(d, "text", m.text);
    json_set_text(d, "html", m.html);
    json_set_text(d, "trackingUrl", json_text(data, "trackingUrl"));
    *out = d;
    return OK;
}

enum err notice_shipment(struct ctx *c, const char *named, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, notice_shipment, &rows,
                          .id = uuid_valid(named) ? named : NULL, .named = named);
    if (e == OK && rows_count(rows) == 0)
        e = ctx_fault(c, "shipment", "There is no shipment or order of this number.");
    if (e == OK)
        *out = row_json(c->arena, rows, 0);
    return e;
}

/* ---- a test to oneself ---- */

/* His address goes with it: the worker sees no users. */
static enum err add_job(struct ctx *c, const struct notice_preview *q, const char *language,
                        const char *email)
{
    int64_t id;
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "userId", c->actor.id);
    json_set_text(args, "email", email);
    json_set_text(args, "type", q->type);
    json_set_text(args, "language", language);
    json_set_text(args, "shipmentId", q->shipment_id);
    json_set_text(args, "testId", uuid7(c->app, c->arena));
    const struct job_new job = {
        .kind = NOTICE_TEST_JOB,
        .args = args,
        .unique_key = arena_printf(c->arena, "%s %s %s %s", c->actor.id, q->type, language,
                                   q->shipment_id ? q->shipment_id : "example"),
    };
    enum err e = job_add(c, &job, &id);
    return e ? e : audit_add(c, "notification.test", "user", c->actor.id, NULL, args);
}

enum err notice_test(struct ctx *c, const struct notice_preview *q, struct json_object **out)
{
    PGresult *me;
    struct json_object *data;
    struct message m = { 0 };
    enum err e = words(c, q, &m, &data);
    if (e == OK && c->actor.kind != ACTOR_USER)
        e = ctx_refuse(c, ERR_CONFLICT,
                       "A test goes to the one who asks for it: an API client has "
                       "no e-mail address.");
    if (e == OK)
        e = staff_mail_possible(c);
    if (e == OK)
        e = db_query(c->db, c->arena, notice_tester, &me, .user_id = c->actor.id);
    if (e == OK && rows_count(me) == 0)
        e = ERR_DENIED;
    if (e == OK)
        e = add_job(c, q, m.language, row_text(me, 0, "email"));
    if (e != OK)
        return e;
    *out = json_own(c->arena, json_object_new_object());
    json_set_text(*out, "to", row_text(me, 0, "email"));
    json_set_text(*out, "type", q->type);
    json_set_text(*out, "language", m.language);
    json_set_text(*out, "subject", m.subject);
    return OK;
}

struct testing {
    struct notice_preview q;
    struct actor asker;
    struct message message;
    struct channel_account *account;
};

static enum err prepare(struct job *j, struct testing *t)
{
    struct json_object *data;
    struct ctx *c = &j->ctx;
    enum err e = actor_now(c, json_text(j->args, "userId"), &t->asker);
    if (e == OK && (t->asker.role < ROLE_AGENT || !t->asker.all_buildings))
        e = ERR_DENIED;
    if (e == ERR_DENIED)
        return job_fail(j, ERR_INVALID, "Who asked for it may not any more.");
    if (e == OK)
        e = words(c, &t->q, &t->message, &data);
    return e == OK ? staff_mail_account(j, &t->account) : e;
}

enum err notice_test_run(struct job *j)
{
    struct ctx *c = &j->ctx;
    const char *to = json_text(j->args, "email"), *test_id = json_text(j->args, "testId");
    struct testing t = { .q = { .type = json_text(j->args, "type"),
                                .language = json_text(j->args, "language"),
                                .shipment_id = json_text(j->args, "shipmentId") } };
    if (!t.q.type || !to || !test_id || !json_text(j->args, "userId"))
        return job_fail(j, ERR_INVALID, "The job names no type, person, address or test.");
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, prepare(j, &t));
    if (e != OK)
        return e;
    const struct staff_mail mail = {
        .kind = "notification-test",
        .about = test_id,
        .to_name = t.asker.name,
        .to_address = to,
        .subject = arena_printf(c->arena, "[Test] %s", t.message.subject),
        .text = arena_printf(c->arena, "%s\n\n%s", TEST_SENTENCE, t.message.text),
        .html =
            arena_printf(c->arena, "<p><em>%s</em></p>\n<hr>\n%s", TEST_SENTENCE, t.message.html),
    };
    return staff_mail_send(j, t.account, &mail);
}
