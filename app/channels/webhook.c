/* Webhooks that go out: signed, posted, judged. */
#include "channels/webhook.h"

#include "base/crypto.h"
#include "base/json.h"

#include <string.h>

#define PREFIX "whsec_"
#define KEY_LEAST 24
#define KEY_MOST 64
#define TIMEOUT_MS 20000
#define ANSWER_MOST ((size_t)16 << 10)

bool webhook_key(struct arena *a, const char *secret, struct str *key)
{
    return secret && strncmp(secret, PREFIX, strlen(PREFIX)) == 0 &&
           base64_decode(a, str_of(secret + strlen(PREFIX)), key) && key->n >= KEY_LEAST &&
           key->n <= KEY_MOST;
}

const char *webhook_signature(struct arena *a, struct str key, const char *id, long long seconds,
                              struct str body)
{
    unsigned char digest[SHA256_SIZE];
    struct buf text = buf_in(a);
    buf_printf(&text, "%s.%lld.", id, seconds);
    buf_put(&text, body.p, body.n);
    hmac_sha256(key.p, key.n, text.p, text.n, digest);
    return arena_printf(a, "v1,%s", base64(a, digest, sizeof(digest)));
}

enum err webhook_judge(struct arena *a, const struct http_answer *answer,
                       struct webhook_result *out)
{
    int status = answer->status;
    *out = (struct webhook_result){ .retry_after = answer->retry_after };
    if (status >= 200 && status < 300)
        return OK;
    if (status == 410) {
        out->sentence = "The receiver wants no more messages: HTTP 410.";
        return ERR_DENIED;
    }
    out->sentence =
        status >= 300 && status < 400
            ? arena_printf(a, "The receiver leads elsewhere, which is not followed: HTTP %d.",
                           status)
            : arena_printf(a, "The receiver did not take it: HTTP %d.", status);
    return ERR_RETRY;
}

/* A signature by each secret; NULL: one is none. */
static const char *signatures(struct ctx *c, const struct channel_account *account,
                              const struct webhook_message *m, long long seconds)
{
    struct str key;
    const char *new = json_text(account->secrets, "secret");
    const char *old = json_text(account->secrets, "oldSecret");
    if (!webhook_key(c->arena, new, &key))
        return NULL;
    const char *first = webhook_signature(c->arena, key, m->id, seconds, m->body);
    if (!old)
        return first;
    if (!webhook_key(c->arena, old, &key))
        return NULL;
    return arena_printf(c->arena, "%s %s", first,
                        webhook_signature(c->arena, key, m->id, seconds, m->body));
}

enum err webhook_post(struct ctx *c, const struct channel_account *account,
                      const struct webhook_message *message, struct webhook_result *out)
{
    struct http_answer answer;
    const long long seconds = c->app->now_ms(c->app) / 1000;
    const char *url = json_text(account->settings, "url");
    const char *signature = signatures(c, account, message, seconds);
    *out = (struct webhook_result){ 0 };
    if (!url || !signature) {
        out->sentence = url ? "The account's secret is none: whsec_ and base64 of 24 to 64 bytes."
                            : "The account lacks its url.";
        return ERR_INVALID;
    }
    const char *headers[] = { "Content-Type: application/json",
                              arena_printf(c->arena, "webhook-id: %s", message->id),
                              arena_printf(c->arena, "webhook-timestamp: %lld", seconds),
                              arena_printf(c->arena, "webhook-signature: %s", signature), NULL };
    const struct http_call call = {
        .provider = "webhook",
        .account = account->id,
        .method = "POST",
        .url = url,
        .headers = headers,
        .body = message->body,
        .job_id = account->job_id,
        .entity = message->entity,
        .timeout_ms = TIMEOUT_MS,
        .most = ANSWER_MOST,
    };
    enum err e = http_send(c, &call, &answer);
    if (e == OK)
        return webhook_judge(c->arena, &answer, out);
    out->sentence = answer.error;
    out->retry_after = answer.retry_after;
    return e;
}
