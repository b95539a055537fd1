/* Front's Core API: a reply, a conversation and its last messages, whose a token is.

   It has no idempotency key, and a reply that it accepted appears a while later: whoever does not
   know what came of one looks for its marker before it is posted again. */
#include "channels/front_wire.h"

#include "base/json.h"

#define BASE "https://api2.frontapp.com"
#define PAGE 20
#define PAGES_MOST 5
#define PAGE_BYTES ((size_t)4 << 20)

struct front_call {
    const char *method, *path;
    struct str body;
    const char *conversation_id, *entity;
};

static const char *base_of(struct ctx *c, const struct channel_account *account)
{
    const char *base = json_text(account->settings, "endpoint");
    size_t n = base ? strlen(base) : 0;
    while (n && base[n - 1] == '/')
        n--;
    return n ? arena_strndup(c->arena, base, n) : BASE;
}

static enum err call(struct ctx *c, const struct channel_account *account,
                     const struct front_call *q, struct json_object **body,
                     struct front_result *out)
{
    struct http_answer answer;
    const char *token = json_text(account->secrets, "apiToken");
    if (!token || !*token) {
        out->sentence = "The account lacks its API token.";
        return ERR_DENIED;
    }
    const char *headers[] = {
        arena_printf(c->arena, "Authorization: Bearer %s", token), "Accept: application/json",
        q->body.n ? "Content-Type: application/json" : "Content-Type:", NULL
    };
    const struct http_call request = {
        .provider = "front",
        .account = account->id,
        .method = q->method,
        .url = arena_printf(c->arena, "%s%s", base_of(c, account), q->path),
        .headers = headers,
        .body = q->body,
        .job_id = account->job_id,
        .entity = q->entity,
        .secret_body = q->body.n == 0, /* what customers wrote is not ours to keep */
        .most = PAGE_BYTES,
    };
    enum err e = http_send(c, &request, &answer);
    if (e == OK)
        return front_judge(c->arena, &answer, q->conversation_id, c->app->now_ms(c->app), body,
                           out);
    out->sentence = answer.error;
    out->unknown = answer.unknown;
    out->retry_after = answer.retry_after;
    return e;
}

static enum err no_conversation(struct front_result *out)
{
    out->sentence = "This is not the id of a conversation in Front.";
    return ERR_INVALID;
}

enum err front_reply(struct ctx *c, const struct channel_account *account,
                     const struct front_reply *reply, struct front_result *out)
{
    struct json_object *body;
    *out = (struct front_result){ 0 };
    if (!front_id(reply->conversation_id))
        return no_conversation(out);
    const struct front_call q = {
        .method = "POST",
        .path = arena_printf(c->arena, "/conversations/%s/messages", reply->conversation_id),
        .body = front_body(c->arena, account->settings, reply),
        .conversation_id = reply->conversation_id,
        .entity = reply->entity,
    };
    enum err e = call(c, account, &q, &body, out);
    return e ? e : front_accepted(c->arena, body, out);
}

/* A page of the last messages; token NULL: the first. */
static enum err page(struct ctx *c, const struct channel_account *account,
                     const struct front_reply *reply, const char *token, struct json_object **body,
                     struct front_result *out)
{
    const struct front_call q = {
        .method = "GET",
        .path = arena_printf(c->arena, "/conversations/%s/messages?limit=%d%s%s",
                             reply->conversation_id, PAGE, token ? "&page_token=" : "",
                             token ? token : ""),
        .conversation_id = reply->conversation_id,
        .entity = reply->entity,
    };
    return call(c, account, &q, body, out);
}

enum err front_find(struct ctx *c, const struct channel_account *account,
                    const struct front_reply *reply, int64_t since_ms, struct front_result *out)
{
    struct json_object *body;
    const char *token = NULL;
    *out = (struct front_result){ 0 };
    if (!front_id(reply->conversation_id))
        return no_conversation(out);
    for (int i = 0; i < PAGES_MOST; i++) {
        enum err e = page(c, account, reply, token, &body, out);
        if (e == OK)
            e = front_page(c->arena, body, reply, since_ms, out, &token);
        out->unknown = false;
        if (e != ERR_NOT_FOUND || out->code || !token)
            return e;
    }
    out->sentence = "The conversation has had more messages since than are looked through.";
    return ERR_RETRY;
}

enum err front_conversation(struct ctx *c, const struct channel_account *account, const char *id,
                            const char *entity, struct front_result *out)
{
    struct json_object *body;
    *out = (struct front_result){ 0 };
    if (!front_id(id))
        return no_conversation(out);
    const struct front_call q = {
        .method = "GET",
        .path = arena_printf(c->arena, "/conversations/%s", id),
        .conversation_id = id,
        .entity = entity,
    };
    enum err e = call(c, account, &q, &body, out);
    out->unknown = false;
    return e;
}

enum err front_check(struct ctx *c, const struct channel_account *account, const char **name,
                     struct front_result *out)
{
    struct json_object *body;
    const struct front_call q = { .method = "GET", .path = "/me" };
    *out = (struct front_result){ 0 };
    enum err e = call(c, account, &q, &body, out);
    out->unknown = false;
    if (e)
        return e;
    *name = json_text(body, "name") ? json_text(body, "name") : json_text(body, "id");
    if (*name)
        return OK;
    out->sentence = "Front gave an answer that cannot be read.";
    return ERR_RETRY;
}
