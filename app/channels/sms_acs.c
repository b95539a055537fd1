/* SMS through Azure Communication Services.

   A try is repeatable: repeatabilityRequestId and repeatabilityFirstSent are those of the attempt,
   so that Azure sends what came twice once. HTTP 202 says nothing yet: each recipient has a result
   of its own. */
#include "channels/sms.h"

#include "base/crypto.h"
#include "base/json.h"
#include "channels/sms_error.h"
#include "channels/sms_sign.h"
#include "http/http.h"

#include <string.h>
#include <time.h>

#define VERSION "2021-03-07"

static const struct json_limits limits = { 12, 2000, 1 << 16 };

static const struct sms_status statuses[] = {
    { 400, ERR_INVALID, "Azure refused the message.", 0 },
    { 401, ERR_DENIED, "Azure refused the access key of the account.", 0 },
    { 403, ERR_DENIED, "Azure does not let this account send SMS.", 0 },
    { 404, ERR_DENIED, "Azure knows no such resource: check the account's endpoint.", 0 },
    { 408, ERR_RETRY, "Azure took too long.", 0 },
    { 413, ERR_INVALID, "The message is too long for Azure.", 0 },
    { 429, ERR_LIMITED, "Azure asks to send more slowly.", 30 },
    { 500, ERR_RETRY, "Azure has a fault just now.", 0 },
    { 0 },
};
static const struct sms_status sender = { 400, ERR_DENIED,
                                          "Azure refused the number that the account sends from.",
                                          0 };

/* A UUID that every try of the attempt makes again. */
static const char *request_id(struct arena *a, const char *message_id)
{
    unsigned char d[SHA256_SIZE];
    sha256(message_id, strlen(message_id), d);
    d[6] = (d[6] & 0x0f) | 0x80;
    d[8] = (d[8] & 0x3f) | 0x80;
    const char *h = hex(a, d, 16);
    return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

static int64_t seconds_of(const char *rfc3339)
{
    struct tm t = { 0 };
    return rfc3339 && strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &t) ? (int64_t)timegm(&t) : 0;
}

static struct json_object *body_of(struct ctx *c, const char *from, const struct sms *s)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    struct json_object *list = json_object_new_array(), *to = json_object_new_object();
    struct json_object *options = json_object_new_object();
    json_set_text(to, "to", s->to);
    json_set_text(to, "repeatabilityRequestId", request_id(c->arena, s->message_id));
    json_set_text(to, "repeatabilityFirstSent", http_date(c->arena, seconds_of(s->first_tried)));
    json_object_array_add(list, to);
    json_set_bool(options, "enableDeliveryReport", true);
    json_set_text(options, "tag", s->communication_id);
    json_set_text(o, "from", from);
    json_set(o, "smsRecipients", list);
    json_set_text(o, "message", s->text);
    json_set(o, "smsSendOptions", options);
    return o;
}

/* Whether it is the account's own number that was refused: then no message can go. */
static bool blames_sender(struct json_object *answer)
{
    const char *words = json_text(json_get(answer, "error"), "message");
    struct json_object *errors = json_get(answer, "errors");
    if (words && strcasestr(words, "from"))
        return true;
    if (!json_object_is_type(errors, json_type_object))
        return false;
    json_object_object_foreach(errors, name, list)
    {
        if (list && strcasecmp(name, "from") == 0)
            return true;
    }
    return false;
}

static enum err judge(struct ctx *c, const struct http_answer *answer, struct send_result *result)
{
    const struct sms_status *m = sms_status_of(statuses, answer->status);
    const char *code = json_text(json_get(result->raw, "error"), "code");
    if (m->status == 400 && blames_sender(result->raw))
        m = &sender;
    result->sentence = m->sentence;
    result->code = code ? code : arena_printf(c->arena, "HTTP %d", answer->status);
    result->retry_after = answer->retry_after ? answer->retry_after : m->pause;
    return m->e;
}

/* ---- the recipient's own result ---- */

static struct json_object *result_of(struct ctx *c, struct json_object *answer, const char *to)
{
    struct json_object *list = json_get(answer, "value");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const char *number = sms_number(c->arena, json_text(one, "to"));
        if (number && strcmp(number, to) == 0)
            return one;
    }
    return NULL;
}

