/* Webhooks that go out, as Standard Webhooks 1.0.0 has them
   (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): the
   account's setting `url`, its secret `secret` ("whsec_" and base64 of 24 to 64 bytes) and, while
   one takes over from another, `oldSecret`. */
#pragma once

#include "channels/account.h"
#include "http/http.h"

struct webhook_message {
    const char *id;     /* the same at every try: receivers know by it what they have had */
    struct str body;    /* JSON, the same at every try */
    const char *entity; /* for the call log */
};

struct webhook_result {
    const char *sentence; /* on failure, in plain words */
    int retry_after;      /* seconds; 0: it does not say */
};

/* Posts it, signed anew at each try. OK: a 2xx. ERR_DENIED: 410, the receiver wants no more: switch
   it off. ERR_RETRY: anything else, a redirect too, which is never followed. ERR_LIMITED: nothing
   was sent, as it failed of late. ERR_INVALID: the settings forbid the address, or the secret is
   none. Outside a transaction. */
enum err webhook_post(struct ctx *c, const struct channel_account *account,
                      const struct webhook_message *message, struct webhook_result *out) must_check;

/* ---- pure ---- */

/* The key of a secret. False: it is none. */
bool webhook_key(struct arena *a, const char *secret, struct str *key);

/* "v1,…" of `id.seconds.body`. */
const char *webhook_signature(struct arena *a, struct str key, const char *id, long long seconds,
                              struct str body);

enum err webhook_judge(struct arena *a, const struct http_answer *answer,
                       struct webhook_result *out) must_check;
