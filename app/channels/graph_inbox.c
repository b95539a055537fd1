/* What comes back to the mailbox: messages, what class they are of, and what is new. */
#include "channels/graph_call.h"

#include "base/json.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define MIME_MAX ((size_t)4 << 20)
#define PAGES_MAX 100
#define BACK_S 604800 /* seven days */

const char *graph_message_header(const struct graph_message *m, const char *name)
{
    size_t n =
        json_object_is_type(m->headers, json_type_array) ? json_object_array_length(m->headers) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *h = json_object_array_get_idx(m->headers, i);
        const char *own = json_text(h, "name");
        if (own && strcasecmp(own, name) == 0)
            return json_text(h, "value");
    }
    return NULL;
}

/* Graph may write the property's id as it likes (String 0x1a): only one was asked for. */
static const char *class_of(struct json_object *message)
{
    struct json_object *list = json_get(message, "singleValueExtendedProperties");
    if (!json_object_is_type(list, json_type_array) || !json_object_array_length(list))
        return NULL;
    return json_text(json_object_array_get_idx(list, 0), "value");
}

enum err graph_message_class(struct ctx *c, const struct channel_account *account,
                             const char *message_id, struct graph_message *out)
{
    struct graph_reply reply;
    const struct graph_request q = {
        .method = "GET",
        .path = graph_path(
            c, account,
            "/messages/%s?$select=id,subject,from,receivedDateTime,internetMessageId,"
            "conversationId,internetMessageHeaders&$expand=singleValueExtendedProperties("
            "$filter=%s)",
            graph_encode(c->arena, message_id), graph_encode(c->arena, "id eq 'String 0x001A'")),
        .repeatable = true,
    };
    enum err r = graph_ask(c, account, &q, &reply);
    if (r)
        return r;
    struct json_object *m = reply.body, *from = json_get(json_get(m, "from"), "emailAddress");
    if (!json_text(m, "id"))
        return ctx_refuse(c, ERR_RETRY, "Microsoft 365 gave an answer that cannot be read.");
    *out = (struct graph_message){
        .id = json_text(m, "id"),
        .message_class = class_of(m),
        .internet_message_id = graph_bare_id(c->arena, json_text(m, "internetMessageId")),
        .conversation_id = json_text(m, "conversationId"),
        .subject = json_text(m, "subject"),
        .from_address = json_text(from, "address"),
        .received_at = json_text(m, "receivedDateTime"),
        .headers = json_get(m, "internetMessageHeaders"),
    };
    return OK;
}

enum err graph_message_mime(struct ctx *c, const struct channel_account *account,
                            const char *message_id, struct str *out)
{
    struct graph_reply reply;
    const struct graph_request q = { .method = "GET",
                                     .path = graph_path(c, account, "/messages/%s/$value",
                                                        graph_encode(c->arena, message_id)),
                                     .repeatable = true,
                                     .most = MIME_MAX };
    enum err r = graph_ask(c, account, &q, &reply);
    if (!r)
        *out = reply.bytes;
    return r;
}

static const char *first_link(struct ctx *c, const struct channel_account *account)
{
    time_t since = (time_t)(c->app->now_ms(c->app) / 1000) - BACK_S;
    struct tm t;
    char text[32];
    gmtime_r(&since, &t);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &t);
    return graph_path(
        c, account, "/mailFolders/inbox/messages/delta?changeType=created&$select=id&$filter=%s",
        graph_encode(c->arena, arena_printf(c->arena, "receivedDateTime ge %s", text)));
}

struct ids {
    struct arena *arena;
    const char **p;
    size_t n, cap;
};

static void add_id(struct ids *ids, const char *id)
{
    if (ids->n == ids->cap) {
        size_t cap = ids->cap ? ids->cap * 2 : 64;
        const char **more = arena_zalloc(ids->arena, cap, sizeof(*more));
        for (size_t i = 0; i < ids->n; i++)
            more[i] = ids->p[i];
        ids->p = more;
        ids->cap = cap;
    }
    ids->p[ids->n++] = id;
}

static void add_page(struct ids *ids, struct json_object *page)
{
    struct json_object *list = json_get(page, "value");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *m = json_object_array_get_idx(list, i);
        const char *id = json_text(m, "id");
        if (id && !json_get(m, "@removed"))
            add_id(ids, id);
    }
}

static bool too_old(enum err r, const struct graph_reply *reply)
{
    return reply->status == 410 || (r && reply->code &&
                                    (strcasecmp(reply->code, "syncStateNotFound") == 0 ||
                                     strcasecmp(reply->code, "resyncRequired") == 0));
}

static enum err sweep(struct ctx *c, const struct channel_account *account, const char *link,
                      struct graph_delta *out, struct graph_reply *reply)
{
    struct ids ids = { .arena = c->arena };
    for (int page = 0; page < PAGES_MAX; page++) {
        const struct graph_request q = {
            .method = "GET", .path = link, .prefer = "odata.maxpagesize=50", .repeatable = true
        };
        enum err r = graph_ask(c, account, &q, reply);
        if (r)
            return r;
        const char *done = json_text(reply->body, "@odata.deltaLink");
        add_page(&ids, reply->body);
        link = json_text(reply->body, "@odata.nextLink");
        if (!done && !link)
            return ctx_refuse(c, ERR_RETRY, "Microsoft 365 gave an answer that cannot be read.");
        *out = (struct graph_delta){ .ids = ids.p, .count = ids.n, .link = done ? done : link };
        if (done)
            return OK;
    }
    /* The rest next time: a link to the next page serves as well as one to the end. */
    return OK;
}

enum err graph_inbox_delta(struct ctx *c, const struct channel_account *account, const char *link,
                           struct graph_delta *out)
{
    struct graph_reply reply;
    enum err r = sweep(c, account, link ? link : first_link(c, account), out, &reply);
    if (link && too_old(r, &reply))
        r = sweep(c, account, first_link(c, account), out, &reply);
    return r;
}