static enum err refused_one(struct ctx *c, struct json_object *one, struct send_result *result)
{
    int status = json_object_get_int(json_get(one, "httpStatusCode"));
    const char *words = json_text(one, "errorMessage");
    const struct sms_status *m = sms_status_of(statuses, status);
    result->sentence = m->sentence;
    result->code = arena_printf(c->arena, "HTTP %d", status);
    result->retry_after = m->pause;
    if (m->e == ERR_INVALID && words && strcasestr(words, "opt") && strcasestr(words, "out")) {
        result->opted_out = true;
        result->sentence = "The recipient has opted out of messages from this number.";
    } else if (m->e == ERR_INVALID && words && strcasestr(words, "to phone number")) {
        result->bad_address = true;
        result->sentence = "The phone number of the recipient is not valid.";
    }
    return m->e;
}

static enum err read_result(struct ctx *c, const struct sms *s, struct send_result *result)
{
    struct json_object *one = result_of(c, result->raw, s->to);
    struct json_object *successful = json_get(one, "successful");
    const char *id = json_text(one, "messageId");
    /* Asking again is safe: Azure knows the attempt by its repeatability id. */
    if (!one || !json_object_is_type(successful, json_type_boolean) ||
        (json_object_get_boolean(successful) && !id)) {
        result->sentence = "Azure gave an answer that cannot be read.";
        return ERR_RETRY;
    }
    if (!json_object_get_boolean(successful))
        return refused_one(c, one, result);
    result->provider_message_id = id;
    result->accepted_by = "Azure Communication Services";
    result->raw = one;
    return OK;
}

static enum err call(struct ctx *c, const struct channel_account *account, const struct sms *s,
                     struct http_answer *answer)
{
    const char *endpoint = json_text(account->settings, "endpoint");
    const char *version = json_text(account->settings, "apiVersion");
    size_t n = strlen(endpoint);
    struct buf body = buf_in(c->arena);
    json_write(&body, body_of(c, json_text(account->settings, "from"), s));
    const char *url = arena_printf(c->arena, "%.*s/sms?api-version=%s",
                                   (int)(n && endpoint[n - 1] == '/' ? n - 1 : n), endpoint,
                                   version ? version : VERSION);
    const char *const *proof =
        acs_headers(c->arena, json_text(account->secrets, "accessKey"), "POST", url,
                    http_date(c->arena, c->app->now_ms(c->app) / 1000), buf_str(&body));
    if (!proof)
        return ERR_DENIED;
    const char *headers[] = { proof[0], proof[1], proof[2], "Content-Type: application/json",
                              NULL };
    const struct http_call q = { .provider = "acs",
                                 .account = account->id,
                                 .method = "POST",
                                 .url = url,
                                 .headers = headers,
                                 .body = buf_str(&body),
                                 .job_id = account->job_id,
                                 .entity = arena_printf(c->arena, "communication:%s",
                                                        s->communication_id) };
    return http_send(c, &q, answer);
}

static enum err acs_send(struct ctx *c, const struct channel_account *account, const struct sms *s,
                         struct send_result *result)
{
    const char *why;
    struct http_answer answer = { 0 };
    *result = (struct send_result){ .provider = "acs" };
    enum err e = sms_check(c, s);
    if (e) {
        result->sentence = c->problem.detail;
        return e;
    }
    if (!json_text(account->settings, "endpoint") || !json_text(account->settings, "from")) {
        result->sentence = "The account names no endpoint, or no number to send from.";
        return ERR_DENIED;
    }
    e = call(c, account, s, &answer);
    result->retry_after = answer.retry_after;
    if (e) {
        result->sentence = answer.error ? answer.error : "The access key cannot be read.";
        return e;
    }
    if (!answer.body.n || json_parse(c->arena, answer.body, &limits, &result->raw, &why))
        result->raw = NULL;
    return answer.status == 202 || answer.status == 200 ? read_result(c, s, result)
                                                        : judge(c, &answer, result);
}

const struct sms_way sms_acs = { "acs", acs_send };
