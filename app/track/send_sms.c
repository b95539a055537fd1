/* A communication as an SMS: its text in the recipient's language, sent by the account's way. */
#include "track/sms.h"

#include "base/json.h"
#include "base/settings.h"
#include "channels/message.h"
#include "channels/sms.h"
#include "db/db.h"
#include "store/store.h"
#include "track/send_way.h"

enum err sms_text(struct sending *s, const char **out)
{
    struct ctx *c = &s->job->ctx;
    const char *text, *due = sending_text(s, "due_on"), *language = sending_text(s, "language");
    struct json_object *data = sending_data(s);
    if (due)
        json_set_text(data, "dueOn", date_short(c->arena, due, language));
    const char *name = arena_printf(c->arena, "%s_sms", sending_text(s, "template"));
    enum err e = message_text(c, name, language, data, &text);
    if (e == OK)
        *out = sms_tidy(c->arena, text);
    return e;
}

/* As it went out before, where the same bytes are asked for; else written from the template. */
static enum err write_text(struct sending *s, const char **text)
{
    struct str raw;
    struct ctx *c = &s->job->ctx;
    const char *same_as = json_text(s->job->args, "sameAs");
    if (!same_as)
        return sms_text(s, text);
    enum err e = store_get(c->app->store, c->arena, same_as, &raw);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_INVALID : e;
    sending_decided(s, "content", SAME_BYTES);
    *text = arena_strndup(c->arena, raw.p, raw.n);
    return OK;
}

static enum err compose(struct sending *s, struct sms *sms)
{
    const char *text;
    struct ctx *c = &s->job->ctx;
    const char *to = sms_number(c->arena, sending_text(s, "phone"));
    if (!to) {
        s->result.sentence = sending_text(s, "phone") ? "The phone number is not valid."
                                                      : "The recipient has no phone number.";
        s->result.bad_address = true;
        return ERR_INVALID;
    }
    enum err e = write_text(s, &text);
    if (e != OK) {
        s->result.sentence = "The message could not be written from its template.";
        return e;
    }
    struct sms_parts parts = sms_parts(c->arena, text);
    sending_decided(s, "content",
                    arena_printf(c->arena, "%d part%s of %s.", parts.parts,
                                 parts.parts == 1 ? "" : "s", sms_encoding(&parts)));
    s->to = to;
    s->digest = message_digest(c->arena, &(struct message){ .subject = "", .text = text });
    s->message_id = sending_message_id(s);
    *sms = (struct sms){
        .communication_id = s->id,
        .message_id = s->message_id,
        .first_tried = s->first_tried,
        .to = to,
        .text = text,
        .report_to = arena_printf(c->arena, "%s" TWILIO_HOOK_PATH, c->app->settings->public_url),
        .first_try = s->first_try,
    };
    return OK;
}

static enum err send(struct sending *s)
{
    struct sms sms;
    enum err e = compose(s, &sms);
    if (e != OK)
        return e;
    const struct sms_way *way = sms_way_of(s->account ? s->account->provider : NULL);
    return way->send(&s->job->ctx, s->account, &sms, &s->result);
}

const struct send_way send_sms = {
    .channel = CHANNEL_SMS,
    .queue = "sms",
    .accounts = "sms",
    .address = "phone",
    .send = send,
};
