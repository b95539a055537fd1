/* The hooks of SMS: Azure's Event Grid in both its schemas, and Twilio's callbacks. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/settings.h"
#include "channels/sms_sign.h"
#include "track/sms.h"
#include "track/sms_news.h"

#include <string.h>

#define ACS_MAPPER "acs.sms/1"
#define TWILIO_MAPPER "twilio.sms/1"
#define VALIDATION "Microsoft.EventGrid.SubscriptionValidationEvent"
#define DELETION "Microsoft.EventGrid.SubscriptionDeletedEvent"
#define CODE_MAX 512
#define FORM_MAX 200
#define EARLY_TRIES 3 /* a report can be here before what it is about is written down */

static const char *value_of(const struct pairs *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i].name, name) == 0)
            return list->at[i].value;
    return NULL;
}

static bool read_pairs(const struct hook_request *r, struct str text, struct pairs *out)
{
    struct ctx c = { .app = r->app, .arena = r->arena };
    *out = (struct pairs){ 0 };
    return pairs_parse(&c, text, FORM_MAX, out) == OK;
}

/* ---- Event Grid ---- */

/* The account's secret, as the query's token or in the header X-Track-Token that the subscription
   adds. While it is changed the one before is good too. */
static bool knows_secret(const struct hook_request *r, const struct hook_account *account)
{
    struct pairs query;
    const char *given = hook_header(r, "x-track-token");
    if (!given && read_pairs(r, str_of(r->query_string), &query))
        given = value_of(&query, "token");
    return hook_knows(r, account, "webhookSecret", given);
}

static bool is_plain(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    return true;
}

/* The handshake of CloudEvents' web hooks (version 1.0.2, §4). */
static enum hook_verdict consent(const struct hook_request *r, struct hook_answer *answer)
{
    const char *origin = hook_header(r, "webhook-request-origin");
    if (!origin || strlen(origin) > CODE_MAX || !is_plain(origin)) {
        answer->status = 400;
        return HOOK_REFUSE;
    }
    const char **headers = arena_zalloc(r->arena, 7, sizeof(*headers));
    const char *const list[] = {
        "WebHook-Allowed-Origin", origin, "WebHook-Allowed-Rate", "*", "Allow", "POST, OPTIONS"
    };
    memcpy(headers, list, sizeof(list));
    *answer = (struct hook_answer){ .status = 200, .headers = headers };
    return HOOK_ANSWER;
}

/* The handshake of Event Grid's own schema: its code comes back. The URL beside it is never asked.
 */
static bool handshake(const struct hook_request *r, struct json_object *document,
                      struct hook_answer *answer)
{
    struct json_object *event = json_object_is_type(document, json_type_array)
                                    ? json_object_array_get_idx(document, 0)
                                    : NULL;
    const char *type = json_text(event, "eventType");
    const char *code = json_text(json_get(event, "data"), "validationCode");
    struct json_object *d = json_own(r->arena, json_object_new_object());
    struct buf text = buf_in(r->arena);
    bool ends = type && strcmp(type, DELETION) == 0;
    if (!type || (!ends && (strcmp(type, VALIDATION) != 0 || !code || strlen(code) > CODE_MAX)))
        return false;
    if (!ends)
        json_set_text(d, "validationResponse", code);
    json_write(&text, d);
    *answer = (struct hook_answer){ .status = 200,
                                    .content_type = "application/json",
                                    .body = buf_str(&text) };
    return true;
}

/* Of the news in it; NULL where some have no name: then the body itself tells. */
static const char *dedupe(struct arena *a, struct str body)
{
    size_t n;
    struct sms_report *list;
    unsigned char digest[SHA256_SIZE];
    struct buf keys = buf_in(a);
    if (acs_reports(a, body, &list, &n) != OK)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (!list[i].message_id)
            return NULL;
        buf_printf(&keys, "%s|", list[i].key);
    }
    sha256(keys.p, keys.n, digest);
    return hex(a, digest, sizeof(digest));
}

