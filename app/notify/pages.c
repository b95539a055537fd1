/* The pages of notifications: the list, how one would read, a test of it. */
#include "notify/pages.h"

#include "base/json.h"
#include "db/db.h"
#include "notify/knock_view.h"
#include "notify/notices.h"
#include "notify/notify.h"
#include "notify/preview.h"
#include "ship/words.h"

#include <stddef.h>
#include <string.h>

struct link {
    const char *name, *value; /* value NULL: left out */
};

static const char *href(struct ctx *c, const char *path, const struct link *parts, size_t n)
{
    struct buf b = buf_in(c->arena);
    const char *before = "?";
    buf_puts(&b, path);
    for (size_t i = 0; i < n; i++) {
        if (!parts[i].value || !*parts[i].value)
            continue;
        buf_printf(&b, "%s%s=", before, parts[i].name);
        buf_url(&b, parts[i].value, strlen(parts[i].value));
        before = "&";
    }
    return b.p;
}

static void add_choice(struct json_object *list, const char *value, const char *label,
                       const char *chosen)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "value", value);
    json_set_text(o, "label", label);
    json_set_bool(o, "selected", strcmp(value, chosen ? chosen : "") == 0);
    json_object_array_add(list, o);
}

static struct json_object *types_to_choose(const char *all, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    if (all)
        add_choice(list, "", all, chosen);
    for (const char *const *name = notice_names; *name; name++)
        add_choice(list, *name, notice_type_word(*name), chosen);
    return list;
}

/* ---- the list ---- */

static struct json_object *states_to_choose(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    add_choice(list, "", "Every state", chosen);
    for (const char *const *name = notice_states; *name; name++)
        add_choice(list, *name, notice_state_label(*name)->word, chosen);
    return list;
}

static void dress(struct json_object *n)
{
    const char *state = json_text(n, "state"), *orchestrator = json_text(n, "orchestrator");
    bool knock = strcmp(orchestrator, "knock") == 0;
    label_set(n, notice_state_label(state));
    json_set_text(n, "typeWord", notice_type_word(json_text(n, "type")));
    json_set_text(n, "reasonWords", notice_reason_words(json_text(n, "reason")));
    json_set_bool(n, "byKnock", knock);
    json_set_text(n, "withoutKnock", knock ? NULL : json_text(n, "askError"));
}

static enum err add_orchestrator(struct ctx *c, struct json_object *d)
{
    struct json_object *view;
    if (c->actor.role < ROLE_ADMIN)
        return OK;
    enum err e = knock_view(c, &view);
    if (e != OK)
        return e;
    json_set_bool(view, "byKnock", strcmp(json_text(view, "orchestrator"), "knock") == 0);
    json_set_bool(view, "ownKeys",
                  json_text(view, "keys") && strcmp(json_text(view, "keys"), "tenant") == 0);
    json_set(d, "who", json_object_get(view));
    return OK;
}

enum err notices_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct ctx *c = &r->ctx;
    const struct notices_query *q = r->input;
    enum err e = notices_list(c, q, &d);
    if (e == OK)
        e = add_orchestrator(c, d);
    if (e != OK)
        return e;
    struct json_object *items = json_get(d, "items");
    for (size_t i = 0; i < json_object_array_length(items); i++)
        dress(json_object_array_get_idx(items, i));
    const char *cursor = json_text(d, "nextCursor");
    const struct link next[] = { { "state", q->state },
                                 { "type", q->type },
                                 { "shipmentId", q->shipment_id },
                                 { "orderId", q->order_id },
                                 { "after", cursor } };
    json_set(d, "states", states_to_choose(q->state));
    json_set(d, "types", types_to_choose("Every type", q->type));
    json_set_text(d, "shipmentId", q->shipment_id);
    json_set_text(d, "orderId", q->order_id);
    json_set_bool(d, "any", json_object_array_length(items) > 0);
    json_set_bool(d, "filtered", q->state || q->type || q->shipment_id || q->order_id || q->after);
    json_set_text(d, "first", q->after ? href(c, "/notifications", next, 4) : NULL);
    json_set_text(d, "nextPage", cursor ? href(c, "/notifications", next, 5) : NULL);
    json_set_text(d, "title", "Notifications");
    return reply_page(p, "ship/notifications", NULL, d);
}

/* ---- the preview ---- */

struct page_query {
    const char *type, *language, *shipment;
    bool tested;
};

