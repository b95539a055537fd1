/* Reading what Azure (by Event Grid) and Twilio tell of SMS. */
#include "channels/sms_report.h"

#include "base/json.h"
#include "base/utf8.h"
#include "channels/sms.h"
#include "channels/sms_error.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_REPORT "Microsoft.Communication.SMSDeliveryReportReceived"
#define TYPE_RECEIVED "Microsoft.Communication.SMSReceived"
#define RAW_MAX 4096

/* ---- wishes ---- */

static const struct {
    const char *word;
    enum sms_wish wish;
} wishes[] = {
    { "STOP", SMS_WISH_STOP },     { "STOPALL", SMS_WISH_STOP },     { "STOP ALL", SMS_WISH_STOP },
    { "STOPP", SMS_WISH_STOP },    { "UNSUBSCRIBE", SMS_WISH_STOP }, { "CANCEL", SMS_WISH_STOP },
    { "END", SMS_WISH_STOP },      { "QUIT", SMS_WISH_STOP },        { "REVOKE", SMS_WISH_STOP },
    { "OPTOUT", SMS_WISH_STOP },   { "OPT OUT", SMS_WISH_STOP },     { "ARRET", SMS_WISH_STOP },
    { "ARRÊT", SMS_WISH_STOP },    { "ARRêT", SMS_WISH_STOP },       { "ARRETER", SMS_WISH_STOP },
    { "ABMELDEN", SMS_WISH_STOP }, { "DESABONNER", SMS_WISH_STOP },  { "START", SMS_WISH_START },
    { "UNSTOP", SMS_WISH_START },
};

/* What phones and people put around a word. */
static const char *const around[] = { " ",  "\t", "\r", "\n", ".", "!", "?",      ",",     ";", ":",
                                      "\"", "'",  "(",  ")",  "-", "*", "\u00A0", "«",     "»", "‹",
                                      "›",  "“",  "”",  "„",  "‘", "’", "\u200B", "\uFEFF" };

/* The length of what is around a word at its beginning or, `behind`, at its end; 0: nothing. */
static size_t mark_at(const char *text, size_t n, bool behind)
{
    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
        size_t len = strlen(around[i]);
        if (len <= n && memcmp(behind ? text + n - len : text, around[i], len) == 0)
            return len;
    }
    return 0;
}

enum sms_wish sms_wish_of(const char *text)
{
    text = text ? text : "";
    size_t from = 0, n = strlen(text), len;
    while ((len = mark_at(text + from, n - from, false)))
        from += len;
    while ((len = mark_at(text + from, n - from, true)))
        n -= len;
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
        if (strlen(wishes[i].word) == n - from &&
            strncasecmp(text + from, wishes[i].word, n - from) == 0)
            return wishes[i].wish;
    return SMS_WISH_NONE;
}

/* ---- what both have in common ---- */

static void fill_failure(struct arena *a, struct sms_report *r, int code)
{
    const struct sms_error *known = code ? sms_error_of(r->provider, code) : NULL;
    if (code)
        r->code = arena_printf(a, "%d", code);
    r->sentence = known ? known->sentence : "The carrier could not deliver it.";
    r->bad_address = known && known->bad_address;
    r->opted_out = known && known->opted_out;
}

static const char *number_or_text(struct arena *a, const char *text)
{
    const char *number = sms_number(a, text);
    return number ? number : text;
}

/* ---- Event Grid ---- */

/* A member by its key in any case: Microsoft's own samples mix camelCase and PascalCase. */
static const char *any_text(struct json_object *o, const char *key)
{
    if (!json_object_is_type(o, json_type_object))
        return NULL;
    json_object_object_foreach(o, name, value)
    {
        if (strcasecmp(name, key) == 0 && json_object_is_type(value, json_type_string))
            return json_object_get_string(value);
    }
    return NULL;
}

/* "4007", "4007: opted out", but not "No error.". */
static int leading_code(const char *text)
{
    size_t n = text ? strspn(text, "0123456789") : 0;
    return n == 4 ? (int)strtol(text, NULL, 10) : 0;
}

/* When the provider says it was: with a zone, else now. */
static const char *time_of(struct arena *a, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    if (n < 20 || n > 40 || text[10] != 'T' || text[n - 1] != 'Z' ||
        strspn(text, "0123456789-:.TZ") != n)
        return NULL;
    size_t digits = strspn(text + 20, "0123456789");
    if (text[19] != '.' || digits <= 6)
        return text;
    return arena_printf(a, "%.26sZ", text);
}

static void read_delivery(struct arena *a, struct json_object *data, struct sms_report *r)
{
    const char *status = any_text(data, "deliveryStatus");
    const char *details = any_text(data, "deliveryStatusDetails");
    bool good = status && strcasecmp(status, "Delivered") == 0;
    r->status = status ? status : "";
    r->tag = any_text(data, "tag");
    r->news = good                                          ? SMS_DELIVERED
              : status && strcasecmp(status, "Failed") == 0 ? SMS_FAILED
                                                            : SMS_NOTHING;
    if (r->news == SMS_FAILED)
        fill_failure(a, r, leading_code(details));
}

