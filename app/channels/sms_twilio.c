/* SMS through Twilio's Messages resource.

   A try cannot be repeated blindly. Before one that may not be the first, the messages to the
   number are looked through for the text: found as made since the attempt began, it is done. */
#include "channels/sms.h"

#include "base/crypto.h"
#include "base/json.h"
#include "channels/sms_error.h"
#include "http/http.h"

#include <string.h>
#include <time.h>

#define BASE "https://api.twilio.com"
#define SKEW_SECONDS 5 /* of their clock before ours */

static const struct json_limits limits = { 12, 20000, 1 << 16 };

static const struct sms_status statuses[] = {
    { 400, ERR_INVALID, "Twilio refused the message.", 0 },
    { 401, ERR_DENIED, "Twilio refused the account's token.", 0 },
    { 403, ERR_DENIED, "Twilio does not let this account send SMS.", 0 },
    { 404, ERR_DENIED, "Twilio knows no such account.", 0 },
    { 408, ERR_RETRY, "Twilio took too long.", 0 },
    { 429, ERR_LIMITED, "Twilio asks to send more slowly.", 10 },
    { 500, ERR_RETRY, "Twilio has a fault just now.", 0 },
    { 0 },
};
struct sending {
    struct ctx *c;
    const struct channel_account *account;
    const struct sms *s;
    struct send_result *result;
    struct http_answer answer;
    struct json_object *body;
};

static enum err judge(struct sending *s)
{
    struct send_result *result = s->result;
    const struct sms_status *m = sms_status_of(statuses, s->answer.status);
    int code = json_object_get_int(json_get(s->body, "code"));
    const struct sms_error *known = sms_error_of("twilio", code);
    result->raw = s->body;
    result->sentence = known ? known->sentence : m->sentence;
    result->code = code ? arena_printf(s->c->arena, "%d", code)
                        : arena_printf(s->c->arena, "HTTP %d", s->answer.status);
    result->bad_address = known && known->bad_address;
    result->opted_out = known && known->opted_out;
    result->retry_after = s->answer.retry_after ? s->answer.retry_after : m->pause;
    return known && m->status == 400 ? known->e : m->e;
}

static enum err unreadable(struct sending *s)
{
    s->result->sentence = "Twilio gave an answer that cannot be read.";
    return ERR_RETRY;
}

static enum err call(struct sending *s, const char *method, const char *query, struct str form)
{
    struct ctx *c = s->c;
    const char *why, *base = json_text(s->account->settings, "endpoint");
    const char *sid = json_text(s->account->settings, "accountSid");
    const char *login =
        arena_printf(c->arena, "%s:%s", sid, json_text(s->account->secrets, "authToken"));
    const char *headers[] = {
        arena_printf(c->arena, "Authorization: Basic %s", base64(c->arena, login, strlen(login))),
        form.n ? "Content-Type: application/x-www-form-urlencoded" : "Content-Type:", NULL
    };
    const struct http_call q = {
        .provider = "twilio",
        .account = s->account->id,
        .method = method,
        .url = arena_printf(c->arena, "%s/2010-04-01/Accounts/%s/Messages.json%s",
                            base ? base : BASE, sid, query),
        .headers = headers,
        .body = form,
        .job_id = s->account->job_id,
        .entity = arena_printf(c->arena, "communication:%s", s->s->communication_id),
        .repeatable = form.n == 0,
    };
    enum err e = http_send(c, &q, &s->answer);
    s->result->retry_after = s->answer.retry_after;
    s->result->sentence = s->answer.error;
    if (e)
        return e;
    if (!s->answer.body.n || json_parse(c->arena, s->answer.body, &limits, &s->body, &why))
        s->body = NULL;
    return s->answer.status >= 200 && s->answer.status < 300 ? OK : judge(s);
}

/* ---- what an earlier try may have left ---- */

static int64_t seconds_of(const char *text, const char *format)
{
    struct tm t = { 0 };
    return text && strptime(text, format, &t) ? (int64_t)timegm(&t) : 0;
}

