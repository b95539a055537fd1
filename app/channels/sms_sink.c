/* SMS that go nowhere, where no account is set up: kept as they would have been sent. */
#include "channels/sms.h"

#include "base/json.h"
#include "channels/sink.h"

#define SUBJECT_CHARACTERS 64

static struct json_object *raw_of(struct ctx *c, const struct sms *s)
{
    struct sms_parts p = sms_parts(c->arena, s->text);
    struct json_object *raw = json_own(c->arena, json_object_new_object());
    json_set_bool(raw, "dryRun", true);
    json_set_text(raw, "encoding", sms_encoding(&p));
    json_set_int(raw, "parts", p.parts);
    return raw;
}

static enum err send(struct ctx *c, const struct channel_account *account, const struct sms *s,
                     struct send_result *result)
{
    bool fresh = false;
    (void)account;
    *result = (struct send_result){ .provider = "sink", .dry_run = true };
    enum err e = sms_check(c, s);
    if (e) {
        result->sentence = c->problem.detail;
        return e;
    }
    const struct sink_message kept = { .channel = "SMS",
                                       .communication_id = s->communication_id,
                                       .message_id = s->message_id,
                                       .recipient = s->to,
                                       .subject = sms_head(c->arena, s->text, SUBJECT_CHARACTERS),
                                       .content_type = "text/plain; charset=utf-8",
                                       .text = str_of(s->text) };
    e = sink_keep(c, &kept, &fresh);
    if (e) {
        result->sentence = "The message could not be kept just now.";
        return e;
    }
    result->provider_message_id = s->message_id;
    result->accepted_by = "the sink of this server (dry run: no SMS account is set up)";
    result->raw = raw_of(c, s);
    result->already_sent = !fresh;
    return OK;
}

const struct sms_way sms_sink = { "sink", send };
