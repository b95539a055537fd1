/* Knock (https://docs.knock.app): a workflow triggered over its API, and the signature under what
   its webhook channel posts. The account's settings are `endpoint` (default KNOCK_BASE) and its
   secret `apiKey`. */
#pragma once

#include "channels/account.h"
#include "http/http.h"

#define KNOCK_BASE "https://api.knock.app"

struct knock_trigger {
    const char *workflow; /* its key */
    const char *key;      /* Idempotency-Key: at most 255 characters; kept by Knock for 24 hours */
    struct str body;      /* JSON, the same bytes at every try: with others the key is refused */
    const char *entity;   /* for the call log: "shipment:<uuid>" */
};

struct knock_result {
    const char *run_id;          /* of the workflow */
    const char *sentence, *code; /* on failure, in plain words; "HTTP 404, workflow_missing" */
    int retry_after;             /* seconds; 0: it does not say */
};

/* Triggers a workflow. OK: run_id is set. ERR_LIMITED: not now. ERR_RETRY: unreachable, its fault,
   or an answer that cannot be read; the same again does no harm. ERR_DENIED: the key;
   ERR_NOT_FOUND: the workflow is not there, or not active; ERR_INVALID: refused for good, also
   where the settings forbid the endpoint's address. Outside a transaction. */
enum err knock_trigger(struct ctx *c, const struct channel_account *account,
                       const struct knock_trigger *t, struct knock_result *out) must_check;

/* What the answer to a trigger means, as above. Pure. */
enum err knock_judge(struct arena *a, const struct http_answer *answer,
                     struct knock_result *out) must_check;

#define KNOCK_STALE_MS 300000

/* Whether the value of a signature header, "t=<time>,s=<signature>", was made with the secret over
   "<time>.<body>" by HMAC-SHA256, in base64 or lower-case hexadecimal, at most five minutes from
   now_ms: a time above 10^11 is in milliseconds, else in seconds. Without a secret nothing is.
   Pure. */
bool knock_signed(struct arena *a, const char *secret, const char *header, struct str body,
                  int64_t now_ms);
