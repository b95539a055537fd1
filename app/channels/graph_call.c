/* One call of Microsoft Graph v1.0, and what its errors mean in plain words. */
#include "channels/graph_call.h"

#include "base/json.h"
#include "base/settings.h"
#include "base/uuid.h"

#include <string.h>

#define TIMEOUT_MS 15000
#define PAUSE_S 3600

static const struct json_limits limits = { 24, 20000, 1 << 20 };

static const struct meaning {
    const char *code;
    enum err e;
    const char *sentence;
    int pause; /* seconds, where the answer names none */
    bool bad_address;
} meanings[] = {
    { "ErrorAccessDenied", ERR_DENIED, "The app may not use this mailbox.", 0, false },
    { "accessDenied", ERR_DENIED, "The app may not use this mailbox.", 0, false },
    { "Authorization_RequestDenied", ERR_DENIED, "The app lacks a permission it needs.", 0, false },
    { "InvalidAuthenticationToken", ERR_DENIED, "Microsoft refused the app's token.", 0, false },
    { "ErrorSendAsDenied", ERR_DENIED, "The mailbox may not send as this sender.", 0, false },
    { "ErrorInvalidUser", ERR_DENIED, "The mailbox does not exist.", 0, false },
    { "MailboxNotEnabledForRESTAPI", ERR_DENIED, "The mailbox is not one of Exchange Online.", 0,
      false },
    { "ErrorExceededMessageLimit", ERR_LIMITED, "The mailbox has sent as much as it may.", PAUSE_S,
      false },
    { "ErrorSubmissionQuotaExceeded", ERR_LIMITED, "The mailbox has sent as much as it may.",
      PAUSE_S, false },
    { "ErrorMessageSubmissionBlocked", ERR_LIMITED,
      "Microsoft has blocked sending from this mailbox.", PAUSE_S, false },
    { "ErrorAccountSuspend", ERR_LIMITED, "Microsoft has suspended sending from this mailbox.",
      PAUSE_S, false },
    { "ApplicationThrottled", ERR_LIMITED, "Microsoft asks to send more slowly.", 30, false },
    { "ErrorInvalidRecipients", ERR_INVALID, "The address of the recipient is not valid.", 0,
      true },
    { "ErrorMessageSizeExceeded", ERR_INVALID, "The message is too large for the mailbox.", 0,
      false },
};

static const struct meaning by_status[] = {
    { "401", ERR_DENIED, "Microsoft refused the app's token.", 0, false },
    { "403", ERR_DENIED, "The app may not use this mailbox.", 0, false },
    { "404", ERR_NOT_FOUND, "The message or the mailbox does not exist.", 0, false },
    { "408", ERR_RETRY, "Microsoft 365 took too long.", 0, false },
    { "409", ERR_CONFLICT, "Microsoft 365 has a conflicting change.", 0, false },
    { "410", ERR_NOT_FOUND, "What was asked for is gone.", 0, false },
    { "412", ERR_RETRY, "The message changed meanwhile.", 0, false },
    { "413", ERR_INVALID, "The message is too large.", 0, false },
    { "423", ERR_RETRY, "The mailbox is locked just now.", 0, false },
    { "425", ERR_RETRY, "Microsoft 365 took too long.", 0, false },
    { "429", ERR_LIMITED, "Microsoft asks to send more slowly.", 30, false },
    { "501", ERR_INVALID, "Microsoft 365 cannot do what was asked.", 0, false },
    { "507", ERR_INVALID, "The mailbox is full.", 0, false },
    { "509", ERR_LIMITED, "Microsoft asks to send more slowly.", 60, false },
};

static const struct meaning *find(const struct meaning *table, size_t n, const char *code)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(table[i].code, code) == 0)
            return &table[i];
    return NULL;
}

/* error.code, then innerError.code below it: the deepest one known, else the outermost. */
static const struct meaning *known(struct json_object *error, const char **code)
{
    const struct meaning *best = NULL;
    for (int depth = 0; error && depth < 6; depth++) {
        const char *text = json_text(error, "code");
        const struct meaning *m =
            text ? find(meanings, sizeof(meanings) / sizeof(meanings[0]), text) : NULL;
        if (m || (text && !*code))
            *code = text;
        if (m)
            best = m;
        struct json_object *inner = json_get(error, "innerError");
        error = inner ? inner : json_get(error, "innererror");
    }
    return best;
}

