/* The routes of SMS: estimates, and the suppressions of all channels. */
#include "track/sms.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "track/sms_estimate.h"
#include "track/suppression.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

/* ---- what may be asked ---- */

#define AT(member) offsetof(struct suppression_query, member)
static const struct field list_fields[] = {
    { "channel", FIELD_CHOICE, AT(channel), .values = suppression_channels,
      .help = "Only addresses of this channel." },
    { "reason", FIELD_CHOICE, AT(reason), .values = suppression_reasons,
      .help = "Only those with this reason." },
    { "state", FIELD_CHOICE, AT(state), .values = suppression_states,
      .help = "Absent: those that stand." },
    { "search", FIELD_TEXT, AT(search), .max = 200,
      .help = "Part of the address, the reason or the recipient's name." },
    { "after", FIELD_TEXT, AT(after), .max = 2048, .help = "The nextCursor of the answer before." },
    { .name = NULL },
};
static const struct input list_query = { "SuppressionsQuery", sizeof(struct suppression_query),
                                         list_fields };

#define NEW(member) offsetof(struct suppression_new, member)
static const struct field new_fields[] = {
    { "channel", FIELD_CHOICE, NEW(channel), .required = true, .values = suppression_channels,
      .help = "What is not to be sent any more." },
    { "address", FIELD_TEXT, NEW(address), .required = true, .min = 3, .max = 254,
      .help = "An e-mail address, or a phone number like +41791234567." },
    { "note", FIELD_TEXT, NEW(note), .max = 500, .help = "Why, in a sentence." },
    { .name = NULL },
};
static const struct input new_input = { "SuppressionNew", sizeof(struct suppression_new),
                                        new_fields };

struct estimate_query {
    const char *text, *batch;
};
static const struct field estimate_fields[] = {
    { "text", FIELD_TEXT, offsetof(struct estimate_query, text), .max = 2000,
      .help = "A text to be sent." },
    { "batch", FIELD_UUID, offsetof(struct estimate_query, batch),
      .help = "A batch, whose SMS that were not sent yet are counted." },
    { .name = NULL },
};
static const struct input estimate_query = { "SmsEstimateQuery", sizeof(struct estimate_query),
                                             estimate_fields };

/* ---- what is answered ---- */

static const char *const encodings[] = { "GSM-7", "UCS-2", NULL };

#define PRICE                                                                                      \
    { "cost", SHAPE_TEXT, .help = "Null where the account sets no costPerPart.",                   \
      .example = "0.15", .nullable = true },                                                       \
        { "currency", SHAPE_TEXT, .example = "CHF", .nullable = true },                            \
    {                                                                                              \
        "dryRun", SHAPE_BOOL, .help = "No SMS account is set up: the sink takes them."             \
    }

static const struct member text_members[] = {
    { "text", SHAPE_TEXT, .help = "As it would be sent." },
    { "encoding", SHAPE_CHOICE, .values = encodings },
    { "units", SHAPE_COUNT, .help = "Septets, or 16-bit units." },
    { "parts", SHAPE_COUNT, .help = "What is paid for." },
    { "foreign", SHAPE_TEXT, .help = "The first character that is not in the SMS alphabet.",
      .nullable = true },
    { "warning", SHAPE_TEXT, .help = "Why it costs more than it looks.", .nullable = true },
    PRICE,
    { .name = NULL },
};
static const struct shape text_shape = { "SmsEstimate", "A text as an SMS.", text_members };

static const struct member estimate_members[] = {
    { "messages", SHAPE_COUNT, .help = "SMS of the batch that were not sent yet.",
      .optional = true },
    { "inSeveralParts", SHAPE_COUNT, .help = "Of those.", .optional = true },
    { "unicode", SHAPE_COUNT, .help = "With a character that is not in the SMS alphabet.",
      .optional = true },
    { "withoutNumber", SHAPE_COUNT, .help = "They will fail.", .optional = true },
    { "suppressed", SHAPE_COUNT, .help = "They will be skipped.", .optional = true },
    { "example", SHAPE_OBJECT, .help = "One of the longest.", .of = &text_shape, .nullable = true,
      .optional = true },
    { "text", SHAPE_TEXT, .help = "The text as it would be sent.", .optional = true },
    { "encoding", SHAPE_CHOICE, .values = encodings, .optional = true },
    { "units", SHAPE_COUNT, .help = "Septets, or 16-bit units.", .optional = true },
    { "foreign", SHAPE_TEXT, .help = "The first character that is not in the SMS alphabet.",
      .nullable = true, .optional = true },
    { "parts", SHAPE_COUNT, .help = "What is paid for." },
    { "warning", SHAPE_TEXT, .help = "Why it costs more than it looks.", .nullable = true },
    PRICE,
    { .name = NULL },
};
static const struct shape estimate_shape = { "SmsEstimates",
                                             "What a text, or a batch's SMS, would cost.",
                                             estimate_members };

