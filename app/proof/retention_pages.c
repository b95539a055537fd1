/* The pages about retention: what is set, what would go and is confirmed, what went. */
#include "proof/retention_pages.h"

#include "base/json.h"
#include "base/words.h"
#include "proof/erasure.h"
#include "proof/hold_pages.h"
#include "proof/holds.h"
#include "proof/plan.h"
#include "proof/token.h"

#include <stdlib.h>
#include <string.h>

static int64_t figure(struct json_object *of, const char *key)
{
    return json_object_get_int64(json_get(of, key));
}

static const char *counted(struct ctx *c, struct json_object *of, const char *key, const char *one,
                           const char *many)
{
    return count_words(c->arena, figure(of, key), one, many);
}

static void set_any(struct json_object *d, const char *name, const char *list)
{
    json_put(d, name, true,
             json_object_new_boolean(json_object_array_length(json_get(d, list)) > 0));
}

/* ---- a plan ---- */

static const char *clock_words(const char *clock)
{
    return strcmp(clock, "content") == 0  ? "content"
           : strcmp(clock, "person") == 0 ? "personal data"
           : strcmp(clock, "proof") == 0  ? "proof"
                                          : "content or personal data, whichever ends first";
}

static void set_sum(struct json_object *d, const char *name, const char *one, const char *other)
{
    json_put(d, name, true, json_object_new_int64(figure(d, one) + figure(d, other)));
}

/* The words of each; only of those that go, where that is asked. */
static void dress_list(struct json_object *d, const char *name, bool going)
{
    struct json_object *list = json_get(d, name), *left = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        json_set_text(one, "clockWords", clock_words(json_text(one, "clock")));
        if (!going || json_object_get_boolean(json_get(one, "deletes")))
            json_object_array_add(left, json_object_get(one));
    }
    json_put(d, name, false, left);
}

static enum err show_plan(struct req *r, struct reply *p, const struct retention_policy *policy,
                          const char *error)
{
    struct ctx *c = &r->ctx;
    struct json_object *d;
    enum err e = plan_make(c, policy, &d);
    if (e != OK)
        return e;
    dress_list(d, "parts", true);
    dress_list(d, "tables", true);
    struct json_object *holds = json_get(d, "holds");
    for (size_t i = 0; i < json_object_array_length(holds); i++)
        hold_dress(c, json_object_array_get_idx(holds, i));
    set_any(d, "partsAny", "parts");
    set_any(d, "placesAny", "places");
    set_any(d, "holdsAny", "holds");
    json_set_bool(d, "some", figure(d, "rows") > 0);
    json_set_bool(d, "canConfirm", policy || figure(d, "rows") > 0);
    json_set_text(d, "messagesWords", counted(c, d, "messages", "message", "messages"));
    json_set_text(d, "rowsWords", counted(c, d, "rows", "row or file", "rows and files"));
    json_set_text(d, "proofWords",
                  figure(d, "proof") ? counted(c, d, "proof", "message", "messages") : NULL);
    json_set_text(d, "parcelsWords",
                  figure(d, "parcels") ? counted(c, d, "parcels", "order", "orders") : NULL);
    set_sum(d, "heldAll", "held", "parcelsHeld");
    json_set_text(d, "plannedWords",
                  figure(d, "planned") ? counted(c, d, "planned", "message", "messages") : NULL);
    json_set_text(d, "error", error);
    if (policy) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "hint", policy->hint);
        json_set_int(o, "contentDays", policy->content_days);
        json_set_int(o, "personDays", policy->person_days);
        json_set_int(o, "proofDays", policy->proof_days);
        json_set_bool(o, "deleteProof", policy->deletes_proof);
        json_set(d, "policy", o);
    }
    json_set_text(d, "title", policy ? "Policy" : "Remove what is due");
    return reply_page(p, "proof/plan", NULL, d);
}

enum err page_plan(struct req *r, struct reply *p)
{
    const struct policy_form *f = r->input;
    return show_plan(r, p, f->policy.hint ? &f->policy : NULL, NULL);
}

/* ---- now ---- */

enum err page_removal_ask(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct ctx *c = &r->ctx;
    const char *const *token = r->input;
    enum err e = removal_ask(c, *token, &d);
    if (e != OK)
        return e;
    return reply_redirect(p, arena_printf(c->arena, "/retention/removals/%s", json_text(d, "id")));
}

static const char *why(struct req *r)
{
    const struct problem *problem = &r->ctx.problem;
    return problem->detail ? problem->detail : problem->n ? problem->faults[0].message : NULL;
}

