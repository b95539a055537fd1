/* Replies in Front's conversations (https://dev.frontapp.com/reference): the account's settings are
   `endpoint` (default https://api2.frontapp.com), `channelId` and `authorId`, its secret
   `apiToken`. */
#pragma once

#include "channels/account.h"

struct front_reply {
    const char *conversation_id; /* "cnv_…" */
    const char *html, *text;
    const char *marker; /* letters and digits in the text that are in no other message */
    const char *entity; /* for the call log: "shipment:<uuid>" */
};

struct front_result {
    const char *message_uid;     /* of a reply that was accepted, or found where it tells it */
    const char *message_id;      /* of one that was found */
    const char *merged_into;     /* the conversation that took this one over */
    const char *sentence, *code; /* on failure, in plain words; "HTTP 400" */
    int retry_after;             /* seconds; 0: it does not say */
    bool unknown;                /* it may have been accepted: look before it is repeated */
    bool pause; /* the account's limit is used up, also after an OK: nothing before retry_after */
    struct json_object *raw; /* of the answer what names the message; NULL on failure */
};

/* Posts a reply, without archiving the conversation. OK: accepted (202), message_uid is set. A
   merged conversation (301) is ERR_CONFLICT with merged_into, nothing was posted. ERR_LIMITED: not
   now. ERR_RETRY: unreachable, or its fault; unknown tells whether it may have been accepted.
   ERR_NOT_FOUND: no such conversation. ERR_DENIED: the token. ERR_INVALID: refused for good, also
   where the settings forbid the endpoint's address. Outside a transaction. */
enum err front_reply(struct ctx *c, const struct channel_account *account,
                     const struct front_reply *reply, struct front_result *out) must_check;

/* Looks for a reply of ours with that marker, not older than since_ms (of the epoch; two minutes
   are allowed for their clock), among the conversation's last messages. OK: message_id is set.
   ERR_NOT_FOUND: it is surely not there now, or the conversation is not. Others as above: not
   known. */
enum err front_find(struct ctx *c, const struct channel_account *account,
                    const struct front_reply *reply, int64_t since_ms,
                    struct front_result *out) must_check;

/* Whether a conversation is there: OK. ERR_NOT_FOUND: surely not. A merged one is ERR_CONFLICT with
   merged_into. Others as above: not known. */
enum err front_conversation(struct ctx *c, const struct channel_account *account, const char *id,
                            const char *entity, struct front_result *out) must_check;

/* Whether the token works: GET /me. *name: whose it is. */
enum err front_check(struct ctx *c, const struct channel_account *account, const char **name,
                     struct front_result *out) must_check;
