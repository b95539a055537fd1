/* E-mail through Microsoft Graph: a draft that carries the attempt's id, its attachments, then
   send.

   No call here can be repeated blindly. Before a try that may not be the first, the mailbox is
   searched for the attempt's id: found as sent, it is done; found as a draft, that draft is sent;
   not found, it is made. An outcome that stays unknown answers ERR_RETRY, and the next try looks.
 */
#include "channels/graph_call.h"

#include "base/json.h"

#include <string.h>

/* What goes along with the draft itself, so that the request stays below 4 MB. */
#define INLINE_MAX 2800000

struct sending {
    struct ctx *c;
    const struct channel_account *account;
    const struct email *e;
    const char *entity, *track; /* the attempt: message_id up to its @ */
    struct json_object *message;
    struct graph_reply reply;
    bool sent;
};

static struct json_object *address_of(const char *name, const char *address)
{
    struct json_object *o = json_object_new_object(), *inner = json_object_new_object();
    if (name && *name)
        json_set_text(inner, "name", name);
    json_set_text(inner, "address", address);
    json_set(o, "emailAddress", inner);
    return o;
}

static void set_list(struct json_object *to, const char *key, struct json_object *item)
{
    struct json_object *list = json_object_new_array();
    json_object_array_add(list, item);
    json_set(to, key, list);
}

static struct json_object *pair(const char *key, const char *name, const char *value)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, key, name);
    json_set_text(o, "value", value);
    return o;
}

static bool fits_inline(const struct email *e)
{
    size_t sum = 0;
    for (size_t i = 0; i < e->attachment_count; i++)
        sum += e->attachments[i].bytes.n;
    return sum <= INLINE_MAX;
}

static struct json_object *draft_of(struct sending *s)
{
    const struct email *e = s->e;
    struct json_object *m = json_own(s->c->arena, json_object_new_object());
    struct json_object *body = json_object_new_object();
    json_set_text(body, "contentType", e->html ? "HTML" : "Text");
    json_set_text(body, "content", e->html ? e->html : e->text ? e->text : "");
    json_set_text(m, "subject", e->subject);
    json_set(m, "body", body);
    set_list(m, "toRecipients", address_of(e->to_name, e->to_address));
    if (e->from_address)
        json_set(m, "from", address_of(e->from_name, e->from_address));
    if (e->reply_to)
        set_list(m, "replyTo", address_of(NULL, e->reply_to));
    json_set_bool(m, "isDeliveryReceiptRequested", true);
    json_set_bool(m, "isReadReceiptRequested", true);
    set_list(m, "internetMessageHeaders", pair("name", "x-track-id", e->communication_id));
    set_list(m, "singleValueExtendedProperties", pair("id", GRAPH_TRACK_PROPERTY, s->track));
    if (!e->attachment_count || !fits_inline(e))
        return m;
    struct json_object *files = json_object_new_array();
    for (size_t i = 0; i < e->attachment_count; i++)
        json_object_array_add(files, graph_file(s->c->arena, &e->attachments[i]));
    json_set(m, "attachments", files);
    return m;
}

static enum err call(struct sending *s, const char *method, const char *path,
                     struct json_object *body, bool repeatable)
{
    const struct graph_request q = {
        .method = method, .path = path, .body = body, .repeatable = repeatable, .entity = s->entity
    };
    return graph_call(s->c, s->account, &q, &s->reply);
}

static const char *draft_path(struct sending *s, const char *action)
{
    return graph_path(s->c, s->account, "/messages/%s%s",
                      graph_encode(s->c->arena, json_text(s->message, "id")), action);
}

/* Sets s->message to what an earlier try left, s->sent where it is already out. */
static enum err look(struct sending *s)
{
    struct arena *a = s->c->arena;
    const char *filter =
        arena_printf(a, "singleValueExtendedProperties/Any(ep: ep/id eq '%s' and ep/value eq '%s')",
                     GRAPH_TRACK_PROPERTY, s->track);
    enum err r = call(s, "GET",
                      graph_path(s->c, s->account,
                                 "/messages?$filter=%s&$select=id,isDraft,internetMessageId,"
                                 "conversationId&$top=10",
                                 graph_encode(a, filter)),
                      NULL, true);
    struct json_object *found = json_get(s->reply.body, "value");
    if (r)
        return r;
    if (!json_object_is_type(found, json_type_array)) {
        s->reply.sentence = "Microsoft 365 gave an answer that cannot be read.";
        return ERR_RETRY;
    }
    for (size_t i = 0; !s->sent && i < json_object_array_length(found); i++) {
        struct json_object *m = json_object_array_get_idx(found, i);
        if (!json_text(m, "id"))
            continue;
        s->message = m;
        s->sent = !json_object_get_boolean(json_get(m, "isDraft"));
    }
    return OK;
}

