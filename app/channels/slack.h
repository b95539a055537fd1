/* Messages to a Slack channel: by an incoming webhook (the account's secret `webhookUrl`), or by
   chat.postMessage (its secret `botToken`; its settings `channel` and `endpoint`, default
   https://slack.com/api). Source:
   https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
   https://docs.slack.dev/reference/methods/chat.postMessage. */
#pragma once

#include "channels/account.h"
#include "http/http.h"

struct slack_message {
    const char *text;    /* as people read it; what Slack would take for markup is escaped here */
    const char *channel; /* of a token; NULL: the account's */
    const char *entity;  /* for the call log: "team_message:<uuid>" */
};

struct slack_result {
    const char *sentence, *code; /* on failure, in plain words; "channel_is_archived" */
    int retry_after;             /* seconds; 0: it does not say */
};

/* Posts it. Slack has no idempotency key: who repeats what may have been posted may tell twice.
   ERR_DENIED: nothing will ever go there (the channel is gone, the token too): switch it off.
   ERR_INVALID: this message is refused, or the settings forbid the address. ERR_LIMITED: not now.
   ERR_RETRY: unreachable, or its fault. Outside a transaction. */
enum err slack_post(struct ctx *c, const struct channel_account *account,
                    const struct slack_message *message, struct slack_result *out) must_check;

/* ---- pure ---- */

/* The JSON of a message; channel NULL: none is named. */
struct str slack_body(struct arena *a, const char *channel, const char *text);

/* What an answer means, as slack_post says it: of a webhook, whose answers are texts, and of the
   Web API, which says 200 to everything. */
enum err slack_judge_webhook(struct arena *a, const struct http_answer *answer,
                             struct slack_result *out) must_check;
enum err slack_judge_api(struct arena *a, const struct http_answer *answer,
                         struct slack_result *out) must_check;