/* What is verified is kept whatever it holds: what cannot be read is seen in the inbox. */
static enum hook_verdict verify_acs(const struct hook_request *r,
                                    const struct hook_account *account, const char **dedupe_key,
                                    struct hook_answer *answer)
{
    const char *why;
    struct json_object *document;
    if (!account || !knows_secret(r, account))
        return HOOK_REFUSE;
    if (strcmp(r->method, "OPTIONS") == 0)
        return consent(r, answer);
    if (strcmp(r->method, "POST") != 0) {
        answer->status = 405;
        return HOOK_REFUSE;
    }
    if (json_parse(r->arena, r->body, &json_request_limits, &document, &why) == OK &&
        handshake(r, document, answer))
        return HOOK_ANSWER;
    *dedupe_key = dedupe(r->arena, r->body);
    answer->status = 200;
    return HOOK_KEEP;
}

/* ---- Twilio ---- */

static enum hook_verdict verify_twilio(const struct hook_request *r,
                                       const struct hook_account *account, const char **dedupe_key,
                                       struct hook_answer *answer)
{
    struct pairs form;
    struct sms_report news;
    const char *type = hook_header(r, "content-type");
    if (!account || strcmp(r->method, "POST") != 0)
        return HOOK_REFUSE;
    bool json = type && strncasecmp(type, "application/json", 16) == 0;
    if (!json && !read_pairs(r, r->body, &form))
        return HOOK_REFUSE;
    const char *query = r->query_string ? r->query_string : "";
    const char *url = arena_printf(r->arena, "%s%s%s%s", r->app->settings->public_url, r->path,
                                   *query ? "?" : "", query);
    if (!twilio_signed(r->arena, json_text(account->secrets, "authToken"), url, json ? NULL : &form,
                       r->body, hook_header(r, "x-twilio-signature")))
        return HOOK_REFUSE;
    if (!json && twilio_report(r->arena, &form, &news) == OK)
        *dedupe_key = news.key;
    answer->status = 204; /* to an incoming message: no answer by SMS */
    return HOOK_KEEP;
}

/* ---- processing ---- */

static enum err apply(struct job *j, const struct sms_report *list, size_t n,
                      const struct sms_origin *from)
{
    size_t applied = 0, lost = 0;
    for (size_t i = 0; i < n; i++) {
        enum err e = sms_apply(&j->ctx, &list[i], from);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        applied += e == OK && list[i].news != SMS_NOTHING;
        lost += e == ERR_NOT_FOUND;
    }
    if (lost && j->attempt <= EARLY_TRIES)
        return job_fail(j, ERR_RETRY, "It is about no message that is known yet.");
    return applied ? OK
                   : job_fail(j, ERR_NOT_FOUND,
                              lost ? "It is about no message sent from here."
                                   : "It tells nothing of a message.");
}

static enum err process_acs(struct job *j, const char *inbox_id, struct str body,
                            const struct hook_account *account)
{
    size_t n;
    struct sms_report *list;
    const struct sms_origin from = { inbox_id, ACS_MAPPER };
    (void)account;
    if (acs_reports(j->ctx.arena, body, &list, &n) != OK)
        return job_fail(j, ERR_INVALID, "The body is not one of Event Grid or CloudEvents.");
    return apply(j, list, n, &from);
}

static enum err process_twilio(struct job *j, const char *inbox_id, struct str body,
                               const struct hook_account *account)
{
    struct pairs form;
    struct sms_report news;
    const struct sms_origin from = { inbox_id, TWILIO_MAPPER };
    (void)account;
    if (pairs_parse(&j->ctx, body, FORM_MAX, &form) != OK ||
        twilio_report(j->ctx.arena, &form, &news) != OK)
        return job_fail(j, ERR_INVALID, "The body is neither a report nor a message of Twilio.");
    return apply(j, &news, 1, &from);
}

const struct hook sms_hooks[] = {
    {
        .provider = "acs.sms",
        .path = ACS_HOOK_PATH,
        .verify = verify_acs,
        .mapper = ACS_MAPPER,
        .process = process_acs,
    },
    {
        .provider = "twilio.sms",
        .path = TWILIO_HOOK_PATH,
        .verify = verify_twilio,
        .mapper = TWILIO_MAPPER,
        .process = process_twilio,
    },
    { .provider = NULL },
};
