/* What SMS providers tell: delivery reports and messages of recipients, whoever tells it. */
#pragma once

#include "base/ctx.h"
#include "web/input.h"

#include <json-c/json.h>

enum sms_news {
    SMS_NOTHING,   /* a step on the way that says nothing new, or what is of no concern */
    SMS_PASSED_ON, /* to the carrier */
    SMS_DELIVERED, /* to the phone */
    SMS_READ,
    SMS_FAILED,
    SMS_RECEIVED, /* a recipient wrote */
};

/* What a recipient asks for by one word. */
enum sms_wish { SMS_WISH_NONE, SMS_WISH_STOP, SMS_WISH_START };

struct sms_report {
    enum sms_news news;
    const char *provider;
    const char *message_id; /* the provider's */
    const char *tag;        /* the communication's id where it was sent along; NULL */
    const char *from, *to;  /* E.164; NULL where it is none */
    const char *text;       /* of SMS_RECEIVED */
    const char *at;         /* RFC 3339; NULL: now */
    const char *code;       /* "4007"; NULL */
    const char *sentence;   /* why it failed, in plain words */
    const char *status;     /* the provider's word for it */
    const char *key;        /* of this piece of news: the same where it comes again */
    bool bad_address, opted_out;
    enum sms_wish wish;
    struct json_object *raw; /* what was read, for the event's detail */
};

/* The reports in a body of Event Grid: its own schema's array, a CloudEvents object or an array of
   them; keys of `data` in any case. *list is NULL-free, *n long. ERR_INVALID: not JSON, or no
   event. */
enum err acs_reports(struct arena *a, struct str body, struct sms_report **list,
                     size_t *n) must_check;

/* The report in a form of Twilio: a status callback or an incoming message. ERR_INVALID: neither.
 */
enum err twilio_report(struct arena *a, const struct pairs *form,
                       struct sms_report *out) must_check;

/* STOP, STOPALL, ARRÊT … alone in a message, whatever the case, spaces and points around it. */
enum sms_wish sms_wish_of(const char *text);