static enum err create(struct sending *s)
{
    enum err r = call(s, "POST", graph_path(s->c, s->account, "/messages"), draft_of(s), false);
    if (r)
        return r;
    if (!json_text(s->reply.body, "id")) {
        s->reply.sentence = "Microsoft 365 gave an answer that cannot be read.";
        return ERR_RETRY;
    }
    s->message = s->reply.body;
    if (fits_inline(s->e))
        return OK;
    const char *id = json_text(s->message, "id");
    for (size_t i = 0; !r && i < s->e->attachment_count; i++)
        r = graph_attach(s->c, s->account, id, s->e, &s->e->attachments[i], &s->reply);
    return r;
}

/* A draft whose attachments went separately may lack some: it is made anew. */
static enum err drop_partial(struct sending *s)
{
    if (!s->message || fits_inline(s->e))
        return OK;
    enum err r = call(s, "DELETE", draft_path(s, ""), NULL, true);
    s->message = NULL;
    return r == ERR_NOT_FOUND ? OK : r;
}

static enum err send_draft(struct sending *s)
{
    enum err r = call(s, "POST", draft_path(s, "/send"), NULL, false);
    /* Gone from the drafts: perhaps an earlier try that was slow to take effect. */
    if (r == ERR_NOT_FOUND) {
        r = look(s);
        if (!r && !s->sent) {
            s->reply.sentence = "The draft has vanished from the mailbox.";
            r = ERR_RETRY;
        }
    }
    return r;
}

static enum err deliver(struct sending *s)
{
    enum err r = s->e->first_try ? OK : look(s);
    if (r || s->sent)
        return r;
    r = drop_partial(s);
    if (!r && !s->message)
        r = create(s);
    if (!r)
        r = send_draft(s);
    return r;
}

static enum err failed(struct sending *s, enum err r, struct send_result *result)
{
    const struct graph_reply *reply = &s->reply;
    *result = (struct send_result){ .provider = "msgraph",
                                    .sentence = reply->sentence ? reply->sentence
                                                                : "Microsoft 365 did not answer.",
                                    .code = reply->code,
                                    .bad_address = reply->bad_address,
                                    .retry_after = reply->retry_after,
                                    .raw = reply->body };
    if (r == ERR_NOT_FOUND)
        result->sentence = "The mailbox of the account does not exist.";
    /* The mailbox is the account's; a conflict passes. */
    return r == ERR_NOT_FOUND ? ERR_DENIED : r == ERR_CONFLICT ? ERR_RETRY : r;
}

static struct json_object *raw_of(struct sending *s)
{
    static const char *const keys[] = { "id", "internetMessageId", "conversationId" };
    struct json_object *raw = json_own(s->c->arena, json_object_new_object());
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        json_set_text(raw, keys[i], json_text(s->message, keys[i]));
    return raw;
}

static enum err graph_send(struct ctx *c, const struct channel_account *account,
                           const struct email *e, struct send_result *result)
{
    struct email mail = email_from_account(account, e);
    struct sending s = { .c = c, .account = account, .e = &mail };
    enum err r = email_check(c, &mail);
    if (r) {
        *result = (struct send_result){ .provider = "msgraph", .sentence = email_refusal(c, r) };
        return r;
    }
    s.entity = arena_printf(c->arena, "communication:%s", mail.communication_id);
    s.track = arena_strndup(c->arena, mail.message_id, strcspn(mail.message_id, "@"));
    r = deliver(&s);
    if (r)
        return failed(&s, r, result);
    *result = (struct send_result){
        .provider = "msgraph",
        .provider_message_id = graph_bare_id(c->arena, json_text(s.message, "internetMessageId")),
        .conversation_id = json_text(s.message, "conversationId"),
        .accepted_by = arena_printf(c->arena, "Microsoft 365 mailbox %s",
                                    json_text(account->settings, "mailbox")),
        .raw = raw_of(&s),
        .already_sent = s.sent,
    };
    return OK;
}

const struct email_way email_graph = { "msgraph", graph_send };
