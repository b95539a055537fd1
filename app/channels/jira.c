/* Jira: an issue made, found again, commented. */
#include "channels/jira_wire.h"

#include "base/crypto.h"
#include "base/json.h"

#define ANSWER_MOST ((size_t)1 << 20)
#define TIMEOUT_MS 20000

struct jira_call {
    const char *method, *path;
    struct str body;
    const char *entity;
};

/* Without slashes at its end. */
static const char *site_of(struct ctx *c, const struct channel_account *account)
{
    const char *site = json_text(account->settings, "site");
    size_t n = site ? strlen(site) : 0;
    while (n && site[n - 1] == '/')
        n--;
    return arena_strndup(c->arena, site ? site : "", n);
}

static enum err ask(struct ctx *c, const struct channel_account *account, const struct jira_call *q,
                    struct json_object **body, bool *unsure, struct jira_result *out)
{
    struct http_answer answer;
    const char *email = json_text(account->settings, "email");
    const char *token = json_text(account->secrets, "apiToken");
    *unsure = false;
    if (!email || !token || !jira_project(json_text(account->settings, "project"))) {
        out->sentence = email && token ? "The account's project is not the key of one, as OPS."
                                       : "The account lacks its email or its apiToken.";
        return ERR_DENIED;
    }
    const char *pair = arena_printf(c->arena, "%s:%s", email, token);
    const char *headers[] = {
        arena_printf(c->arena, "Authorization: Basic %s", base64(c->arena, pair, strlen(pair))),
        "Accept: application/json", q->body.n ? "Content-Type: application/json" : NULL, NULL
    };
    const struct http_call call = {
        .provider = "jira",
        .account = account->id,
        .method = q->method,
        .url = arena_printf(c->arena, "%s%s", site_of(c, account), q->path),
        .headers = headers,
        .body = q->body,
        .job_id = account->job_id,
        .entity = q->entity,
        .timeout_ms = TIMEOUT_MS,
        .most = ANSWER_MOST,
    };
    enum err e = http_send(c, &call, &answer);
    if (e == OK)
        return jira_judge(c->arena, &answer, c->app->now_ms(c->app), body, unsure, out);
    *out = (struct jira_result){ .sentence = answer.error,
                                 .unknown = answer.unknown,
                                 .retry_after = answer.retry_after };
    return e;
}

/* A site that shows something to everybody says 404, or that the project is unknown, where the
   token is wrong: who we are tells which. */
static enum err call(struct ctx *c, const struct channel_account *account,
                     const struct jira_call *q, struct json_object **body, struct jira_result *out)
{
    bool unsure;
    enum err e = ask(c, account, q, body, &unsure, out);
    if (!unsure)
        return e;
    struct json_object *self;
    struct jira_result who = { .key = NULL };
    const struct jira_call myself = { .method = "GET",
                                      .path = "/rest/api/3/myself",
                                      .entity = q->entity };
    enum err known = ask(c, account, &myself, &self, &unsure, &who);
    if (known != ERR_DENIED && known != ERR_NOT_FOUND)
        return e;
    *out =
        (struct jira_result){ .sentence = "Jira refused the account's token.", .code = out->code };
    return ERR_DENIED;
}

enum err jira_create(struct ctx *c, const struct channel_account *account,
                     const struct jira_issue *issue, struct jira_result *out)
{
    struct json_object *body;
    const struct jira_call q = { .method = "POST",
                                 .path = "/rest/api/3/issue",
                                 .body = jira_create_body(c->arena, account->settings, issue),
                                 .entity = issue->entity };
    *out = (struct jira_result){ 0 };
    enum err e = call(c, account, &q, &body, out);
    if (e == ERR_NOT_FOUND)
        return ERR_INVALID;
    if (e != OK || jira_named(c->arena, body, site_of(c, account), out))
        return e;
    out->sentence = "Jira made an issue and does not say which.";
    out->unknown = true;
    return ERR_RETRY;
}

enum err jira_find(struct ctx *c, const struct channel_account *account,
                   const struct jira_issue *issue, int64_t known, struct jira_result *out)
{
    struct json_object *body;
    const struct jira_call q = { .method = "POST",
                                 .path = "/rest/api/3/search/jql",
                                 .body = jira_search_body(c->arena, account->settings, issue->label,
                                                          known),
                                 .entity = issue->entity };
    *out = (struct jira_result){ 0 };
    enum err e = call(c, account, &q, &body, out);
    out->unknown = false;
    if (e == ERR_NOT_FOUND)
        return ERR_INVALID;
    return e == OK ? jira_first(c->arena, body, issue->label, site_of(c, account), out) : e;
}

enum err jira_comment(struct ctx *c, const struct channel_account *account, const char *key,
                      const struct jira_issue *issue, struct jira_result *out)
{
    struct json_object *body;
    const struct jira_call q = {
        .method = "POST",
        .path = arena_printf(c->arena, "/rest/api/3/issue/%s/comment", key),
        .body = jira_comment_body(c->arena, issue),
        .entity = issue->entity,
    };
    *out = (struct jira_result){ 0 };
    return call(c, account, &q, &body, out);
}
