/* Calling Shiprocket: signing in, the token, one request. */
#include "carriers/shiprocket_call.h"

#include "base/json.h"
#include "base/settings.h"
#include "carriers/shiprocket_wire.h"
#include "carriers/token.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400
#define RENEW_SECONDS (9 * (int64_t)DAY) /* a token is good for 240 hours */
#define GOOD_SECONDS (10 * (int64_t)DAY)
#define TOKEN_MOST 8192
#define PASSWORD_MOST 1024
#define BODY_MOST ((size_t)4 << 20)

static const char *base_of(struct ctx *c, const struct channel_account *account)
{
    const char *base = json_text(account->settings, "endpoint");
    size_t n = base ? strlen(base) : 0;
    while (n && base[n - 1] == '/')
        n--;
    return arena_printf(c->arena, "%.*s%s", n ? (int)n : (int)strlen(SHIPROCKET_HOST),
                        n ? base : SHIPROCKET_HOST, SHIPROCKET_PATH);
}

/* ---- signing in ---- */

/* The first line of a file in the folder of credentials; NULL: there is none. */
static const char *read_line(struct ctx *c, const char *name)
{
    char line[PASSWORD_MOST];
    const char *folder = c->app->settings->credentials_dir;
    if (!*folder || !*name || *name == '.' || strchr(name, '/'))
        return NULL;
    FILE *f = fopen(arena_printf(c->arena, "%s/%s", folder, name), "re");
    bool read = f && fgets(line, sizeof(line), f);
    if (f && fclose(f))
        read = false;
    line[read ? strcspn(line, "\r\n") : 0] = '\0';
    return *line ? arena_strdup(c->arena, line) : NULL;
}

/* NULL, with *why: it lacks one. */
static const char *password_of(struct ctx *c, const struct channel_account *account,
                               const char **why)
{
    const char *password = json_text(account->secrets, "password");
    const char *file = json_text(account->settings, "passwordFile");
    if (password && *password)
        return password;
    *why = file ? "The account's password file cannot be read."
                : "The account lacks its password, or a file with it.";
    return file ? read_line(c, file) : NULL;
}

static bool is_token(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f)
            return false;
    return n > 0 && n < TOKEN_MOST;
}

/* Whatever is refused for good, it is the credentials. */
static enum err sign_in(struct ctx *c, const struct channel_account *account, const char **token,
                        struct token_fault *fault)
{
    static const char *const headers[] = { "Content-Type: application/json",
                                           "Accept: application/json", NULL };
    struct http_answer answer;
    struct json_object *body = json_own(c->arena, json_object_new_object()), *said = NULL;
    struct carrier_result out = { .found = false };
    struct buf text = buf_in(c->arena);
    json_set_text(body, "email", json_text(account->settings, "email"));
    json_set_text(body, "password", password_of(c, account, &fault->sentence));
    json_write(&text, body);
    const struct http_call call = { .provider = "shiprocket.login",
                                    .account = account->id,
                                    .method = "POST",
                                    .url = arena_printf(c->arena, "%s/auth/login",
                                                        base_of(c, account)),
                                    .headers = headers,
                                    .body = buf_str(&text),
                                    .job_id = account->job_id,
                                    .secret_body = true };
    enum err e = http_send(c, &call, &answer);
    if (e) {
        *fault = (struct token_fault){ answer.error, answer.retry_after };
        return e;
    }
    e = shiprocket_judge(c->arena, &answer, &said, &out);
    *token = json_text(said, "token");
    *fault = (struct token_fault){ out.sentence, out.retry_after };
    if (e == OK && is_token(*token))
        return OK;
    if (e == OK || e == ERR_RETRY || e == ERR_LIMITED) {
        fault->sentence = out.sentence ? out.sentence : "Shiprocket signed in without a token.";
        return e ? e : ERR_RETRY;
    }
    fault->sentence = "Shiprocket refused the account's e-mail and password.";
    return ERR_DENIED;
}

static enum err token_of(struct carrier_call *call, struct carrier_token *token,
                         struct carrier_result *out)
{
    struct ctx *c = call->c;
    struct token_fault fault;
    const struct channel_account *account = call->account;
    const char *email = json_text(account->settings, "email");
    const char *password = password_of(c, account, &out->sentence);
    if (!email || !password) {
        out->sentence = email ? out->sentence : "The account lacks its e-mail.";
        return ERR_DENIED;
    }
    const struct token_source source = {
        .credentials = arena_printf(c->arena, "%s\n%s\n%s", base_of(c, account), email, password),
        .renew_seconds = RENEW_SECONDS,
        .good_seconds = GOOD_SECONDS,
        .make = sign_in,
    };
    enum err e = carrier_token_get(c, account, &source, token, &fault);
    out->sentence = e ? fault.sentence : NULL;
    out->retry_after = e ? fault.retry_after : 0;
    return e;
}

/* ---- a request ---- */

static bool is_401(const struct http_answer *answer, struct json_object *body)
{
    return answer->status == 401 || json_object_get_int(json_get(body, "status_code")) == 401;
}

/* *again: the token was refused, nothing was done. */
static enum err send(struct carrier_call *call, const struct shiprocket_request *q,
                     struct json_object **body, struct carrier_result *out, bool *again)
{
    struct ctx *c = call->c;
    struct carrier_token token;
    struct http_answer answer;
    struct buf text = buf_in(c->arena);
    *again = false;
    enum err e = token_of(call, &token, out);
    if (e)
        return e;
    if (q->body)
        json_write(&text, q->body);
    const char *headers[] = { arena_printf(c->arena, "Authorization: Bearer %s", token.text),
                              "Accept: application/json",
                              q->body ? "Content-Type: application/json" : "Content-Type:", NULL };
    const struct http_call request = {
        .provider = "shiprocket",
        .account = call->account->id,
        .method = q->method,
        .url = arena_printf(c->arena, "%s%s", base_of(c, call->account), q->path),
        .headers = headers,
        .body = buf_str(&text),
        .job_id = call->job_id,
        .entity = call->entity,
        .secret_body = q->secret,
        .most = BODY_MOST,
    };
    e = http_send(c, &request, &answer);
    if (e) {
        out->sentence = answer.error;
        out->unknown = answer.unknown;
        out->retry_after = answer.retry_after;
        return e;
    }
    e = shiprocket_judge(c->arena, &answer, body, out);
    *again = e == ERR_DENIED && is_401(&answer, *body);
    if (*again && carrier_token_refused(c, call->account, token.version)) {
        *again = false;
        return ERR_RETRY;
    }
    return e;
}

enum err shiprocket_call(struct carrier_call *call, const struct shiprocket_request *q,
                         struct json_object **body, struct carrier_result *out)
{
    bool again;
    *body = NULL;
    *out = (struct carrier_result){ .found = false };
    enum err e = send(call, q, body, out, &again);
    if (again) {
        *out = (struct carrier_result){ .found = false };
        e = send(call, q, body, out, &again);
    }
    if (strcmp(q->method, "GET") == 0)
        out->unknown = false;
    return e;
}
