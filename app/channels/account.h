/* What every channel shares: the account it goes through, and what came of sending. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <stdint.h>

/* An account to send through: a row of provider_accounts, its secrets opened. */
struct channel_account {
    const char *id, *provider;
    struct json_object *settings, *secrets;
    int64_t job_id;
    enum err (*alive)(void *of); /* called between the pieces of a long sending; an error ends it */
    void *alive_of;              /* alive NULL: nobody asks */
};

struct send_result {
    const char *provider;            /* "smtp", "msgraph", "acs", "twilio", "sink" */
    const char *provider_message_id; /* what reports will name */
    const char *conversation_id;
    const char *accepted_by;      /* host or mailbox, for the timeline */
    struct json_object *raw;      /* the provider's answer, for the event's detail */
    struct json_object *dialogue; /* how it was handed over, where no call log tells: {server,
                                     durationMs, transcript, encrypted, tls, cipher,
                                     certificateChecked}; NULL */
    const char *mail_sha256; /* of the e-mail as it went out, byte for byte; NULL: in pieces, or by
                                an earlier try */
    size_t mail_size;        /* its bytes */
    bool already_sent;       /* found as sent by an earlier try */
    bool dry_run;            /* kept here, nothing was sent */
    /* On failure: */
    const char *sentence; /* in plain words: "The mailbox of the recipient is full." */
    const char *code;     /* "550 5.1.1", "ErrorInvalidRecipients" */
    bool bad_address;     /* the address will never work */
    bool opted_out;       /* the recipient wants no more of this channel */
    int retry_after;      /* seconds */
};
