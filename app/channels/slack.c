/* Slack: a message to a channel, and what its answers mean. */
#include "channels/slack.h"

#include "base/json.h"

#include <string.h>

#define BASE "https://slack.com/api"
#define WAIT_UNSAID 30
#define ANSWER_MOST ((size_t)64 << 10)
#define UNREADABLE "Slack gave an answer that cannot be read."

/* ---- what is said ---- */

/* https://docs.slack.dev/messaging/formatting-message-text#escaping: these three and no others. */
static void put_escaped(struct buf *to, const char *text)
{
    for (const char *p = text; *p; p++) {
        const char *as = *p == '&' ? "&amp;" : *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : NULL;
        if (as)
            buf_puts(to, as);
        else
            buf_putc(to, *p);
    }
}

struct str slack_body(struct arena *a, const char *channel, const char *text)
{
    struct json_object *d = json_own(a, json_object_new_object());
    struct buf escaped = buf_in(a), out = buf_in(a);
    buf_puts(&escaped, "");
    put_escaped(&escaped, text);
    if (channel)
        json_set_text(d, "channel", channel);
    json_set_text(d, "text", escaped.p);
    json_set_bool(d, "unfurl_links", false);
    json_set_bool(d, "unfurl_media", false);
    json_write(&out, d);
    return buf_str(&out);
}

/* ---- what it answers ---- */

/* A code of Slack's, "channel_not_found"; NULL: it is none, and nothing to show. */
static const char *code_of(struct arena *a, struct str text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    while (text.n && strchr(" \r\n", text.p[text.n - 1]))
        text.n--;
    const char *code = text.n <= 60 ? arena_strndup(a, text.p, text.n) : "";
    return *code && strspn(code, letters) == text.n ? code : NULL;
}

static enum err said(struct arena *a, struct slack_result *out, enum err e, const char *sentence)
{
    out->sentence = out->code ? arena_printf(a, "%s: %s.", sentence, out->code)
                              : arena_printf(a, "%s.", sentence);
    return e;
}

/* What both ways answer alike by their status. */
static enum err by_status(struct arena *a, const struct http_answer *answer,
                          struct slack_result *out)
{
    int status = answer->status;
    out->retry_after = answer->retry_after;
    if (status == 429 && !out->retry_after)
        out->retry_after = WAIT_UNSAID;
    if (status == 429)
        return said(a, out, ERR_LIMITED, "Slack asks to send more slowly");
    if (status == 408 || status >= 500)
        return said(a, out, ERR_RETRY, "Slack has a fault of its own");
    if (status == 401 || status == 403 || status == 404 || status == 410)
        return said(a, out, ERR_DENIED, "Slack lets nothing be posted there any more");
    if (status >= 300 && status < 400)
        return said(a, out, ERR_INVALID, "Slack leads to another address, which is not followed");
    return said(a, out, ERR_INVALID, "Slack refused the message");
}

enum err slack_judge_webhook(struct arena *a, const struct http_answer *answer,
                             struct slack_result *out)
{
    *out = (struct slack_result){ .code = code_of(a, answer->body) };
    if (answer->status != 200)
        return by_status(a, answer, out);
    if (out->code && strcmp(out->code, "ok") == 0) {
        out->code = NULL;
        return OK;
    }
    out->code = NULL;
    out->sentence = UNREADABLE;
    return ERR_RETRY;
}

static bool among(const char *code, const char *const *list)
{
    while (*list && strcmp(*list, code) != 0)
        list++;
    return *list != NULL;
}

