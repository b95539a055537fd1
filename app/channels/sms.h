/* SMS out: one interface, a file for each way (Azure Communication Services, Twilio, the local
   sink), and what a text costs before it is sent. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"
#include "channels/account.h"

#include <json-c/json.h>
#include <stdint.h>

#define SMS_PARTS_MAX 10

struct sms {
    const char *communication_id;
    const char *message_id;  /* ours: "<uuid>.<attempt>@host", the same at every try of an
                                attempt */
    const char *first_tried; /* RFC 3339 Z: of the attempt's first try, the same at every try */
    const char *to;          /* E.164 */
    const char *text;        /* as sms_tidy gives it */
    const char *report_to;   /* URL for the provider's reports, where it takes one per message */
    bool first_try;          /* no earlier try of this message_id can have reached the provider */
};

/* OK: accepted. Errors as email_way has them.

   Accounts. acs: settings endpoint ("https://<resource>.communication.azure.com"), from, apiVersion
   (2021-03-07); secrets accessKey, webhookSecret. twilio: settings accountSid, from or
   messagingServiceSid, endpoint (https://api.twilio.com); secrets authToken. Both: settings
   costPerPart (sms_price) and currency. */
struct sms_way {
    const char *provider;
    enum err (*send)(struct ctx *c, const struct channel_account *account, const struct sms *s,
                     struct send_result *result);
};

extern const struct sms_way sms_acs, sms_twilio, sms_sink;

/* By provider name; the sink for NULL or an unknown one. */
const struct sms_way *sms_way_of(const char *provider);

/* ---- the text ---- */

/* How a text is sent (GSM 03.38, 3GPP TS 23.038 §6.2.1): in septets of its alphabet, or in UTF-16
   where one character is foreign to that. */
struct sms_parts {
    bool ucs2;
    int units;           /* septets, or 16-bit units */
    int parts;           /* a single one holds 160 or 70 units, each of several 153 or 67 */
    const char *foreign; /* the first character that is not of the alphabet, UTF-8; NULL: none */
};

/* Pure: of valid UTF-8. An empty text has no part. */
struct sms_parts sms_parts(struct arena *a, const char *text);

/* "GSM-7" or "UCS-2". */
const char *sms_encoding(const struct sms_parts *p);

/* The first `most` characters of a text in one line, with an ellipsis where there are more. */
const char *sms_head(struct arena *a, const char *text, int most);

/* The text without what a person would not miss: typographic quotes, dashes and spaces become
   plain ones, ends of lines "\n", other control characters nothing. */
const char *sms_tidy(struct arena *a, const char *text);

/* The characters of a text that are not of the alphabet, each once and the first few:
   "“ł” (U+0142), “ő” (U+0151)"; NULL: none. */
const char *sms_foreign(struct arena *a, const char *text);

/* Why the text costs more than it looks, in one sentence with those characters; NULL. */
const char *sms_warning(struct arena *a, const char *text);

/* What a part to a number costs by an account's costPerPart, in millionths of its currency:
   "0.075", or by the beginnings of numbers, of which the longest holds, with or without one for all
   others: "+41=0.07 +49=0.09 0.12". -1: no price is set for it, or it cannot be read. The number
   may be NULL: that of all others. */
int64_t sms_price(struct arena *a, struct json_object *settings, const char *number);

/* ERR_INVALID with a sentence in c->problem.detail: no text, or too long a one. */
enum err sms_check(struct ctx *c, const struct sms *s) must_check;

/* ---- numbers ---- */

/* "+" and 8 to 15 digits, the first not 0; also where only the + is missing. NULL: none. */
const char *sms_number(struct arena *a, const char *text);