enum err page_removal_again(struct req *r, struct reply *p)
{
    return show_plan(r, p, NULL, why(r));
}

static void dress_stores(struct json_object *stores)
{
    for (size_t i = 0; i < json_object_array_length(stores); i++) {
        struct json_object *one = json_object_array_get_idx(stores, i);
        json_set_text(one, "what", store_words(json_text(one, "store")));
    }
}

static void dress_done(struct ctx *c, struct json_object *d)
{
    struct json_object *done = json_get(d, "done"), *planned = json_get(d, "planned");
    int64_t left = figure(planned, "messages") + figure(planned, "proof") -
                   figure(done, "communications") - figure(done, "proofs");
    dress_stores(json_get(done, "stores"));
    json_set_text(done, "messagesWords",
                  figure(done, "communications") || !figure(done, "proofs")
                      ? counted(c, done, "communications", "message", "messages")
                      : NULL);
    json_set_text(done, "proofsWords",
                  figure(done, "proofs") ? counted(c, done, "proofs", "message", "messages")
                                         : NULL);
    json_set_text(done, "filesWords", counted(c, done, "files", "file", "files"));
    json_set_text(done, "archivesWords", counted(c, done, "archives", "bundle", "bundles"));
    json_set_text(done, "importsWords", counted(c, done, "imports", "import", "imports"));
    json_set_text(done, "bodiesWords", counted(c, done, "inboxBodies", "body", "bodies"));
    json_set_text(done, "requestsWords", counted(c, done, "inboxRequests", "request", "requests"));
    if (left > 0)
        json_set_text(done, "leftWords",
                      count_words(c->arena, left, "message stays", "messages stay"));
}

enum err page_removal(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    struct json_object *d;
    enum err e = removal_get(c, req_param(r, "id"), &d);
    if (e != OK)
        return e;
    struct json_object *planned = json_get(d, "planned");
    json_set_bool(d, "underWay", strcmp(json_text(d, "state"), "UNDER_WAY") == 0);
    json_set_bool(d, "stuck", strcmp(json_text(d, "state"), "STUCK") == 0);
    json_set_text(planned, "messagesWords", counted(c, planned, "messages", "message", "messages"));
    json_set_text(planned, "rowsWords",
                  counted(c, planned, "rows", "row or file", "rows and files"));
    if (json_get(d, "done"))
        dress_done(c, d);
    json_set_text(d, "title", "Removal");
    return reply_page(p, "proof/removal", NULL, d);
}

/* ---- the page of it all ---- */

static void show_certificates(struct ctx *c, struct json_object *erasures)
{
    for (size_t i = 0; i < json_object_array_length(erasures); i++) {
        struct json_object *one = json_object_array_get_idx(erasures, i);
        struct json_object *certificate = json_get(one, "certificate");
        if (certificate)
            json_set_text(
                one, "certificateWords",
                arena_printf(c->arena, "%s, %s, %s",
                             counted(c, certificate, "communications", "message", "messages"),
                             counted(c, certificate, "parcels", "order", "orders"),
                             counted(c, certificate, "files", "file", "files")));
    }
}

static enum err add_lists(struct ctx *c, struct json_object *d)
{
    struct json_object *holds, *erasures, *runs = json_get(d, "runs");
    enum err e = holds_document(c, &holds);
    if (e == OK)
        e = erasures_list(c, &erasures);
    if (e != OK)
        return e;
    holds = json_get(holds, "holds");
    for (size_t i = 0; i < json_object_array_length(holds); i++)
        hold_dress(c, json_object_array_get_idx(holds, i));
    json_set(d, "holds", json_object_get(holds));
    show_certificates(c, erasures);
    json_set(d, "erasures", json_object_get(erasures));
    for (size_t i = 0; i < json_object_array_length(runs); i++)
        dress_stores(
            json_get(json_get(json_object_array_get_idx(runs, i), "certificate"), "stores"));
    return OK;
}

/* A policy that was wrong stands as it was given, with what is wrong; a new one, too. */
static void show_given(struct json_object *d, struct json_object *form)
{
    static const char *const names[] = { "contentDays", "personDays",  "proofDays",
                                         "delete",      "deleteProof", NULL };
    struct json_object *given = json_get(form, "given"), *list = json_get(d, "policies");
    const char *hint = json_text(given, "hint");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (!hint || strcmp(hint, json_text(one, "hint")) != 0)
            continue;
        for (int k = 0; names[k]; k++)
            json_put(one, names[k], true, json_object_get(json_get(given, names[k])));
        json_set(one, "errors", json_object_get(json_get(form, "errors")));
        return;
    }
    json_set(d, "newPolicy", json_object_get(given));
    json_set(given, "errors", json_object_get(json_get(form, "errors")));
}