static bool is_ours(const struct sending *s, struct json_object *m)
{
    const char *text = json_text(m, "body"), *to = json_text(m, "to");
    int64_t made = seconds_of(json_text(m, "date_created"), "%a, %d %b %Y %H:%M:%S");
    int64_t since = seconds_of(s->s->first_tried, "%Y-%m-%dT%H:%M:%S");
    return text && to && json_text(m, "sid") && strcmp(text, s->s->text) == 0 &&
           strcmp(to, s->s->to) == 0 && made >= since - SKEW_SECONDS;
}

/* *found NULL: it is not there. */
static enum err look(struct sending *s, struct json_object **found)
{
    struct buf query = buf_in(s->c->arena);
    buf_puts(&query, "?PageSize=100&To=");
    buf_url(&query, s->s->to, strlen(s->s->to));
    *found = NULL;
    enum err e = call(s, "GET", query.p, STR(""));
    struct json_object *list = json_get(s->body, "messages");
    if (e)
        return e;
    if (!json_object_is_type(list, json_type_array))
        return unreadable(s);
    for (size_t i = 0; !*found && i < json_object_array_length(list); i++)
        if (is_ours(s, json_object_array_get_idx(list, i)))
            *found = json_object_array_get_idx(list, i);
    return OK;
}

/* ---- sending ---- */

static void put(struct buf *form, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(form, "%s%s=", form->n ? "&" : "", name);
    buf_url(form, value, strlen(value));
}

static enum err create(struct sending *s)
{
    struct buf form = buf_in(s->c->arena);
    struct json_object *settings = s->account->settings;
    const char *service = json_text(settings, "messagingServiceSid");
    put(&form, "To", s->s->to);
    put(&form, service ? "MessagingServiceSid" : "From",
        service ? service : json_text(settings, "from"));
    put(&form, "Body", s->s->text);
    put(&form, "StatusCallback", s->s->report_to);
    enum err e = call(s, "POST", "", buf_str(&form));
    if (e)
        return e;
    return json_text(s->body, "sid") ? OK : unreadable(s);
}

static struct json_object *raw_of(struct arena *a, struct json_object *message)
{
    static const char *const keys[] = { "sid", "status", "num_segments", "from",
                                        "messaging_service_sid" };
    struct json_object *raw = json_own(a, json_object_new_object());
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (json_text(message, keys[i]))
            json_set_text(raw, keys[i], json_text(message, keys[i]));
    return raw;
}

static enum err ready(struct sending *s)
{
    struct json_object *settings = s->account->settings;
    if (sms_check(s->c, s->s)) {
        s->result->sentence = s->c->problem.detail;
        return ERR_INVALID;
    }
    if (json_text(settings, "accountSid") && json_text(s->account->secrets, "authToken") &&
        (json_text(settings, "from") || json_text(settings, "messagingServiceSid")))
        return OK;
    s->result->sentence = "The account lacks its SID, its token, or a number to send from.";
    return ERR_DENIED;
}

static enum err twilio_send(struct ctx *c, const struct channel_account *account,
                            const struct sms *sms, struct send_result *result)
{
    struct sending s = { .c = c, .account = account, .s = sms, .result = result };
    struct json_object *found = NULL;
    *result = (struct send_result){ .provider = "twilio" };
    enum err e = ready(&s);
    if (e == OK && !sms->first_try)
        e = look(&s, &found);
    if (e == OK && !found)
        e = create(&s);
    if (e)
        return e;
    struct json_object *message = found ? found : s.body;
    *result = (struct send_result){ .provider = "twilio",
                                    .provider_message_id = json_text(message, "sid"),
                                    .accepted_by = "Twilio",
                                    .raw = raw_of(c->arena, message),
                                    .already_sent = found != NULL };
    return OK;
}

const struct sms_way sms_twilio = { "twilio", twilio_send };