static const struct member suppression_members[] = {
    { "suppressionId", SHAPE_UUID, .help = "The suppression." },
    { "channel", SHAPE_CHOICE, .help = "What it is about.", .values = suppression_channels },
    { "address", SHAPE_TEXT, .help = "Viewers see part of it.", .example = "+41791234567" },
    { "reason", SHAPE_CHOICE, .values = suppression_reasons },
    { "blocks", SHAPE_BOOL, .help = "Messages are skipped; else the address is only marked." },
    { "sentence", SHAPE_TEXT, .help = "Why, in plain words." },
    { "blockedCount", SHAPE_COUNT, .help = "Messages that it kept back." },
    { "createdAt", SHAPE_TIME, .help = "Since when." },
    { "createdBy", SHAPE_TEXT, .help = "Who put it there; null: a message did.", .nullable = true },
    { "liftedAt", SHAPE_TIME, .nullable = true },
    { "liftedBy", SHAPE_TEXT, .nullable = true },
    { "communicationId", SHAPE_UUID, .help = "The message that caused it.", .nullable = true },
    { "recipientName", SHAPE_TEXT, .nullable = true },
    { "unitId", SHAPE_UUID, .nullable = true },
    { "unitNumber", SHAPE_TEXT, .nullable = true },
    { "year", SHAPE_INT, .nullable = true },
    { "buildingName", SHAPE_TEXT, .nullable = true },
    { .name = NULL },
};
static const struct shape suppression_shape = {
    "Suppression", "An address that nothing is sent to, or that something is wrong with.",
    suppression_members
};

static const struct member list_members[] = {
    { "items", SHAPE_LIST, .help = "At most 50.", .of = &suppression_shape },
    { "nextCursor", SHAPE_TEXT, .help = "For `after`; null on the last page.", .nullable = true },
    { .name = NULL },
};
static const struct shape list_shape = { "Suppressions", "Suppressions, newest first.",
                                         list_members };

/* ---- the API ---- */

static enum err api_estimate(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct estimate_query *q = r->input;
    if (!q->text == !q->batch)
        return ctx_fault(&r->ctx, "text", "or a batch is needed, not both");
    enum err e = q->text ? sms_estimate_text(&r->ctx, q->text, &d)
                         : sms_estimate_batch(&r->ctx, q->batch, &d);
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = suppression_list(&r->ctx, r->input, &d);
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = suppression_get(&r->ctx, req_param(r, "suppressionId"), &d);
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id;
    struct json_object *d;
    enum err e = suppression_add(&r->ctx, r->input, &id);
    if (e == OK)
        e = suppression_get(&r->ctx, id, &d);
    if (e != OK)
        return e;
    reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/track/suppressions/%s", id));
    return reply_json(p, 201, d);
}

static enum err api_lift(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = req_param(r, "suppressionId");
    enum err e = suppression_lift(&r->ctx, id);
    if (e == OK)
        e = suppression_get(&r->ctx, id, &d);
    return e != OK ? e : reply_json(p, 200, d);
}

/* ---- the page ---- */

static const struct word {
    const char *value, *label;
} channel_words[] = { { "EMAIL", "E-mail" }, { "SMS", "SMS" }, { NULL, NULL } },
  reason_words[] = { { "opt_out", "Opted out" },
                     { "complaint", "Complained" },
                     { "manual", "By hand" },
                     { "bad_address", "Bad address" },
                     { NULL, NULL } },
  state_words[] = {
      { "standing", "Standing" }, { "lifted", "Lifted" }, { "all", "All" }, { NULL, NULL }
  };

static const char *label_of(const struct word *words, const char *value)
{
    while (words->value && strcmp(words->value, value) != 0)
        words++;
    return words->label ? words->label : value;
}

static struct json_object *choices(const struct word *words, const char *all, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (const struct word *w = all ? &(struct word){ "", all } : words; w->value;
         w = *w->value ? w + 1 : words) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "value", w->value);
        json_set_text(o, "label", w->label);
        json_set_bool(o, "selected", chosen && strcmp(w->value, chosen) == 0);
        json_object_array_add(list, o);
    }
    return list;
}