static const struct field page_fields[] = {
    { "type", FIELD_CHOICE, offsetof(struct page_query, type), .values = notice_names,
      .help = "What the customer is told." },
    { "language", FIELD_CHOICE, offsetof(struct page_query, language), .values = notice_languages,
      .help = "Without it that of the shipment's customer, else of the house." },
    { "shipment", FIELD_TEXT, offsetof(struct page_query, shipment), .max = 100,
      .help = "Its id, its tracking number or its order's number; without it an example." },
    { "tested", FIELD_BOOL, offsetof(struct page_query, tested), .help = "A test was just sent." },
    { .name = NULL },
};
const struct input notice_page_input = { "NotificationPage", sizeof(struct page_query),
                                         page_fields };

static const struct field body_fields[] = {
    { "type", FIELD_CHOICE, offsetof(struct notice_preview, type), .required = true,
      .values = notice_names, .help = "What the customer is told." },
    { "language", FIELD_CHOICE, offsetof(struct notice_preview, language),
      .values = notice_languages,
      .help = "Without it that of the shipment's customer, else of the house." },
    { "shipmentId", FIELD_UUID, offsetof(struct notice_preview, shipment_id),
      .help = "A shipment to tell of; without it an example." },
    { .name = NULL },
};
const struct input notice_body_input = { "NotificationBody", sizeof(struct notice_preview),
                                         body_fields };

static struct json_object *languages_to_choose(const char *chosen)
{
    static const char *const words[] = { "English", "German", "French", "Spanish" };
    struct json_object *list = json_object_new_array();
    add_choice(list, "", "The customer's", chosen);
    for (size_t i = 0; notice_languages[i]; i++)
        add_choice(list, notice_languages[i], words[i], chosen);
    return list;
}

/* A number that nobody knows is told beside its field. */
static enum err add_text(struct ctx *c, const struct page_query *q, const char *type,
                         struct json_object *d)
{
    struct json_object *text, *shipment = NULL;
    enum err e = q->shipment ? notice_shipment(c, q->shipment, &shipment) : OK;
    if (e == ERR_INVALID) {
        json_set_text(d, "unknown", c->problem.faults[0].message);
        return OK;
    }
    const struct notice_preview of = { type, q->language, json_text(shipment, "shipmentId") };
    if (e == OK)
        e = notice_preview(c, &of, &text);
    if (e != OK)
        return e;
    const struct link frame[] = { { "type", type },
                                  { "language", json_text(text, "language") },
                                  { "shipmentId", of.shipment_id } };
    json_set_text(text, "bodyHref", href(c, "/notifications/preview/body", frame, 3));
    json_set(d, "text", json_object_get(text));
    json_set(d, "of", shipment ? json_object_get(shipment) : NULL);
    return OK;
}

enum err notice_preview_page(struct req *r, struct reply *p)
{
    const struct page_query *q = r->input;
    const char *type = q->type ? q->type : notice_names[0];
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    enum err e = add_text(&r->ctx, q, type, d);
    if (e != OK)
        return e;
    json_set_text(d, "type", type);
    json_set_text(d, "shipment", q->shipment);
    json_set_bool(d, "tested", q->tested);
    json_set(d, "types", types_to_choose(NULL, type));
    json_set(d, "languages", languages_to_choose(q->language));
    json_set_text(d, "title", "Preview of a notification");
    return reply_page(p, "ship/notification_preview", NULL, d);
}

#define FRAME_POLICY                                                                               \
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors "      \
    "'self'"
#define FRAME_STYLE                                                                                \
    "body { margin: 1rem; font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: "      \
    "#fff; "                                                                                       \
    "overflow-wrap: anywhere }"

enum err notice_body_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = notice_preview(&r->ctx, r->input, &d);
    if (e != OK)
        return e;
    p->content_type = "text/html; charset=utf-8";
    reply_header(p, "Content-Security-Policy", FRAME_POLICY);
    reply_header(p, "X-Frame-Options", "SAMEORIGIN");
    buf_printf(&p->body,
               "<!doctype html><html lang=\"%s\"><meta charset=\"utf-8\"><title>Notification"
               "</title><style>%s</style>%s</html>",
               json_text(d, "language"), FRAME_STYLE, json_text(d, "html"));
    return OK;
}

/* ---- a test to oneself ---- */

enum err notice_test_post(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct notice_preview *q = r->input;
    enum err e = notice_test(&r->ctx, q, &d);
    if (e != OK)
        return e;
    const struct link back[] = { { "type", q->type },
                                 { "language", q->language },
                                 { "shipment", q->shipment_id },
                                 { "tested", "true" } };
    return reply_redirect(p, href(&r->ctx, "/notifications/preview", back, 4));
}
