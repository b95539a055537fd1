/* The pages about legal holds: the form, one hold, and what lifting it would free. */
#include "proof/hold_pages.h"

#include "base/json.h"
#include "base/words.h"
#include "proof/holds.h"

#include <string.h>

enum { COUNTED = 10000 };

static const struct {
    const char *scope, *word;
} words[] = { { "unit", "Unit" },     { "building", "Building" },
              { "batch", "Run" },     { "communication", "Message" },
              { "person", "Person" }, { "order", "Order" } };

static const char *word_of(const char *scope)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].scope, scope) == 0)
            return words[i].word;
    return scope;
}

static long long figure(struct json_object *of, const char *key)
{
    return json_object_get_int64(json_get(of, key));
}

static const char *some_words(struct ctx *c, long long n, const char *one, const char *many)
{
    return n > COUNTED ? arena_printf(c->arena, "more than 10,000 %s", many)
                       : count_words(c->arena, n, one, many);
}

/* "2 messages", "1 order", "2 messages and 1 order". */
static const char *things_words(struct ctx *c, long long messages, long long orders)
{
    const char *of_orders = some_words(c, orders, "order", "orders");
    const char *of_messages = some_words(c, messages, "message", "messages");
    return orders == 0     ? of_messages
           : messages == 0 ? of_orders
                           : arena_printf(c->arena, "%s and %s", of_messages, of_orders);
}

void hold_dress(struct ctx *c, struct json_object *hold)
{
    bool counted = json_get(hold, "messages") != NULL;
    long long messages = figure(hold, "messages"), orders = figure(hold, "orders");
    json_set_text(hold, "scopeWord", word_of(json_text(hold, "scope")));
    json_set_text(hold, "keeps", counted ? things_words(c, messages, orders) : NULL);
    json_set_bool(hold, "none", counted && messages + orders == 0);
    json_set_bool(hold, "isPerson", strcmp(json_text(hold, "scope"), "person") == 0);
}

/* ---- the form ---- */

static struct json_object *scopes(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "value", words[i].scope);
        json_set_text(o, "label", words[i].word);
        json_set_bool(o, "selected", chosen && strcmp(words[i].scope, chosen) == 0);
        json_object_array_add(list, o);
    }
    return list;
}

/* What the form is about, where that is known: then it is told, not asked for. */
static enum err add_target(struct ctx *c, const char *scope, const char *value,
                           struct json_object *to)
{
    struct json_object *target;
    if (!scope || !value || json_get(json_get(to, "errors"), "value"))
        return OK;
    enum err e = hold_target(c, scope, value, &target);
    if (e == ERR_INVALID)
        return OK;
    if (e != OK)
        return e;
    json_set_text(target, "scope", scope);
    hold_dress(c, target);
    json_set(to, "target", json_object_get(target));
    return OK;
}

static enum err form(struct req *r, struct reply *p, struct json_object *d)
{
    struct json_object *given = json_get(d, "given");
    const char *scope = json_text(given, "scope"), *value = json_text(given, "value");
    enum err e = add_target(&r->ctx, scope, value, d);
    if (e != OK)
        return e;
    json_set_text(d, "title", "Put a legal hold");
    json_set(d, "scopes", scopes(scope));
    return reply_page(p, "proof/hold_new", NULL, d);
}

enum err page_hold_new(struct req *r, struct reply *p)
{
    const struct hold_of *of = r->input;
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    struct json_object *given = json_object_new_object();
    json_set_text(given, "scope", of->scope);
    json_set_text(given, "value", of->value);
    json_set_text(given, "owner", r->ctx.actor.name);
    json_set(d, "given", given);
    return form(r, p, d);
}

enum err page_hold_again(struct req *r, struct reply *p)
{
    return form(r, p, req_form_again(r));
}

enum err page_hold_add(struct req *r, struct reply *p)
{
    struct json_object *hold;
    struct ctx *c = &r->ctx;
    enum err e = hold_add(c, r->input, &hold);
    if (e != OK)
        return e;
    return reply_redirect(p, arena_printf(c->arena, "/retention/holds/%s", json_text(hold, "id")));
}

/* ---- one ---- */

static enum err add_lifting(struct ctx *c, const char *id, struct json_object *to)
{
    struct json_object *lifting;
    enum err e = hold_lifting(c, id, &lifting);
    if (e != OK)
        return e;
    long long kept = figure(lifting, "messages") - figure(lifting, "free");
    long long kept_orders = figure(lifting, "orders") - figure(lifting, "freeOrders");
    long long freed = figure(lifting, "free") + figure(lifting, "freeOrders");
    long long due = figure(lifting, "due") + figure(lifting, "dueOrders");
    json_set_text(lifting, "freeWords",
                  things_words(c, figure(lifting, "free"), figure(lifting, "freeOrders")));
    json_set_bool(lifting, "some", freed > 0);
    json_set_bool(lifting, "someDue", due > 0);
    json_set_text(lifting, "dueWords",
                  due < freed  ? count_words(c->arena, due, "of them is", "of them are")
                  : freed == 1 ? "It is"
                               : "All of them are");
    if (kept + kept_orders > 0)
        json_set_text(lifting, "stay",
                      arena_printf(c->arena, "%s %s", things_words(c, kept, kept_orders),
                                   kept + kept_orders == 1 ? "stays" : "stay"));
    json_set(to, "lifting", json_object_get(lifting));
    return OK;
}

enum err page_hold(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    struct json_object *d;
    const char *id = req_param(r, "id"), *why = c->problem.n ? c->problem.faults[0].message : NULL;
    enum err e = hold_document(c, id, &d);
    if (e == OK && !json_text(d, "liftedAt"))
        e = add_lifting(c, id, d);
    if (e != OK)
        return e;
    hold_dress(c, d);
    json_set_text(d, "title", "Legal hold");
    json_set_text(d, "error", c->problem.detail ? c->problem.detail : why);
    struct json_object *freed = json_get(d, "freed");
    if (freed)
        json_set_text(freed, "words",
                      things_words(c, figure(freed, "free"), figure(freed, "freeOrders")));
    return reply_page(p, "proof/hold", NULL, d);
}

enum err page_hold_lift(struct req *r, struct reply *p)
{
    struct json_object *hold;
    struct ctx *c = &r->ctx;
    const char *const *token = r->input, *id = req_param(r, "id");
    enum err e = hold_lift(c, id, *token, &hold);
    return e == OK ? reply_redirect(p, arena_printf(c->arena, "/retention/holds/%s", id)) : e;
}