static void put_words(struct req *r, struct json_object *items)
{
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *one = json_object_array_get_idx(items, i);
        bool lifted = json_text(one, "liftedAt") != NULL;
        const char *unit = json_text(one, "unitId");
        json_set_text(one, "channelLabel", label_of(channel_words, json_text(one, "channel")));
        json_set_text(one, "reasonLabel", label_of(reason_words, json_text(one, "reason")));
        json_set_bool(one, "marked", !lifted && !json_object_get_boolean(json_get(one, "blocks")));
        json_set_bool(one, "stops", !lifted && json_object_get_boolean(json_get(one, "blocks")));
        json_set_bool(one, "canLift", !lifted && r->ctx.actor.role >= ROLE_AGENT);
        json_set_text(one, "causeHref",
                      unit ? arena_printf(r->ctx.arena, "/track/units/%s?year=%d", unit,
                                          json_object_get_int(json_get(one, "year")))
                           : NULL);
    }
}

static const char *next_href(struct ctx *c, const struct suppression_query *q, const char *cursor)
{
    struct buf b = buf_in(c->arena);
    const struct pair parts[] = { { "channel", q->channel },
                                  { "reason", q->reason },
                                  { "state", q->state },
                                  { "search", q->search },
                                  { "after", cursor } };
    if (!cursor)
        return NULL;
    buf_puts(&b, "/suppressions?");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].value)
            continue;
        buf_printf(&b, "%s=", parts[i].name);
        buf_url(&b, parts[i].value, strlen(parts[i].value));
        if (i < 4)
            buf_putc(&b, '&');
    }
    return b.p;
}

static enum err page(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct ctx *c = &r->ctx;
    const struct suppression_query *q = r->input;
    enum err e = suppression_list(c, q, &d);
    if (e != OK)
        return e;
    put_words(r, json_get(d, "items"));
    json_set(d, "channels", choices(channel_words, "Every channel", q->channel));
    json_set(d, "newChannels", choices(channel_words, NULL, "SMS"));
    json_set(d, "reasons", choices(reason_words, "Every reason", q->reason));
    json_set(d, "states", choices(state_words, NULL, q->state));
    json_set_text(d, "search", q->search);
    json_set_bool(d, "filtered", q->channel || q->reason || q->search || q->state || q->after);
    json_set_bool(d, "canAdd", c->actor.role >= ROLE_AGENT && c->actor.all_buildings);
    json_set_text(d, "first", q->after ? "/suppressions" : NULL);
    json_set_text(d, "next", next_href(c, q, json_text(d, "nextCursor")));
    return reply_page(p, "suppression/list", NULL, d);
}

static enum err add_page(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = suppression_add(&r->ctx, r->input, &id);
    return e != OK ? e : reply_redirect(p, "/suppressions");
}

static enum err lift_page(struct req *r, struct reply *p)
{
    enum err e = suppression_lift(&r->ctx, req_param(r, "suppressionId"));
    return e != OK ? e : reply_redirect(p, "/suppressions");
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/suppressions", page, ROLE_VIEWER, &list_query,
      .doc = "Addresses that nothing is sent to, or that something is wrong with." },
    { METHOD_POST, ROUTE_PAGE, "/suppressions", add_page, ROLE_AGENT, &new_input, .whole = true,
      .doc = "Has nothing more sent to an address." },
    { METHOD_POST, ROUTE_PAGE, "/suppressions/:suppressionId/lift", lift_page, ROLE_AGENT,
      .doc = "Lifts a suppression." },
    { METHOD_GET, ROUTE_API, "/api/track/suppressions", api_list, ROLE_VIEWER, &list_query,
      .doc = "Suppressions, newest first, 50 at a time.", .answer = &list_shape },
    { METHOD_POST, ROUTE_API, "/api/track/suppressions", api_add, ROLE_AGENT, &new_input,
      .whole = true, .doc = "Has nothing more sent to an address.", .answer = &suppression_shape,
      .status = 201 },
    { METHOD_GET, ROUTE_API, "/api/track/suppressions/:suppressionId", api_get, ROLE_VIEWER,
      .doc = "A suppression.", .answer = &suppression_shape },
    { METHOD_POST, ROUTE_API, "/api/track/suppressions/:suppressionId/lift", api_lift, ROLE_AGENT,
      .doc = "Lifts a suppression: messages go to the address again.",
      .answer = &suppression_shape },
    { METHOD_GET, ROUTE_API, "/api/track/sms/estimate", api_estimate, ROLE_VIEWER, &estimate_query,
      .doc = "What a text, or the SMS of a batch that were not sent yet, would cost.",
      .answer = &estimate_shape },
    { .path = NULL },
};

const struct domain sms_domain = {
    .name = "sms",
    .routes = routes,
    .hooks = sms_hooks,
};
