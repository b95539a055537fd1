/* The pages of rules: the list, one with what it told, and their form. */
#include "notify/team_page.h"

#include "base/json.h"
#include "base/words.h"
#include "ship/words.h"

#include <stddef.h>
#include <string.h>

/* ---- the form's input ---- */

#define TELL(place, status)                                                                        \
    {                                                                                              \
        status, FIELD_BOOL, offsetof(struct team_tell, on) + (place) * sizeof(bool),               \
            .help = "Whether it is told."                                                          \
    }

static const struct field tell_fields[] = {
    TELL(0, "pending"),          TELL(1, "info_received"),  TELL(2, "in_transit"),
    TELL(3, "out_for_delivery"), TELL(4, "failed_attempt"), TELL(5, "available_for_pickup"),
    TELL(6, "delivered"),        TELL(7, "exception"),      TELL(8, "returned"),
    TELL(9, "cancelled"),        TELL(10, TEAM_SILENT),     { .name = NULL },
};
const struct input team_tell_input = { "TeamRuleTell", sizeof(struct team_tell), tell_fields };

static struct team_rule rule_of(struct ctx *c, const struct team_form *form)
{
    struct team_rule rule = form->rule;
    size_t n = 0;
    const char **list = arena_zalloc(c->arena, sizeof(form->tell->on) + 1, sizeof(*list));
    for (size_t i = 0; form->tell && team_statuses[i]; i++)
        if (form->tell->on[i])
            list[n++] = team_statuses[i];
    rule.statuses = list;
    return rule;
}

/* ---- words ---- */

static const struct label ways[] = {
    { .name = "email", .word = "E-mail" },
    { .name = "slack", .word = "Slack" },
    { .name = "webhook", .word = "Webhook" },
    { .name = NULL, .word = "" },
};
static const struct label digests[] = {
    { .name = "none", .word = "At once" },
    { .name = "hourly", .word = "Each full hour" },
    { .name = "daily", .word = "Each day at eight" },
    { .name = NULL, .word = "" },
};
static const struct label roles[] = {
    { .name = "viewer", .word = "Viewers" },
    { .name = "agent", .word = "Agents" },
    { .name = "admin", .word = "Admins" },
    { .name = "owner", .word = "Owners" },
    { .name = NULL, .word = "" },
};
static const struct label message_states[] = {
    { "sending", "On its way", "clock", "moving" },
    { "sent", "Told", "check", "done" },
    { "failed", "Not told", "circle-x", "failed" },
    { "stuck", "Stuck", "circle-x", "failed" },
    { NULL, "", "", "" },
};

static const struct label *label_of(const struct label *list, const char *name)
{
    while (list->name && strcmp(list->name, name) != 0)
        list++;
    return list;
}

static const char *status_word(const char *status)
{
    return strcmp(status, TEAM_SILENT) == 0 ? "Silent" : parcel_label(status)->word;
}

/* "Delivered, Exception", "Every change". */
static const char *statuses_words(struct arena *a, struct json_object *list)
{
    struct buf b = buf_in(a);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        buf_printf(&b, "%s%s", i ? ", " : "",
                   status_word(json_object_get_string(json_object_array_get_idx(list, i))));
    return b.p ? b.p : "Every change";
}

static void dress(struct arena *a, struct json_object *rule)
{
    const char *way = json_text(rule, "way"), *role = json_text(rule, "role");
    const char *state = json_text(rule, "lastState");
    bool mail = strcmp(way, "email") == 0;
    json_set_text(rule, "wayWord", label_of(ways, way)->word);
    json_set_text(rule, "whom",
                  mail ? (role ? label_of(roles, role)->word : "Everybody")
                       : json_text(rule, "accountName"));
    json_set_text(rule, "digestWord", label_of(digests, json_text(rule, "digest"))->word);
    json_set_text(rule, "statusesWords", statuses_words(a, json_get(rule, "statuses")));
    if (state) {
        struct json_object *last = json_object_new_object();
        label_set(last, label_of(message_states, state));
        json_set(rule, "last", last);
    }
    if (json_object_get_int64(json_get(rule, "stuck")) > 0)
        json_set_text(rule, "stuckWords",
                      count_words(a, json_object_get_int64(json_get(rule, "stuck")),
                                  "message is stuck", "messages are stuck"));
    if (json_object_get_int64(json_get(rule, "waiting")) > 0)
        json_set_text(rule, "waitingWords",
                      count_words(a, json_object_get_int64(json_get(rule, "waiting")),
                                  "change waits", "changes wait"));
}