/* Those that have a clock of proof that may remove it. */
static void mark_policies(struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const char *hint = json_text(one, "hint");
        json_set_bool(one, "ofMessages",
                      strcmp(hint, "inbox") != 0 && strcmp(hint, "parcels") != 0);
    }
}

static enum err show_all(struct req *r, struct reply *p, struct json_object *form,
                         const char *saved)
{
    struct ctx *c = &r->ctx;
    struct json_object *d;
    enum err e = retention_document(c, &d);
    if (e == OK)
        e = add_lists(c, d);
    if (e != OK)
        return e;
    json_set_text(d, "title", "Retention");
    dress_list(d, "parts", false);
    dress_list(d, "plan", false);
    mark_policies(json_get(d, "policies"));
    json_set_text(d, "saved", saved);
    json_set_text(d, "dueWords", counted(c, d, "due", "message goes", "messages go"));
    set_sum(d, "heldAll", "held", "parcelsHeld");
    set_sum(d, "plannedAll", "planned", "parcelsPlanned");
    json_set_bool(d, "some", figure(d, "rows") > 0);
    set_any(d, "partsAny", "parts");
    set_any(d, "placesAny", "places");
    set_any(d, "holdsAny", "holds");
    json_set_bool(d, "proofAny", figure(d, "proof") > 0);
    set_any(d, "erasuresAny", "erasures");
    set_any(d, "runsAny", "runs");
    if (form && json_text(json_get(form, "given"), "contentDays"))
        show_given(d, form);
    else if (form)
        json_set(d, "erasing", json_object_get(form));
    return reply_page(p, "proof/retention", NULL, d);
}

enum err page_retention(struct req *r, struct reply *p)
{
    const char *const *saved = r->input;
    return show_all(r, p, NULL, *saved);
}

/* One that removes is shown before it is set. */
enum err page_policy(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    struct json_object *d;
    const struct policy_form *f = r->input;
    const struct retention_policy *o = &f->policy;
    enum err e = retention_check(c, o);
    if (e == OK && o->deletes && !f->token)
        return reply_redirect(p,
                              arena_printf(c->arena,
                                           "/retention/plan?hint=%s&contentDays=%ld&personDays="
                                           "%ld&proofDays=%ld&delete=true%s",
                                           o->hint, o->content_days, o->person_days, o->proof_days,
                                           o->deletes_proof ? "&deleteProof=true" : ""));
    if (e == OK)
        e = plan_policy(c, o, f->token, &d);
    return e == OK ? reply_redirect(p, arena_printf(c->arena, "/retention?saved=%s", o->hint)) : e;
}

enum err page_policy_again(struct req *r, struct reply *p)
{
    const struct policy_form *f = r->input;
    if (f && f->token)
        return show_plan(r, p, &f->policy, why(r));
    return show_all(r, p, req_form_again(r), NULL);
}

/* ---- forgetting a person ---- */

/* How many messages have the address, and what a token of that is bound to. */
static enum err find_person(struct ctx *c, const char *email, struct json_object **out,
                            const char **words)
{
    enum err e = email ? hold_target(c, "person", email, out)
                       : ctx_fault(c, "email", "Give the e-mail address.");
    if (e == ERR_INVALID && email)
        (void)ctx_fault(c, "email", "This is no e-mail address that a message can have.");
    if (e == OK)
        *words =
            arena_printf(c->arena, "erase|%s|%lld|%lld", json_text(*out, "value"),
                         (long long)figure(*out, "messages"), (long long)figure(*out, "orders"));
    return e;
}

/* Asked back first; no address stands in a link. */
enum err page_erase(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    struct json_object *d = NULL;
    const char *words = "";
    const struct erase_form *f = r->input;
    enum err e = find_person(c, f->email, &d, &words);
    if (e == OK && !f->token) {
        json_set_text(d, "title", "Forget a person");
        json_set_text(d, "scope", "person");
        hold_dress(c, d);
        json_set_text(d, "planToken", plan_token(c, c->app->now_ms(c->app), words));
        return reply_page(p, "proof/erase", NULL, d);
    }
    if (e == OK)
        e = plan_token_check(c, f->token, words);
    if (e == OK)
        e = erasure_ask(c, &(struct person){ .email = f->email }, &d);
    return e == OK ? reply_redirect(p, "/retention") : e;
}

enum err page_erase_again(struct req *r, struct reply *p)
{
    return show_all(r, p, req_form_again(r), NULL);
}
