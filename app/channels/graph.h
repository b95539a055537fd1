/* Microsoft Graph beside sending: what comes back to the mailbox, and the subscription that tells
   of it.

   An account's settings: tenant, clientId, mailbox (object id or user principal name), from and
   fromName (optional); its secrets: clientSecret, clientState (at most 128 characters, the same for
   the life of a subscription). Errors: ERR_RETRY and ERR_LIMITED passing, c->problem.retry_after
   set where known; ERR_DENIED the account is refused; all with a sentence in c->problem.detail. */
#pragma once

#include "channels/email.h"

/* The named property that carries an attempt's id on our messages (string). */
#define GRAPH_TRACK_PROPERTY "String {5a0c1f3e-7d42-4c8b-9e56-2f1b8d6a4c90} Name TrackId"

/* A message of the mailbox, as far as it tells what it is. Absent values are NULL. */
struct graph_message {
    const char *id;                  /* immutable */
    const char *message_class;       /* "REPORT.IPM.Note.NDR", "IPM.Note" … */
    const char *internet_message_id; /* without <> */
    const char *conversation_id, *subject, *from_address, *received_at;
    struct json_object *headers; /* [{name, value}] */
};

/* A header of it by name, whatever the case; NULL. */
const char *graph_message_header(const struct graph_message *m, const char *name);

/* ERR_NOT_FOUND: moved or deleted meanwhile. */
enum err graph_message_class(struct ctx *c, const struct channel_account *account,
                             const char *message_id, struct graph_message *out) must_check;

/* The message as it came, at most its first 4 MiB (reports stand before what they return). */
enum err graph_message_mime(struct ctx *c, const struct channel_account *account,
                            const char *message_id, struct str *out) must_check;

/* The subscription to the Inbox. The caller keeps both values between calls; NULL at first. */
struct graph_subscription {
    const char *id;
    const char *expires_at; /* RFC 3339, as Graph gave it */
};

/* Makes sure that a subscription lives for two more days: creates, renews, creates anew where it is
   gone, takes over an equal one. While it is created Graph calls notification_url with a
   validationToken: the web must be up. */
enum err graph_subscription_ensure(struct ctx *c, const struct channel_account *account,
                                   const char *notification_url,
                                   struct graph_subscription *s) must_check;

/* Ends it, for an account that is switched off. OK also where it is gone. */
enum err graph_subscription_end(struct ctx *c, const struct channel_account *account,
                                const char *id) must_check;

struct graph_delta {
    const char **ids; /* immutable; what was removed is left out */
    size_t count;
    const char *link; /* for the next call */
};

/* What arrived in the Inbox since `link` (NULL: in the last seven days, as also where the link is
   too old). */
enum err graph_inbox_delta(struct ctx *c, const struct channel_account *account, const char *link,
                           struct graph_delta *out) must_check;
