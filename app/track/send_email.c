/* A communication as an e-mail: rendered, its files read, sent by the account's way. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/settings.h"
#include "channels/email.h"
#include "channels/message.h"
#include "db/db.h"
#include "store/store.h"
#include "track/mail_read.h"
#include "track/pixel.h"
#include "track/send.sql.h"
#include "track/send_way.h"

#include <string.h>

/* A pixel of its own for each communication of a tenant that has opens tracked. */
static enum err give_pixel(struct sending *s, const char **pixel)
{
    struct ctx *c = &s->job->ctx;
    *pixel = NULL;
    if (s->test_to || !row_bool(s->row, 0, "open_tracking"))
        return OK;
    *pixel = sending_text(s, "pixel_token");
    if (*pixel)
        return OK;
    *pixel = token_new(c->app, c->arena, 24);
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, db_query(c->db, c->arena, send_pixel, NULL, .token = *pixel,
                                  .communication_id = s->id));
}

static enum err read_files(struct sending *s, struct email *mail)
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
    mail->attachments = list;
    mail->attachment_count = (size_t)n;
    return OK;
}

static enum err render(struct sending *s, struct json_object *data, struct message *m)
{
    struct ctx *c = &s->job->ctx;
    const char *wanted = sending_text(s, "language"), *template = sending_text(s, "template");
    enum err e = message_render(c, template, wanted, data, m);
    if (e != OK)
        return e;
    bool fell = strcmp(wanted, m->language) != 0;
    sending_decided(
        s, "template",
        fell ? arena_printf(c->arena, "%s.%s: there is none in %s.", template, m->language, wanted)
             : arena_printf(c->arena, "%s.%s, as the recipient wants it.", template, m->language));
    return OK;
}

/* As it went out before, where the same bytes are asked for; else written from the template. */
static enum err write_message(struct sending *s, struct json_object *data, struct message *m)
{
    struct str raw;
    struct mail_read kept;
    struct ctx *c = &s->job->ctx;
    const char *same_as = json_text(s->job->args, "sameAs");
    if (!same_as)
        return render(s, data, m);
    enum err e = store_get(c->app->store, c->arena, same_as, &raw);
    if (e == OK)
        e = mail_parse(c->arena, raw, &kept);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_INVALID : e;
    sending_decided(s, "content", SAME_BYTES);
    *m = (struct message){
        .subject = kept.subject,
        .text = kept.text.p ? arena_strndup(c->arena, kept.text.p, kept.text.n) : "",
        .language = sending_text(s, "language"),
        .html = kept.html.p ? arena_strndup(c->arena, kept.html.p, kept.html.n) : NULL,
    };
    return OK;
}

/* The message under the same id at every try of an attempt. */
static enum err compose(struct sending *s, struct email *mail)
{
    struct message m;
    const char *pixel;
    struct ctx *c = &s->job->ctx;
    if (!s->test_to && !sending_text(s, "email")) {
        s->result.sentence = "The recipient has no e-mail address.";
        s->result.bad_address = true;
        return ERR_INVALID;
    }
    enum err e = give_pixel(s, &pixel);
    if (e != OK)
        return e;
    struct json_object *data = sending_data(s);
    json_set_text(data, "pixelUrl", pixel ? pixel_url(c, pixel) : NULL);
    e = write_message(s, data, &m);
    if (e != OK) {
        s->result.sentence = json_text(s->job->args, "sameAs")
                                 ? "What was sent before is not in the store any more."
                                 : "The message could not be written from its template.";
        return e;
    }
    s->to = sending_text(s, "email");
    s->digest = message_digest(c->arena, &m);
    s->message_id = sending_message_id(s);
    *mail = (struct email){
        .communication_id = s->id,
        .message_id = s->message_id,
        .from_name = s->account ? NULL : sending_text(s, "tenant"),
        .from_address = s->account ? NULL : arena_printf(c->arena, "no-reply@%s", sending_host(c)),
        .to_name = sending_text(s, "recipient_name"),
        .to_address = sending_text(s, "email"),
        .subject = m.subject,
        .text = m.text,
        .html = m.html,
        .first_try = s->first_try,
    };
    return read_files(s, mail);
}

/* A test is a message of its own, to whom it is a test for: nothing that comes back is taken for an
   answer to the communication. The sink, where nothing comes back, shows it with that. */
static void make_test(struct sending *s, struct email *mail)
{
    struct ctx *c = &s->job->ctx;
    s->message_id = arena_printf(c->arena, "%s.test@%s", s->test_id, sending_host(c));
    mail->message_id = s->message_id;
    mail->communication_id = s->account ? s->test_id : s->id;
    mail->to_name = NULL;
    mail->to_address = s->test_to;
    mail->subject = arena_printf(c->arena, "[Test] %s", mail->subject);
    mail->first_try = s->job->token == 1;
}

static enum err send(struct sending *s)
{
    struct email mail;
    enum err e = compose(s, &mail);
    if (e != OK)
        return e;
    if (s->test_to)
        make_test(s, &mail);
    const struct email_way *way = email_way_of(s->account ? s->account->provider : NULL);
    return way->send(&s->job->ctx, s->account, &mail, &s->result);
}

const struct send_way send_email = {
    .channel = CHANNEL_EMAIL,
    .queue = "email",
    .accounts = "email",
    .address = "email",
    .send = send,
};