static enum err judge(struct ctx *c, struct graph_reply *reply)
{
    static const struct meaning passing = { "", ERR_RETRY, "Microsoft 365 has a fault just now.", 0,
                                            false };
    static const struct meaning wrong = { "", ERR_INVALID, "Microsoft 365 refused the message.", 0,
                                          false };
    if (reply->status >= 200 && reply->status < 300)
        return OK;
    const struct meaning *m = known(json_get(reply->body, "error"), &reply->code);
    if (reply->status >= 500 || reply->status == 409 || reply->status == 410)
        m = NULL;
    if (!m)
        m = find(by_status, sizeof(by_status) / sizeof(by_status[0]),
                 arena_printf(c->arena, "%d", reply->status));
    if (!m)
        m = reply->status >= 500 || reply->status < 400 ? &passing : &wrong;
    reply->sentence = m->sentence;
    reply->bad_address = m->bad_address;
    if (!reply->retry_after)
        reply->retry_after = m->pause;
    if (!reply->code)
        reply->code = arena_printf(c->arena, "HTTP %d", reply->status);
    return m->e;
}

static const char *url_of(struct ctx *c, const char *path)
{
    const char *base = c->app->settings->graph_url;
    if (*path == '/')
        return arena_printf(c->arena, "%s%s", base, path);
    /* Links that Graph hands out carry our token again: only to where it belongs. */
    return strncmp(path, base, strlen(base)) == 0 && path[strlen(base)] == '/' ? path : NULL;
}

static enum err send_once(struct ctx *c, const struct channel_account *account,
                          const struct graph_request *q, const char *url, struct graph_reply *reply)
{
    struct buf body = buf_in(c->arena);
    struct http_answer answer;
    const char *token, *why, *headers[8] = { 0 };
    size_t n = 0;
    enum err r = graph_token(c, account, &token, reply);
    if (r)
        return r;
    headers[n++] = arena_printf(c->arena, "Authorization: Bearer %s", token);
    headers[n++] = "Prefer: IdType=\"ImmutableId\"";
    headers[n++] = arena_printf(c->arena, "client-request-id: %s", uuid7(c->app, c->arena));
    headers[n++] = q->body ? "Content-Type: application/json" : "Content-Type:";
    if (q->prefer)
        headers[n++] = arena_printf(c->arena, "Prefer: %s", q->prefer);
    if (q->body)
        json_write(&body, q->body);
    const struct http_call call = { .provider = "msgraph",
                                    .account = account->id,
                                    .method = q->method,
                                    .url = url,
                                    .headers = headers,
                                    .body = buf_str(&body),
                                    .job_id = account->job_id,
                                    .entity = q->entity,
                                    .repeatable = q->repeatable,
                                    .timeout_ms = TIMEOUT_MS,
                                    .most = q->most };
    r = http_send(c, &call, &answer);
    *reply = (struct graph_reply){ .status = answer.status,
                                   .bytes = answer.body,
                                   .sentence = answer.error,
                                   .retry_after = answer.retry_after,
                                   .unknown = answer.unknown,
                                   .location = http_header(&answer, "location") };
    if (r)
        return r;
    if (!answer.body.n || json_parse(c->arena, answer.body, &limits, &reply->body, &why))
        reply->body = NULL;
    return judge(c, reply);
}

enum err graph_call(struct ctx *c, const struct channel_account *account,
                    const struct graph_request *q, struct graph_reply *reply)
{
    const char *url = url_of(c, q->path);
    *reply = (struct graph_reply){ 0 };
    if (!url || !json_text(account->settings, "mailbox")) {
        reply->sentence =
            url ? "The account names no mailbox." : "Microsoft Graph named a foreign address.";
        return ERR_DENIED;
    }
    enum err r = send_once(c, account, q, url, reply);
    if (reply->status != 401)
        return r;
    graph_token_drop(c, account);
    return send_once(c, account, q, url, reply);
}

enum err graph_ask(struct ctx *c, const struct channel_account *account,
                   const struct graph_request *q, struct graph_reply *reply)
{
    enum err r = graph_call(c, account, q, reply);
    if (!r)
        return OK;
    c->problem.retry_after = reply->retry_after;
    return ctx_refuse(c, r, "%s",
                      reply->sentence ? reply->sentence : "Microsoft 365 did not answer.");
}

const char *graph_encode(struct arena *a, const char *text)
{
    struct buf out = buf_in(a);
    buf_url(&out, text, strlen(text));
    return buf_str(&out).p;
}

const char *graph_path(struct ctx *c, const struct channel_account *account, const char *format,
                       ...)
{
    const char *mailbox = json_text(account->settings, "mailbox");
    va_list args;
    va_start(args, format);
    const char *rest = arena_vprintf(c->arena, format, args);
    va_end(args);
    return arena_printf(c->arena, "/users/%s%s", graph_encode(c->arena, mailbox ? mailbox : ""),
                        rest);
}

const char *graph_bare_id(struct arena *a, const char *message_id)
{
    size_t n = message_id ? strlen(message_id) : 0;
    if (n < 2 || message_id[0] != '<' || message_id[n - 1] != '>')
        return message_id;
    return arena_strndup(a, message_id + 1, n - 2);
}
