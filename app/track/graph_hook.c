/* The hook of Microsoft Graph's change notifications: handshake, verification, processing. */
#include "track/graph_hook.h"

#include "base/crypto.h"
#include "base/json.h"
#include "track/mailbox.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX 2048

/* A value of a raw query, decoded as forms are; NULL where it is absent, too long or not plain
   printable text, which the validation token is. */
static const char *query_value(const struct hook_request *r, const char *name)
{
    size_t n = strlen(name);
    const char *p = r->query_string ? r->query_string : "";
    while (*p && !(strncmp(p, name, n) == 0 && p[n] == '='))
        p += strcspn(p, "&") + (p[strcspn(p, "&")] == '&');
    if (!*p)
        return NULL;
    struct buf b = buf_in(r->arena);
    for (p += n + 1; *p && *p != '&'; p++) {
        char hex_digits[3] = { 0 };
        char c = *p == '+' ? ' ' : *p;
        if (*p == '%') {
            if (!p[1] || !p[2])
                return NULL;
            memcpy(hex_digits, p + 1, 2);
            char *end;
            c = (char)strtol(hex_digits, &end, 16);
            if (end != hex_digits + 2)
                return NULL;
            p += 2;
        }
        if (c < 0x20 || c > 0x7e || b.n >= TOKEN_MAX)
            return NULL;
        buf_putc(&b, c);
    }
    return b.p;
}

static enum hook_verdict handshake(const struct hook_request *r, struct hook_answer *answer)
{
    const char *token = query_value(r, "validationToken");
    answer->status = 202;
    if (!token)
        return HOOK_REFUSE;
    *answer =
        (struct hook_answer){ .status = 200, .content_type = "text/plain", .body = str_of(token) };
    return HOOK_ANSWER;
}

/* What makes a notification the same one again: its digest over all items goes into the inbox. */
static void add_key(struct buf *key, struct json_object *item)
{
    struct json_object *data = json_get(item, "resourceData");
    const char *parts[] = {
        json_text(item, "subscriptionId"),
        json_text(item, "changeType"),
        json_text(item, "lifecycleEvent"),
        data ? json_text(data, "id") : NULL,
        data ? json_text(data, "@odata.etag") : NULL,
        json_text(item, "lifecycleEvent") ? json_text(item, "subscriptionExpirationDateTime")
                                          : NULL,
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        buf_printf(key, "%s|", parts[i] ? parts[i] : "");
}

static struct json_object *items_of(struct arena *a, struct str body)
{
    const char *why;
    struct json_object *document;
    if (json_parse(a, body, &json_request_limits, &document, &why) != OK)
        return NULL;
    struct json_object *items = json_get(document, "value");
    return json_object_is_type(items, json_type_array) ? items : NULL;
}

static enum hook_verdict verify(const struct hook_request *r, const struct hook_account *account,
                                const char **dedupe_key, struct hook_answer *answer)
{
    unsigned char digest[SHA256_SIZE];
    if (!account)
        return handshake(r, answer);
    /* Told apart by nobody outside: what is not ours is answered like what is. */
    answer->status = 202;
    const char *state = json_text(account->secrets, "clientState");
    struct json_object *items = items_of(r->arena, r->body);
    size_t n = items ? json_object_array_length(items) : 0;
    struct buf key = buf_in(r->arena);
    bool good = state && *state && n > 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        if (!json_object_is_type(item, json_type_object))
            return HOOK_REFUSE;
        good &= ct_equal(str_of(json_text(item, "clientState")), str_of(state));
        add_key(&key, item);
    }
    if (!good)
        return HOOK_REFUSE;
    sha256(key.p, key.n, digest);
    *dedupe_key = hex(r->arena, digest, sizeof(digest));
    return HOOK_KEEP;
}

/* ---- processing ---- */

static const struct lifecycle {
    const char *event, *jobs[2];
    bool doubt; /* the subscription may be gone, whatever the time it was given */
} lifecycles[] = {
    { "reauthorizationRequired", { "track.graph_subscribe", NULL }, true },
    { "subscriptionRemoved", { "track.graph_subscribe", "track.graph_sweep" }, true },
    { "missed", { "track.graph_sweep", NULL }, false },
};

static enum err lifecycle(struct job *j, const char *event, const struct hook_account *account)
{
    const struct lifecycle *l = lifecycles, *end = l + sizeof(lifecycles) / sizeof(lifecycles[0]);
    while (l < end && strcmp(l->event, event) != 0)
        l++;
    if (l == end)
        return OK;
    enum err e = l->doubt ? mailbox_doubt(&j->ctx, account->id) : OK;
    for (int k = 0; e == OK && k < 2 && l->jobs[k]; k++)
        e = mailbox_job(&j->ctx, l->jobs[k], account->id);
    return e;
}

struct outcome {
    int lifecycles, messages, matched;
};

static enum err one(struct job *j, struct json_object *item, const char *inbox_id,
                    const struct hook_account *account, struct outcome *o)
{
    const struct channel_account a = { .id = account->id,
                                       .provider = account->provider,
                                       .settings = account->settings,
                                       .secrets = account->secrets,
                                       .job_id = j->id };
    int matched = 0;
    const char *event = json_text(item, "lifecycleEvent");
    if (event) {
        o->lifecycles++;
        return lifecycle(j, event, account);
    }
    struct json_object *data = json_get(item, "resourceData");
    const char *id = data ? json_text(data, "id") : NULL;
    o->messages++;
    enum err e = id ? mailbox_message(j, &a, id, inbox_id, &matched) : OK;
    o->matched += matched;
    return e;
}

static enum err process(struct job *j, const char *inbox_id, struct str body,
                        const struct hook_account *account)
{
    struct outcome o = { 0 };
    struct json_object *items = items_of(j->ctx.arena, body);
    size_t n = items ? json_object_array_length(items) : 0;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < n; i++)
        e = one(j, json_object_array_get_idx(items, i), inbox_id, account, &o);
    if (e != OK) {
        j->retry_after = j->ctx.problem.retry_after;
        j->snooze = e == ERR_LIMITED;
        return job_fail(j, e, "%s",
                        j->ctx.problem.detail ? j->ctx.problem.detail
                                              : "The mailbox cannot be reached.");
    }
    if (!o.lifecycles && !o.matched)
        return job_fail(j, ERR_NOT_FOUND, "It tells of no report on a message sent from here.");
    return OK;
}

const struct hook graph_hooks[] = {
    {
        .provider = "msgraph.email",
        .path = "/api/track/providers/msgraph/email",
        .verify = verify,
        .mapper = MAILBOX_MAPPER,
        .process = process,
    },
    { .provider = NULL },
};
