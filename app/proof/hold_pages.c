/* The pages about legal holds: the form, one hold, and what lifting it would free. */
#include "proof/hold_pages.h"

#include "base/json.h"
#include "base/words.h"
#include "proof/holds.h"

#include <string.h>

enum { COUNTED = 10000 };

static const struct {
    const char *scope, *word;
} words[] = { { "unit", "Unit" },
              { "building", "Building" },
              { "batch", "Run" },
              { "communication", "Message" },
              { "person", "Person" } };

static const char *word_of(const char *scope)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].scope, scope) == 0)
            return words[i].word;
    return scope;
}

static const char *messages_words(struct ctx *c, struct json_object *of)
{
    long long n = json_object_get_int64(json_get(of, "messages"));
    return n > COUNTED ? "more than 10,000 messages"
                       : count_words(c->arena, n, "message", "messages");
}

void hold_dress(struct ctx *c, struct json_object *hold)
{
    bool counted = json_get(hold, "messages") != NULL;
    json_set_text(hold, "scopeWord", word_of(json_text(hold, "scope")));
    json_set_text(hold, "keeps", counted ? messages_words(c, hold) : NULL);
    json_set_bool(hold, "none", counted && json_object_get_int64(json_get(hold, "messages")) == 0);
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
    long long messages = json_object_get_int64(json_get(lifting, "messages"));
    long long freed = json_object_get_int64(json_get(lifting, "free"));
    long long due = json_object_get_int64(json_get(lifting, "due"));
    json_set_text(lifting, "freeWords", count_words(c->arena, freed, "message", "messages"));
    json_set_bool(lifting, "some", freed > 0);
    json_set_bool(lifting, "someDue", due > 0);
    json_set_text(lifting, "dueWords",
                  due < freed  ? count_words(c->arena, due, "of them is", "of them are")
                  : freed == 1 ? "It is"
                               : "All of them are");
    if (messages > freed)
        json_set_text(lifting, "stay",
                      count_words(c->arena, messages - freed, "message stays", "messages stay"));
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
                      count_words(c->arena, json_object_get_int64(json_get(freed, "free")),
                                  "message", "messages"));
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
