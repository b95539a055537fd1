/* What Front's application webhooks say, and what proves that it is Front's: pure.
   Source: https://dev.frontapp.com/docs/application-webhooks and reference/events. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/ctx.h"

#define FRONT_HOOK_SECONDS 300 /* so far a request's time may be from ours */

/* Whether `signature` is base64(HMAC-SHA256(secret, timestamp ":" body)), compared in constant
   time; never without a secret. */
bool front_signed(struct arena *a, const char *secret, const char *timestamp, struct str body,
                  const char *signature);

/* Whether a timestamp, milliseconds of the epoch in digits, is within FRONT_HOOK_SECONDS of now. */
bool front_fresh(const char *timestamp, int64_t now_ms);

struct front_news {
    const char *type;            /* of the event within, else of the request: "inbound", "sync" */
    const char *event_id;        /* "evt_…"; NULL: none */
    const char *conversation_id; /* NULL: it names none that a reply could go to */
    const char *subject;         /* of the conversation; "": none */
    /* What may hold the number of an order: subjects, and the words of the message or comment, its
       HTML without tags. */
    const char *const *texts;
    size_t text_count;
    /* With whom it is, as written: the conversation's recipient first, then who wrote the message
       or whom it went to. */
    const char *const *emails;
    size_t email_count;
    bool with_customer; /* not a discussion among staff, not deleted, no spam */
    /* Conversations that this one took over. */
    const char *const *merged;
    size_t merged_count;
};

/* Reads a body. ERR_INVALID: it is no event; *why is a clause. What it does not know it passes
   over, and any member may be null or absent. */
enum err front_news_read(struct arena *a, struct str body, struct front_news *out,
                         const char **why) must_check;
