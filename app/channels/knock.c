/* Knock's API: a workflow triggered. */
#include "channels/knock.h"

#include "base/json.h"

#include <string.h>

static const char *base_of(struct ctx *c, const struct channel_account *account)
{
    const char *base = json_text(account->settings, "endpoint");
    size_t n = base ? strlen(base) : 0;
    while (n && base[n - 1] == '/')
        n--;
    return n ? arena_strndup(c->arena, base, n) : KNOCK_BASE;
}

static const char *address(struct ctx *c, const struct channel_account *account,
                           const char *workflow)
{
    struct buf b = buf_in(c->arena);
    buf_printf(&b, "%s/v1/workflows/", base_of(c, account));
    buf_url(&b, workflow, strlen(workflow));
    buf_puts(&b, "/trigger");
    return b.p;
}

enum err knock_trigger(struct ctx *c, const struct channel_account *account,
                       const struct knock_trigger *t, struct knock_result *out)
{
    struct http_answer answer;
    const char *token = json_text(account->secrets, "apiKey");
    *out = (struct knock_result){ .run_id = NULL };
    if (!token || !*token) {
        out->sentence = "The account at Knock lacks its API key.";
        return ERR_DENIED;
    }
    const char *headers[] = { arena_printf(c->arena, "Authorization: Bearer %s", token),
                              "Content-Type: application/json", "Accept: application/json",
                              arena_printf(c->arena, "Idempotency-Key: %s", t->key), NULL };
    const struct http_call request = {
        .provider = "knock",
        .account = account->id,
        .method = "POST",
        .url = address(c, account, t->workflow),
        .headers = headers,
        .body = t->body,
        .job_id = account->job_id,
        .entity = t->entity,
    };
    enum err e = http_send(c, &request, &answer);
    if (e == OK)
        return knock_judge(c->arena, &answer, out);
    out->sentence = answer.error;
    out->retry_after = answer.retry_after;
    return e;
}
