/* Reading Front's application webhooks: the signature, the event, its conversation, its message. */
#include "channels/front_event.h"

#include "base/crypto.h"
#include "base/json.h"
#include "channels/front_wire.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MOST 6
#define EMAILS_MOST 20
#define EMAIL_LENGTH 254
#define MERGED_MOST 100
#define TEXT_MOST ((size_t)64 << 10)
#define MERGE "conversations_merged"

static const struct json_limits limits = { 24, 50000, (size_t)1 << 20 };

/* ---- the signature ---- */

bool front_signed(struct arena *a, const char *secret, const char *timestamp, struct str body,
                  const char *signature)
{
    unsigned char mac[SHA256_SIZE];
    struct buf text = buf_in(a);
    if (!secret || !*secret || !timestamp || !signature)
        return false;
    buf_printf(&text, "%s:", timestamp);
    buf_put(&text, body.p, body.n);
    hmac_sha256(secret, strlen(secret), text.p, text.n, mac);
    return ct_equal(str_of(base64(a, mac, sizeof(mac))), str_of(signature));
}

bool front_fresh(const char *timestamp, int64_t now_ms)
{
    size_t n = timestamp ? strlen(timestamp) : 0;
    if (n == 0 || n > 15 || strspn(timestamp, "0123456789") != n)
        return false;
    int64_t apart = now_ms - strtoll(timestamp, NULL, 10);
    return apart <= FRONT_HOOK_SECONDS * 1000 && apart >= -FRONT_HOOK_SECONDS * 1000;
}

/* ---- values that may be null, absent or of another type ---- */

static const char *text_of(struct json_object *o, const char *key)
{
    struct json_object *value = json_get(o, key);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static struct json_object *object_of(struct json_object *o, const char *key)
{
    struct json_object *value = json_get(o, key);
    return json_object_is_type(value, json_type_object) ? value : NULL;
}

static bool is(const char *text, const char *word)
{
    return text && strcmp(text, word) == 0;
}

/* ---- gathering ---- */

struct gathered {
    struct arena *arena;
    const char *texts[TEXTS_MOST], *emails[EMAILS_MOST], *merged[MERGED_MOST];
    size_t text_count, email_count, merged_count;
};

static void add_text(struct gathered *g, const char *text)
{
    if (text && *text && g->text_count < TEXTS_MOST)
        g->texts[g->text_count++] = arena_strndup(g->arena, text, strnlen(text, TEXT_MOST));
}

/* What stands between the tags. */
static const char *without_tags(struct arena *a, const char *html)
{
    bool inside = false;
    struct buf out = buf_in(a);
    for (const char *p = html; *p && out.n < TEXT_MOST; p++) {
        inside = inside || *p == '<';
        buf_putc(&out, inside ? ' ' : *p);
        inside = inside && *p != '>';
    }
    return out.n ? out.p : "";
}

static bool is_email(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    const char *at = n ? strchr(text, '@') : NULL;
    return at && at > text && at[1] && n <= EMAIL_LENGTH && !strpbrk(text, " \t\r\n<>,;");
}

static void add_email(struct gathered *g, const char *email)
{
    if (!is_email(email) || g->email_count == EMAILS_MOST)
        return;
    for (size_t i = 0; i < g->email_count; i++)
        if (strcasecmp(g->emails[i], email) == 0)
            return;
    g->emails[g->email_count++] = email;
}

/* Who wrote it where it came in, whom it went to where it went out. */
static void add_recipients(struct gathered *g, struct json_object *message)
{
    struct json_object *list = json_get(message, "recipients");
    bool in = json_object_get_boolean(json_get(message, "is_inbound"));
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const char *role = text_of(one, "role");
        if (in ? is(role, "from") || is(role, "reply-to") : is(role, "to"))
            add_email(g, text_of(one, "handle"));
    }
}

/* A message or a comment. */
static void add_message(struct gathered *g, struct json_object *message)
{
    const char *text = text_of(message, "text"), *body = text_of(message, "body");
    add_text(g, text_of(message, "subject"));
    if (text && *text)
        add_text(g, text);
    else if (body)
        add_text(g, without_tags(g->arena, body));
    else
        add_text(g, text_of(message, "blurb"));
    add_recipients(g, message);
}

/* ---- merges ---- */

static void add_merged(struct gathered *g, struct json_object *one, const char *into)
{
    const char *id = json_object_is_type(one, json_type_string) ? json_object_get_string(one)
                                                                : text_of(one, "id");
    if (front_id(id) && strncmp(id, "cnv_", 4) == 0 && strcmp(id, into) != 0 &&
        g->merged_count < MERGED_MOST)
        g->merged[g->merged_count++] = id;
}

/* target is of type deleted_conversation_ids: a list of ids, or one. */
static void read_merge(struct gathered *g, struct json_object *event, const char *into)
{
    struct json_object *target = object_of(event, "target"), *data = json_get(target, "data");
    if (!into || !is(text_of(json_get(target, "_meta"), "type"), "deleted_conversation_ids"))
        return;
    if (!json_object_is_type(data, json_type_array)) {
        add_merged(g, data, into);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(data); i++)
        add_merged(g, json_object_array_get_idx(data, i), into);
}

/* ---- all of it ---- */

static bool is_with_customer(struct json_object *conversation)
{
    const char *type = text_of(conversation, "type"), *status = text_of(conversation, "status");
    return (!type || is(type, "conversation")) && !is(status, "deleted") && !is(status, "spam");
}

static void read_conversation(struct gathered *g, struct json_object *conversation,
                              struct front_news *out)
{
    const char *id = text_of(conversation, "id"), *subject = text_of(conversation, "subject");
    out->conversation_id = front_id(id) ? id : NULL;
    out->subject = subject ? subject : "";
    out->with_customer = is_with_customer(conversation);
    add_text(g, subject);
    add_email(g, text_of(object_of(conversation, "recipient"), "handle"));
}

enum err front_news_read(struct arena *a, struct str body, struct front_news *out, const char **why)
{
    struct json_object *all = NULL;
    if (json_parse(a, body, &limits, &all, why))
        return ERR_INVALID;
    struct json_object *event = object_of(all, "payload");
    const char *type = text_of(all, "type");
    if (!type) {
        *why = "it has no type";
        return ERR_INVALID;
    }
    struct gathered *g = arena_new_of(a, struct gathered);
    *g = (struct gathered){ .arena = a };
    *out = (struct front_news){ .type = text_of(event, "type"), .event_id = text_of(event, "id") };
    if (!out->type)
        out->type = type;
    read_conversation(g, object_of(event, "conversation"), out);
    if (is(out->type, MERGE) || is(type, MERGE))
        read_merge(g, event, out->conversation_id);
    else
        add_message(g, object_of(object_of(event, "target"), "data"));
    out->texts = g->texts;
    out->text_count = g->text_count;
    out->emails = g->emails;
    out->email_count = g->email_count;
    out->merged = g->merged;
    out->merged_count = g->merged_count;
    return OK;
}
