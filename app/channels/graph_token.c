/* Client-credentials tokens of Microsoft Entra (OAuth 2.0, RFC 6749 §4.4), kept per process. */
#include "channels/graph_call.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/settings.h"

#include <string.h>

#define KEPT 8
#define EARLY_S 300

static const struct json_limits limits = { 8, 200, 16 << 10 };

/* By account and credentials; a changed secret is another key. */
static struct kept {
    unsigned char key[SHA256_SIZE];
    int64_t until_ms;
    char token[8192];
} tokens[KEPT];

static struct kept *slot_of(struct ctx *c, const struct channel_account *account,
                            unsigned char key[SHA256_SIZE])
{
    const char *tenant = json_text(account->settings, "tenant");
    const char *client = json_text(account->settings, "clientId");
    const char *secret = json_text(account->secrets, "clientSecret");
    if (!tenant || !client || !secret)
        return NULL;
    const char *text = arena_printf(c->arena, "%s\n%s\n%s\n%s", c->app->settings->login_url, tenant,
                                    client, secret);
    sha256(text, strlen(text), key);
    struct kept *oldest = &tokens[0];
    for (size_t i = 0; i < KEPT; i++) {
        if (memcmp(tokens[i].key, key, SHA256_SIZE) == 0)
            return &tokens[i];
        if (tokens[i].until_ms < oldest->until_ms)
            oldest = &tokens[i];
    }
    return oldest;
}

void graph_token_drop(struct ctx *c, const struct channel_account *account)
{
    unsigned char key[SHA256_SIZE];
    struct kept *k = slot_of(c, account, key);
    if (k)
        k->until_ms = 0;
}

/* What the `error` of a token answer means (RFC 6749 §5.2); all others are our own fault. */
static enum err refusal(const struct http_answer *answer, struct json_object *body,
                        struct graph_reply *reply)
{
    static const struct {
        const char *code, *sentence;
    } table[] = {
        { "invalid_client", "Microsoft refused the app's secret: it is wrong or has expired." },
        { "unauthorized_client", "Microsoft does not know the app in this tenant." },
        { "invalid_request", "Microsoft refused the app's sign-in: check tenant and client id." },
    };
    const char *code = json_text(body, "error");
    reply->code = code;
    reply->retry_after = answer->retry_after;
    if (answer->status == 429 || answer->status >= 500 || !code ||
        strcmp(code, "temporarily_unavailable") == 0 || strcmp(code, "server_error") == 0) {
        reply->sentence = "Microsoft's sign-in is not available just now.";
        return answer->status == 429 ? ERR_LIMITED : ERR_RETRY;
    }
    reply->sentence = "Microsoft refused the app's sign-in.";
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strcmp(table[i].code, code) == 0)
            reply->sentence = table[i].sentence;
    return ERR_DENIED;
}

static enum err fetch(struct ctx *c, const struct channel_account *account, struct kept *k,
                      struct graph_reply *reply)
{
    static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
                                           "Accept: application/json", NULL };
    struct arena *a = c->arena;
    struct json_object *settings = account->settings, *body = NULL;
    const char *why;
    struct http_answer answer;
    const char *form = arena_printf(a,
                                    "client_id=%s&scope=https%%3A%%2F%%2Fgraph.microsoft.com%%2F."
                                    "default&client_secret=%s&grant_type="
                                    "client_credentials",
                                    graph_encode(a, json_text(settings, "clientId")),
                                    graph_encode(a, json_text(account->secrets, "clientSecret")));
    const struct http_call call = {
        .provider = "msgraph.token",
        .account = account->id,
        .method = "POST",
        .url = arena_printf(a, "%s/%s/oauth2/v2.0/token", c->app->settings->login_url,
                            graph_encode(a, json_text(settings, "tenant"))),
        .headers = headers,
        .body = str_of(form),
        .job_id = account->job_id,
        .repeatable = true,
    };
    enum err r = http_send(c, &call, &answer);
    if (r) {
        reply->sentence = answer.error;
        reply->retry_after = answer.retry_after;
        return r;
    }
    if (json_parse(a, answer.body, &limits, &body, &why))
        body = NULL;
    const char *token = json_text(body, "access_token");
    if (answer.status != 200 || !token || strlen(token) >= sizeof(k->token) ||
        strpbrk(token, "\r\n"))
        return refusal(&answer, body, reply);
    memcpy(k->token, token, strlen(token) + 1);
    k->until_ms = c->app->now_ms(c->app) +
                  (json_object_get_int(json_get(body, "expires_in")) - EARLY_S) * INT64_C(1000);
    return OK;
}

enum err graph_token(struct ctx *c, const struct channel_account *account, const char **token,
                     struct graph_reply *reply)
{
    unsigned char key[SHA256_SIZE];
    struct kept *k = slot_of(c, account, key);
    if (!k) {
        reply->sentence = "The account lacks its tenant, client id or client secret.";
        return ERR_DENIED;
    }
    if (memcmp(k->key, key, SHA256_SIZE) != 0 || k->until_ms <= c->app->now_ms(c->app)) {
        k->until_ms = 0;
        enum err r = fetch(c, account, k, reply);
        if (r)
            return r;
        memcpy(k->key, key, SHA256_SIZE);
    }
    *token = k->token;
    return OK;
}