static void read_event(struct arena *a, struct json_object *event, struct sms_report *r)
{
    struct json_object *data = json_get(event, "data");
    const char *type = any_text(event, "eventType");
    type = type ? type : any_text(event, "type");
    *r = (struct sms_report){ .provider = "acs", .raw = data, .status = "" };
    if (!type || !json_object_is_type(data, json_type_object))
        return;
    r->message_id = any_text(data, "messageId");
    r->from = number_or_text(a, any_text(data, "from"));
    r->to = number_or_text(a, any_text(data, "to"));
    r->at = time_of(a, any_text(data, "receivedTimestamp"));
    if (strcasecmp(type, TYPE_REPORT) == 0) {
        read_delivery(a, data, r);
    } else if (strcasecmp(type, TYPE_RECEIVED) == 0) {
        r->news = SMS_RECEIVED;
        r->text = any_text(data, "message");
        r->wish = sms_wish_of(r->text);
    }
    r->key = arena_printf(a, "acs:%s:%s:%s", r->message_id ? r->message_id : "", r->status,
                          r->code ? r->code : "");
}

enum err acs_reports(struct arena *a, struct str body, struct sms_report **list, size_t *n)
{
    const char *why;
    struct json_object *document;
    static const struct json_limits limits = { 16, 100000, 1 << 16 };
    enum err e = json_parse(a, body, &limits, &document, &why);
    bool array = e == OK && json_object_is_type(document, json_type_array);
    if (e || (!array && !json_object_is_type(document, json_type_object)))
        return ERR_INVALID;
    *n = array ? json_object_array_length(document) : 1;
    *list = arena_zalloc(a, *n + 1, sizeof(**list));
    for (size_t i = 0; i < *n; i++)
        read_event(a, array ? json_object_array_get_idx(document, i) : document, &(*list)[i]);
    return *n ? OK : ERR_INVALID;
}

/* ---- Twilio ---- */

static const struct {
    const char *status;
    enum sms_news news;
} statuses[] = {
    { "sent", SMS_PASSED_ON },     { "delivered", SMS_DELIVERED }, { "read", SMS_READ },
    { "undelivered", SMS_FAILED }, { "failed", SMS_FAILED },       { "canceled", SMS_FAILED },
    { "received", SMS_RECEIVED },  { "receiving", SMS_NOTHING },
};

static const char *value_of(const struct pairs *form, const char *name)
{
    for (size_t i = 0; i < form->n; i++)
        if (strcmp(form->at[i].name, name) == 0)
            return form->at[i].value;
    return NULL;
}

static struct json_object *raw_of(struct arena *a, const struct pairs *form)
{
    struct json_object *raw = json_own(a, json_object_new_object());
    size_t room = RAW_MAX;
    for (size_t i = 0; i < form->n; i++) {
        size_t n = strlen(form->at[i].name) + strlen(form->at[i].value);
        if (n > room)
            break;
        room -= n;
        json_set_text(raw, form->at[i].name, form->at[i].value);
    }
    return raw;
}

/* Twilio tells by OptOutType what it took for a wish, in whatever language. */
static enum sms_wish twilio_wish(const struct pairs *form, const char *text)
{
    const char *type = value_of(form, "OptOutType");
    if (type && strcmp(type, "STOP") == 0)
        return SMS_WISH_STOP;
    if (type && strcmp(type, "START") == 0)
        return SMS_WISH_START;
    return sms_wish_of(text);
}

enum err twilio_report(struct arena *a, const struct pairs *form, struct sms_report *out)
{
    const char *sid = value_of(form, "MessageSid"), *status = value_of(form, "MessageStatus");
    sid = sid ? sid : value_of(form, "SmsSid");
    status = status ? status : value_of(form, "SmsStatus");
    if (!sid || !status)
        return ERR_INVALID;
    *out = (struct sms_report){ .provider = "twilio",
                                .message_id = sid,
                                .status = status,
                                .from = number_or_text(a, value_of(form, "From")),
                                .to = number_or_text(a, value_of(form, "To")),
                                .raw = raw_of(a, form) };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (strcmp(statuses[i].status, status) == 0)
            out->news = statuses[i].news;
    const char *code = value_of(form, "ErrorCode");
    if (out->news == SMS_FAILED)
        fill_failure(a, out, code && strlen(code) < 8 ? (int)strtol(code, NULL, 10) : 0);
    if (out->news == SMS_RECEIVED) {
        out->text = value_of(form, "Body");
        out->wish = twilio_wish(form, out->text);
    }
    out->key = arena_printf(a, "twilio:%s:%s:%s", sid, status, out->code ? out->code : "");
    return OK;
}