/* ---- the form ---- */

static void add_choice(struct json_object *list, const char *value, const char *label,
                       const char *chosen)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "value", value);
    json_set_text(o, "label", label);
    json_set_bool(o, "selected", chosen && strcmp(chosen, value) == 0);
    json_object_array_add(list, o);
}

static struct json_object *choices(const struct label *labels, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (; labels->name; labels++)
        add_choice(list, labels->name, labels->word, chosen);
    return list;
}

static struct json_object *account_choices(struct arena *a, struct json_object *list,
                                           const char *chosen)
{
    struct json_object *out = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        add_choice(out, json_text(one, "id"),
                   arena_printf(a, "%s, %s", label_of(ways, json_text(one, "provider"))->word,
                                json_text(one, "name")),
                   chosen);
    }
    return out;
}

static struct json_object *building_choices(struct arena *a, struct json_object *list,
                                            const char *chosen)
{
    struct json_object *out = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        add_choice(out, json_text(one, "id"),
                   arena_printf(a, "%s, %s", json_text(one, "code"), json_text(one, "name")),
                   chosen);
    }
    return out;
}

static bool holds(struct json_object *list, const char *text)
{
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), text) == 0)
            return true;
    return false;
}

static struct json_object *ticks(struct arena *a, struct json_object *rule,
                                 struct json_object *given)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; team_statuses[i]; i++) {
        struct json_object *o = json_object_new_object();
        const char *name = arena_printf(a, "tell.%s", team_statuses[i]);
        bool is_on = given ? json_text(given, name) != NULL
                           : rule && holds(json_get(rule, "statuses"), team_statuses[i]);
        json_set_text(o, "name", name);
        json_set_text(o, "label", status_word(team_statuses[i]));
        json_set_bool(o, "on", is_on);
        json_object_array_add(list, o);
    }
    return list;
}

/* What the form is filled with: what was given and refused, else the rule, else nothing. */
static enum err form(struct ctx *c, struct json_object *rule, struct json_object *again,
                     struct json_object **out)
{
    struct json_object *found, *given = json_get(again, "given");
    struct json_object *from = given ? given : rule;
    enum err e = team_choices(c, &found);
    if (e != OK)
        return e;
    static const char *const texts[] = { "name", "channel", "shop", "quietFrom", "quietUntil" };
    struct json_object *d = json_own(c->arena, json_object_new_object());
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_set_text(d, texts[i], json_text(from, texts[i]) ? json_text(from, texts[i]) : "");
    json_set(d, "ways", choices(ways, json_text(from, "way")));
    json_set(d, "roles", choices(roles, json_text(from, "role")));
    json_set(d, "digests", choices(digests, json_text(from, "digest")));
    json_set(d, "accounts",
             account_choices(c->arena, json_get(found, "accounts"), json_text(from, "accountId")));
    json_set_bool(d, "anyAccount", json_object_array_length(json_get(found, "accounts")) > 0);
    json_set(
        d, "buildings",
        building_choices(c->arena, json_get(found, "buildings"), json_text(from, "buildingId")));
    json_set(d, "statuses", ticks(c->arena, rule, given));
    json_set_bool(d, "enabled",
                  given ? json_text(given, "enabled") != NULL
                        : json_object_get_boolean(json_get(rule, "enabled")));
    json_set(d, "errors", json_object_get(json_get(again, "errors")));
    json_set_text(d, "error", json_text(again, "error"));
    *out = d;
    return OK;
}

/* ---- pages ---- */

