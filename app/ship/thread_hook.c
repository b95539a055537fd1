/* The hook of Front's application webhooks: proven, kept, and read for the order that it is about.
 */
#include "ship/thread_hook.h"

#include "base/json.h"
#include "db/db.h"
#include "ship/thread_match.h"

#include <string.h>

#define FRONT "front"
#define MAPPER "front.thread/1"
#define CHALLENGE_MOST 512

/* ---- verifying ---- */

static bool is_signed(const struct hook_request *r, const struct hook_account *account)
{
    static const char *const secrets[] = { "appSecret", "appSecretBefore" };
    const char *timestamp = hook_header(r, "x-front-request-timestamp");
    const char *signature = hook_header(r, "x-front-signature");
    bool good = false;
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        good |= front_signed(r->arena, json_text(account->secrets, secrets[i]), timestamp, r->body,
                             signature);
    return good && front_fresh(timestamp, r->now_ms);
}

/* Front asks whether somebody is there: its challenge comes back. */
static enum hook_verdict sync(const struct hook_request *r, struct hook_answer *answer)
{
    struct buf text = buf_in(r->arena);
    const char *challenge = hook_header(r, "x-front-challenge");
    struct json_object *d = json_own(r->arena, json_object_new_object());
    if (challenge && strlen(challenge) <= CHALLENGE_MOST)
        json_set_text(d, "challenge", challenge);
    json_write(&text, d);
    *answer = (struct hook_answer){ .status = 200,
                                    .content_type = "application/json",
                                    .body = buf_str(&text) };
    return HOOK_ANSWER;
}

/* Webhooks of rules have no timestamp and a weaker signature: they prove nothing here. What is
   verified is kept whatever it holds: what cannot be read is seen in the inbox. */
static enum hook_verdict verify(const struct hook_request *r, const struct hook_account *account,
                                const char **dedupe_key, struct hook_answer *answer)
{
    const char *why;
    struct front_news news;
    if (!account)
        return hook_probe(r, answer);
    if (!is_signed(r, account))
        return HOOK_REFUSE;
    bool readable = front_news_read(r->arena, r->body, &news, &why) == OK;
    if (readable && strcmp(news.type, "sync") == 0)
        return sync(r, answer);
    *dedupe_key = readable ? news.event_id : NULL;
    *answer = (struct hook_answer){ .status = 200 };
    return HOOK_KEEP;
}

/* ---- processing ---- */

static enum err merge(struct ctx *c, const struct front_news *news, bool *known)
{
    int moved = 0;
    if (news->merged_count == 0)
        return OK;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, thread_merge(c, news, &moved));
    *known |= e == OK && moved > 0;
    return e;
}

static enum err match(struct ctx *c, const struct front_news *news, const char *inbox_id,
                      bool *known)
{
    bool told = false;
    if (!news->with_customer)
        return OK;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, thread_match(c, news, inbox_id, &told));
    *known |= e == OK && told;
    return e;
}

static enum err process(struct job *j, const char *inbox_id, struct str body,
                        const struct hook_account *account)
{
    bool known = false;
    struct front_news news;
    const char *why = "";
    (void)account;
    if (front_news_read(j->ctx.arena, body, &news, &why) != OK)
        return job_fail(j, ERR_INVALID, "The body cannot be read: %s.", why);
    if (!news.conversation_id)
        return job_fail(j, ERR_NOT_FOUND, "It names no conversation.");
    enum err e = merge(&j->ctx, &news, &known);
    if (e == OK)
        e = match(&j->ctx, &news, inbox_id, &known);
    return e != OK || known ? e : job_fail(j, ERR_NOT_FOUND, "It tells of no order.");
}

const struct hook thread_hooks[] = {
    {
        .provider = FRONT,
        .path = FRONT_HOOK_PATH,
        .verify = verify,
        .mapper = MAPPER,
        .process = process,
    },
    { .provider = NULL },
};
