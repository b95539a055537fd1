/* The change notification subscription of a mailbox's Inbox: created, renewed, made anew. */
#include "channels/graph_call.h"

#include "base/json.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define LIFE_S 603900     /* 10,080 minutes less 15 */
#define OLD_LIFE_S 252900 /* 4,230 less 15: what Graph allowed before, and may again */
#define RENEW_S 172800    /* 48 hours */

static const char *time_text(struct ctx *c, int64_t in_s)
{
    time_t when = (time_t)(c->app->now_ms(c->app) / 1000 + in_s);
    struct tm t;
    char text[40];
    gmtime_r(&when, &t);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.0000000Z", &t);
    return arena_strdup(c->arena, text);
}

static bool lives(struct ctx *c, const struct graph_subscription *s)
{
    struct tm t = { 0 };
    if (!s->id || !s->expires_at || !strptime(s->expires_at, "%Y-%m-%dT%H:%M:%S", &t))
        return false;
    return timegm(&t) > c->app->now_ms(c->app) / 1000 + RENEW_S;
}

static const char *resource_of(struct ctx *c, const struct channel_account *account)
{
    return graph_path(c, account, "/mailFolders('inbox')/messages") + 1;
}

static enum err keep(struct ctx *c, struct json_object *body, struct graph_subscription *s)
{
    const char *id = json_text(body, "id"), *expires = json_text(body, "expirationDateTime");
    if (!id || !expires)
        return ctx_refuse(c, ERR_RETRY, "Microsoft 365 gave an answer that cannot be read.");
    *s = (struct graph_subscription){ id, expires };
    return OK;
}

static enum err renew(struct ctx *c, const struct channel_account *account, const char *id,
                      struct graph_subscription *s)
{
    struct graph_reply reply;
    struct json_object *body = json_own(c->arena, json_object_new_object());
    const struct graph_request q = {
        .method = "PATCH",
        .path = arena_printf(c->arena, "/subscriptions/%s", graph_encode(c->arena, id)),
        .body = body,
        .repeatable = true,
    };
    json_set_text(body, "expirationDateTime", time_text(c, LIFE_S));
    enum err r = graph_ask(c, account, &q, &reply);
    if (r == ERR_INVALID) {
        json_set_text(body, "expirationDateTime", time_text(c, OLD_LIFE_S));
        r = graph_ask(c, account, &q, &reply);
    }
    return r ? r : keep(c, reply.body, s);
}

static enum err create(struct ctx *c, const struct channel_account *account, const char *url,
                       int life_s, struct graph_subscription *s)
{
    struct graph_reply reply;
    struct json_object *body = json_own(c->arena, json_object_new_object());
    const struct graph_request q = { .method = "POST", .path = "/subscriptions", .body = body };
    json_set_text(body, "changeType", "created");
    json_set_text(body, "notificationUrl", url);
    json_set_text(body, "lifecycleNotificationUrl", url);
    json_set_text(body, "resource", resource_of(c, account));
    json_set_text(body, "expirationDateTime", time_text(c, life_s));
    json_set_text(body, "clientState", json_text(account->secrets, "clientState"));
    json_set_text(body, "latestSupportedTlsVersion", "v1_2");
    enum err r = graph_ask(c, account, &q, &reply);
    return r ? r : keep(c, reply.body, s);
}

enum err graph_subscription_end(struct ctx *c, const struct channel_account *account,
                                const char *id)
{
    struct graph_reply reply;
    const struct graph_request q = {
        .method = "DELETE",
        .path = arena_printf(c->arena, "/subscriptions/%s", graph_encode(c->arena, id)),
        .repeatable = true,
    };
    enum err r = graph_ask(c, account, &q, &reply);
    return r == ERR_NOT_FOUND ? OK : r;
}

/* After a 409: takes over the one that is there, or ends it where it calls another address. */
static enum err take_over(struct ctx *c, const struct channel_account *account, const char *url,
                          struct graph_subscription *s)
{
    struct graph_reply reply;
    const struct graph_request q = { .method = "GET",
                                     .path = "/subscriptions",
                                     .repeatable = true };
    enum err r = graph_ask(c, account, &q, &reply);
    struct json_object *list = json_get(reply.body, "value");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; !r && i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const char *id = json_text(one, "id"), *resource = json_text(one, "resource");
        const char *called = json_text(one, "notificationUrl");
        if (!id || !resource || strcasecmp(resource, resource_of(c, account)) != 0)
            continue;
        if (called && strcmp(called, url) == 0)
            return renew(c, account, id, s);
        r = graph_subscription_end(c, account, id);
    }
    return r ? r : create(c, account, url, LIFE_S, s);
}

/* The address that a subscription calls. ERR_NOT_FOUND: it is gone. */
static enum err called_by(struct ctx *c, const struct channel_account *account, const char *id,
                          const char **url)
{
    struct graph_reply reply;
    const struct graph_request q = {
        .method = "GET",
        .path = arena_printf(c->arena, "/subscriptions/%s", graph_encode(c->arena, id)),
        .repeatable = true,
    };
    enum err r = graph_ask(c, account, &q, &reply);
    *url = r == OK ? json_text(reply.body, "notificationUrl") : NULL;
    return r;
}

/* Goes on with the one there is. ERR_NOT_FOUND: there is none, or none any more, as it called an
   address that was ours. */
static enum err go_on(struct ctx *c, const struct channel_account *account, const char *url,
                      struct graph_subscription *s)
{
    const char *called;
    enum err r = s->id ? called_by(c, account, s->id, &called) : ERR_NOT_FOUND;
    if (r != OK)
        return r;
    if (called && strcmp(called, url) != 0) {
        r = graph_subscription_end(c, account, s->id);
        return r == OK ? ERR_NOT_FOUND : r;
    }
    return lives(c, s) ? OK : renew(c, account, s->id, s);
}

enum err graph_subscription_ensure(struct ctx *c, const struct channel_account *account,
                                   const char *notification_url, struct graph_subscription *s)
{
    enum err r = go_on(c, account, notification_url, s);
    if (r != ERR_NOT_FOUND)
        return r;
    r = create(c, account, notification_url, LIFE_S, s);
    if (r == ERR_INVALID)
        r = create(c, account, notification_url, OLD_LIFE_S, s);
    return r == ERR_CONFLICT ? take_over(c, account, notification_url, s) : r;
}