static enum err api_refused(struct arena *a, struct json_object *body, struct slack_result *out)
{
    static const char *const passing[] = { "internal_error",
                                           "fatal_error",
                                           "request_timeout",
                                           "service_unavailable",
                                           "accesslimited",
                                           "team_added_to_org",
                                           NULL };
    static const char *const gone[] = { "channel_not_found",
                                        "not_in_channel",
                                        "is_archived",
                                        "invalid_auth",
                                        "not_authed",
                                        "account_inactive",
                                        "token_revoked",
                                        "token_expired",
                                        "missing_scope",
                                        "no_permission",
                                        "access_denied",
                                        "ekm_access_denied",
                                        "org_login_required",
                                        "restricted_action",
                                        "not_allowed_token_type",
                                        "team_access_not_granted",
                                        "channel_is_archived",
                                        NULL };
    const char *needed = json_text(body, "needed");
    if (strcmp(out->code, "ratelimited") == 0) {
        out->retry_after = out->retry_after ? out->retry_after : WAIT_UNSAID;
        return said(a, out, ERR_LIMITED, "Slack asks to send more slowly");
    }
    if (among(out->code, passing))
        return said(a, out, ERR_RETRY, "Slack has a fault of its own");
    if (strcmp(out->code, "missing_scope") == 0 && needed && code_of(a, str_of(needed)) == NULL)
        return said(a, out, ERR_DENIED, arena_printf(a, "The token lacks the scope %.60s", needed));
    return among(out->code, gone)
               ? said(a, out, ERR_DENIED, "Slack lets nothing be posted there any more")
               : said(a, out, ERR_INVALID, "Slack refused the message");
}

enum err slack_judge_api(struct arena *a, const struct http_answer *answer,
                         struct slack_result *out)
{
    static const struct json_limits limits = { 24, 10000, ANSWER_MOST };
    struct json_object *body = NULL;
    const char *why;
    *out = (struct slack_result){ .retry_after = answer->retry_after };
    bool read = !answer->cut && json_parse(a, answer->body, &limits, &body, &why) == OK &&
                json_object_is_type(body, json_type_object);
    const char *error = read ? json_text(body, "error") : NULL;
    out->code = error ? code_of(a, str_of(error)) : NULL;
    if (answer->status != 200)
        return by_status(a, answer, out);
    if (read && json_object_get_boolean(json_get(body, "ok")))
        return OK;
    if (out->code)
        return api_refused(a, body, out);
    out->sentence = UNREADABLE;
    return ERR_RETRY;
}

/* ---- asked ---- */

static const char *api_url(struct ctx *c, const struct channel_account *account)
{
    const char *base = json_text(account->settings, "endpoint");
    size_t n = base ? strlen(base) : 0;
    while (n && base[n - 1] == '/')
        n--;
    return arena_printf(c->arena, "%s/chat.postMessage",
                        n ? arena_strndup(c->arena, base, n) : BASE);
}

enum err slack_post(struct ctx *c, const struct channel_account *account,
                    const struct slack_message *message, struct slack_result *out)
{
    struct http_answer answer;
    const char *hook = json_text(account->secrets, "webhookUrl");
    const char *token = json_text(account->secrets, "botToken");
    const char *channel =
        message->channel ? message->channel : json_text(account->settings, "channel");
    *out = (struct slack_result){ 0 };
    if (!hook && (!token || !channel)) {
        out->sentence = token ? "The account at Slack lacks its channel."
                              : "The account at Slack lacks its webhookUrl, or a botToken.";
        return ERR_DENIED;
    }
    const char *headers[] = { "Content-Type: application/json; charset=utf-8",
                              hook ? NULL
                                   : arena_printf(c->arena, "Authorization: Bearer %s", token),
                              NULL };
    const struct http_call call = {
        .provider = "slack",
        .account = account->id,
        .method = "POST",
        .url = hook ? hook : api_url(c, account),
        .secret_path = hook != NULL,
        .headers = headers,
        .body = slack_body(c->arena, hook ? NULL : channel, message->text),
        .job_id = account->job_id,
        .entity = message->entity,
        .most = ANSWER_MOST,
    };
    enum err e = http_send(c, &call, &answer);
    if (e == OK)
        return hook ? slack_judge_webhook(c->arena, &answer, out)
                    : slack_judge_api(c->arena, &answer, out);
    out->sentence = answer.error;
    out->retry_after = answer.retry_after;
    return e;
}
