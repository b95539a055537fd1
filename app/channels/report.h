/* Delivery and read reports out of a raw message: RFC 3464 (DSN), RFC 8098 (MDN). Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum report_kind { REPORT_NONE, REPORT_DELIVERY, REPORT_DISPOSITION };

struct report_recipient {
    const char
        *address; /* Original-Recipient before Final-Recipient, lower case, without "rfc822;" */
    const char *action; /* failed delayed delivered relayed expanded; of a disposition: displayed
                           deleted … */
    const char *status; /* "5.1.1"; NULL */
    const char *diagnostic, *remote_mta;
};

struct report {
    enum report_kind kind;
    const char *original_message_id; /* without <>; NULL */
    const char *original_track_id;   /* our X-Track-Id in the returned headers; NULL */
    const char *in_reply_to;         /* of the report itself, without <>; NULL */
    const char *own_message_id;      /* of the report itself, without <>; NULL */
    const char *date;                /* RFC 3339 of its Date header; NULL */
    struct report_recipient *recipients;
    size_t recipient_count;
};

/* Reads a message of any shape; what is no report gives REPORT_NONE. ERR_INVALID: not a message, or
   over the limits (64 parts, depth 8, 4096 recipients, 4 MiB). */
enum err report_parse(struct arena *a, struct str message, struct report *out) must_check;

/* "The address does not exist." for 5.1.1, …; a sentence for every class. */
const char *report_sentence(const char *status);