enum err team_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = team_rules_list(&r->ctx, &d);
    if (e != OK)
        return e;
    struct json_object *list = json_get(d, "rules");
    for (size_t i = 0; i < json_object_array_length(list); i++)
        dress(r->ctx.arena, json_object_array_get_idx(list, i));
    json_set_bool(d, "any", json_object_array_length(list) > 0);
    return reply_page(p, "ship/team", NULL, d);
}

static enum err show_new(struct req *r, struct reply *p, struct json_object *again)
{
    struct json_object *filled, *d = json_own(r->ctx.arena, json_object_new_object());
    enum err e = form(&r->ctx, NULL, again, &filled);
    if (e != OK)
        return e;
    json_set(d, "form", json_object_get(filled));
    return reply_page(p, "ship/team_new", NULL, d);
}

enum err team_new_page(struct req *r, struct reply *p)
{
    return show_new(r, p, NULL);
}

enum err team_new_again(struct req *r, struct reply *p)
{
    return show_new(r, p, req_form_again(r));
}

static enum err show_rule(struct req *r, struct reply *p, struct json_object *again)
{
    struct ctx *c = &r->ctx;
    struct json_object *rule, *filled, *told;
    const char *id = req_param(r, "ruleId");
    enum err e = team_rule_get(c, id, &rule);
    if (e == OK)
        e = form(c, rule, again, &filled);
    if (e == OK)
        e = team_messages_of(c, id, &told);
    if (e != OK)
        return e;
    struct json_object *list = json_get(told, "messages");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *m = json_object_array_get_idx(list, i);
        bool stuck = json_object_get_boolean(json_get(m, "stuck"));
        bool failed = strcmp(json_text(m, "state"), "failed") == 0;
        label_set(m, label_of(message_states, stuck ? "stuck" : json_text(m, "state")));
        json_set_bool(m, "mayRetry",
                      (stuck || failed) && json_object_get_boolean(json_get(rule, "enabled")));
        json_set_text(m, "what",
                      json_object_get_boolean(json_get(m, "test"))
                          ? "A test"
                          : count_words(c->arena, json_object_get_int64(json_get(m, "changes")),
                                        "change", "changes"));
    }
    dress(c->arena, rule);
    json_set(rule, "form", json_object_get(filled));
    json_set(rule, "messages", json_object_get(list));
    json_set_bool(rule, "anyMessages", json_object_array_length(list) > 0);
    return reply_page(p, "ship/team_rule", NULL, rule);
}

enum err team_rule_page(struct req *r, struct reply *p)
{
    return show_rule(r, p, NULL);
}

enum err team_rule_again(struct req *r, struct reply *p)
{
    return show_rule(r, p, req_form_again(r));
}

/* ---- what they do ---- */

enum err team_add_page(struct req *r, struct reply *p)
{
    const char *id;
    const struct team_rule rule = rule_of(&r->ctx, r->input);
    enum err e = team_rule_add(&r->ctx, &rule, &id);
    return e == OK ? reply_redirect(p, arena_printf(r->ctx.arena, "/team/%s", id)) : e;
}

enum err team_set_page(struct req *r, struct reply *p)
{
    const struct team_rule rule = rule_of(&r->ctx, r->input);
    enum err e = team_rule_set(&r->ctx, req_param(r, "ruleId"), &rule);
    return e == OK ? reply_redirect(p, "/team") : e;
}

enum err team_remove_page(struct req *r, struct reply *p)
{
    enum err e = team_rule_remove(&r->ctx, req_param(r, "ruleId"));
    return e == OK ? reply_redirect(p, "/team") : e;
}

enum err team_test_page(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "ruleId");
    enum err e = team_rule_test(&r->ctx, id);
    return e == OK ? reply_redirect(p, arena_printf(r->ctx.arena, "/team/%s", id)) : e;
}

enum err team_retry_page(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "ruleId");
    enum err e = team_message_retry(&r->ctx, id, req_param(r, "messageId"));
    return e == OK ? reply_redirect(p, arena_printf(r->ctx.arena, "/team/%s", id)) : e;
}
