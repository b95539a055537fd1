/* The routes of proof: roots and inclusion, retention, holds, erasures, and the pages about them.
 */
#include "proof/routes.h"

#include "base/json.h"
#include "base/words.h"
#include "proof/documents.h"
#include "proof/erasure.h"
#include "proof/hold_pages.h"
#include "proof/holds.h"
#include "proof/plan.h"
#include "proof/retention.h"
#include "proof/retention_pages.h"

#include <stddef.h>

enum { API_ROWS = 100, PAGE_ROWS = 30 };

struct proof_query {
    const char *after;
};

static const struct field proof_fields[] = {
    { "after", FIELD_TEXT, offsetof(struct proof_query, after), .max = 2048,
      .help = "the nextCursor of the answer before" },
    { .name = NULL },
};
static const struct input proof_input = { "ProofQuery", sizeof(struct proof_query), proof_fields };

static enum err api_proof(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct proof_query *q = r->input;
    enum err e = proof_document(&r->ctx, q->after, API_ROWS, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_event(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = inclusion_document(&r->ctx, req_param(r, "eventId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static const char *counted(struct ctx *c, struct json_object *of, const char *key, const char *one,
                           const char *many)
{
    return count_words(c->arena, json_object_get_int64(json_get(of, key)), one, many);
}

/* Days whose root was made before roots covered shipments say so. */
static void show_covered(struct json_object *days)
{
    for (size_t i = 0; i < json_object_array_length(days); i++) {
        struct json_object *day = json_object_array_get_idx(days, i);
        json_set_bool(day, "messagesOnly", json_object_array_length(json_get(day, "covers")) == 1);
    }
}

static enum err page_proof(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct proof_query *q = r->input;
    enum err e = proof_document(&r->ctx, q->after, PAGE_ROWS, &d);
    if (e != OK)
        return e;
    struct json_object *last = json_get(d, "checked");
    if (last)
        json_set_text(
            last, "readWords",
            arena_printf(r->ctx.arena,
                         "%s of messages and %s of shipments with %s, %s of the audit trail, %s",
                         counted(&r->ctx, last, "communications", "timeline", "timelines"),
                         counted(&r->ctx, last, "shipments", "timeline", "timelines"),
                         counted(&r->ctx, last, "events", "event", "events"),
                         counted(&r->ctx, last, "entries", "entry", "entries"),
                         counted(&r->ctx, last, "days", "day", "days")));
    show_covered(json_get(d, "days"));
    json_set_text(d, "title", "Proof");
    json_set_bool(d, "later", q->after != NULL);
    return reply_page(p, "proof/proof", NULL, d);
}

/* ---- retention ---- */

#define POLICY(member) offsetof(struct policy_form, policy.member)
#define POLICY_FIELDS(must)                                                                        \
    { "hint",                                                                                      \
      FIELD_TEXT,                                                                                  \
      POLICY(hint),                                                                                \
      .required = (must),                                                                          \
      .min = 1,                                                                                    \
      .max = 40,                                                                                   \
      .help = "which messages: statement, notice, …; default: all others; inbox: webhooks; "     \
              "parcels: orders and shipments" },                                                   \
        { "contentDays",                                                                           \
          FIELD_INT,                                                                               \
          POLICY(content_days),                                                                    \
          .required = (must),                                                                      \
          .min = 1,                                                                                \
          .max = 36500,                                                                            \
          .help = "bodies, files, what providers said" },                                          \
        { "personDays", FIELD_INT,    POLICY(person_days),          .required = (must),            \
          .min = 1,     .max = 36500, .help = "names and addresses" },                             \
        { "proofDays",                                                                             \
          FIELD_INT,                                                                               \
          POLICY(proof_days),                                                                      \
          .required = (must),                                                                      \
          .min = 1,                                                                                \
          .max = 36500,                                                                            \
          .help = "ids, kinds, times, grades, hashes: the least they are kept" },                  \
        { "delete", FIELD_BOOL, POLICY(deletes),                                                   \
          .help = "whether anything goes; else it is planned" },                                   \
    {                                                                                              \
        "deleteProof", FIELD_BOOL, POLICY(deletes_proof),                                          \
            .help = "whether proof goes, too, after its days"                                      \
    }
static const struct field policy_fields[] = {
    POLICY_FIELDS(true),
    { "planToken", FIELD_TEXT, offsetof(struct policy_form, token), .max = 100,
      .help = "of the plan that is confirmed, of a policy that removes" },
    { .name = NULL },
};
static const struct input policy_input = { "RetentionPolicyInput", sizeof(struct policy_form),
                                           policy_fields };
static const struct field plan_fields[] = { POLICY_FIELDS(false), { .name = NULL } };
static const struct input plan_input = { "RetentionPlanQuery", sizeof(struct policy_form),
                                         plan_fields };

static const struct field saved_fields[] = {
    { "saved", FIELD_TEXT, 0, .max = 40, .help = "the hint of a policy that was just set" },
    { .name = NULL },
};
static const struct input saved_input = { "RetentionQuery", sizeof(const char *), saved_fields };

#define HOLD(member) offsetof(struct hold_new, member)
static const struct field hold_fields[] = {
    { "scope", FIELD_CHOICE, HOLD(scope), .required = true, .values = hold_scopes,
      .help = "what it is on" },
    { "value", FIELD_TEXT, HOLD(value), .required = true, .max = 320,
      .help = "its id; of a building its code or name, of a unit that and its number (LH-12 "
              "1.01), of an order its number, of a person e-mail or phone" },
    { "reason", FIELD_TEXT, HOLD(reason), .required = true, .min = 3, .max = 500, .help = "why" },
    { "owner", FIELD_TEXT, HOLD(owner), .required = true, .min = 2, .max = 200,
      .help = "who answers for it" },
    { "reviewOn", FIELD_TEXT, HOLD(review_on), .max = 10, .help = "a day: 2026-06-30" },
    { .name = NULL },
};
static const struct input hold_input = { "LegalHoldInput", sizeof(struct hold_new), hold_fields };

static const struct field hold_of_fields[] = {
    { "scope", FIELD_CHOICE, offsetof(struct hold_of, scope), .values = hold_scopes,
      .help = "what it is to be on" },
    { "value", FIELD_TEXT, offsetof(struct hold_of, value), .max = 320, .help = "which" },
    { .name = NULL },
};
static const struct input hold_of_input = { "LegalHoldOf", sizeof(struct hold_of), hold_of_fields };

static const struct field confirm_fields[] = {
    { "planToken", FIELD_TEXT, 0, .max = 100, .help = "of the plan that is confirmed" },
    { .name = NULL },
};
static const struct input confirm_input = { "PlanConfirmation", sizeof(const char *),
                                            confirm_fields };

#define PERSON(member) offsetof(struct person, member)
static const struct field person_fields[] = {
    { "email", FIELD_EMAIL, PERSON(email), .help = "whose messages, by e-mail" },
    { "phone", FIELD_TEXT, PERSON(phone), .max = 40, .help = "or by phone, with its country" },
    { "unitId", FIELD_UUID, PERSON(unit_id), .help = "or of this unit" },
    { .name = NULL },
};
static const struct input person_input = { "ErasureInput", sizeof(struct person), person_fields };

static const struct field erase_fields[] = {
    { "email", FIELD_EMAIL, offsetof(struct erase_form, email), .help = "whose messages" },
    { "planToken", FIELD_TEXT, offsetof(struct erase_form, token), .max = 100,
      .help = "of the page that asks back" },
    { .name = NULL },
};
static const struct input erase_input = { "ErasureForm", sizeof(struct erase_form), erase_fields };

static enum err api_retention(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = retention_document(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_policy(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct policy_form *f = r->input;
    enum err e = plan_policy(&r->ctx, &f->policy, f->token, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_plan(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct policy_form *f = r->input;
    enum err e = plan_make(&r->ctx, f->policy.hint ? &f->policy : NULL, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_removal_ask(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *const *token = r->input;
    enum err e = removal_ask(&r->ctx, *token, &d);
    if (e != OK)
        return e;
    reply_header(
        p, "Location",
        arena_printf(r->ctx.arena, "/api/track/retention/removals/%s", json_text(d, "id")));
    return reply_json(p, 202, d);
}

static enum err api_removal(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = removal_get(&r->ctx, req_param(r, "id"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_holds(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = holds_document(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_hold_add(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = hold_add(&r->ctx, r->input, &d);
    if (e != OK)
        return e;
    reply_header(p, "Location", "/api/track/holds");
    return reply_json(p, 201, d);
}

static enum err api_hold_lift(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *const *token = r->input;
    enum err e = hold_lift(&r->ctx, req_param(r, "id"), *token, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_hold_lifting(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = hold_lifting(&r->ctx, req_param(r, "id"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_erase(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = erasure_ask(&r->ctx, r->input, &d);
    if (e != OK)
        return e;
    reply_header(p, "Location",
                 arena_printf(r->ctx.arena, "/api/track/erasures/%s", json_text(d, "id")));
    return reply_json(p, 202, d);
}

static enum err api_erasure(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = erasure_get(&r->ctx, req_param(r, "id"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

const struct route proof_routes[] = {
    { METHOD_GET, ROUTE_API, "/api/track/proof", api_proof, ROLE_ADMIN, &proof_input, .whole = true,
      .doc = "The roots of days, newest first, and what the last verification found",
      .answer = &proof_shape },
    { METHOD_GET, ROUTE_API, "/api/track/proof/events/:eventId", api_event, ROLE_ADMIN,
      .whole = true, .slow = true,
      .doc = "What shows anybody that an event is under the root of its day",
      .answer = &inclusion_shape },
    { METHOD_GET, ROUTE_PAGE, "/proof", page_proof, ROLE_ADMIN, &proof_input, .whole = true,
      .doc = "The roots of days, and the last verification" },
    { METHOD_GET, ROUTE_API, "/api/track/retention", api_retention, ROLE_ADMIN, .whole = true,
      .slow = true, .doc = "How long things are kept, what would go, what went",
      .answer = &retention_shape },
    { METHOD_GET, ROUTE_API, "/api/track/retention/plan", api_plan, ROLE_ADMIN, &plan_input,
      .whole = true, .slow = true,
      .doc = "What would go now, or if a policy were set, with the token to confirm it",
      .answer = &plan_shape },
    { METHOD_POST, ROUTE_API, "/api/track/retention", api_policy, ROLE_ADMIN, &policy_input,
      .whole = true, .slow = true,
      .doc = "Set how long messages of a hint are kept; one that removes, as planned",
      .answer = &policy_shape },
    { METHOD_POST, ROUTE_API, "/api/track/retention/removals", api_removal_ask, ROLE_ADMIN,
      &confirm_input, .whole = true, .slow = true, .queues = true,
      .doc = "Remove what is due now, as planned", .answer = &removal_shape, .status = 202 },
    { METHOD_GET, ROUTE_API, "/api/track/retention/removals/:id", api_removal, ROLE_ADMIN,
      .whole = true, .doc = "How far it is, and what went", .answer = &removal_shape },
    { METHOD_GET, ROUTE_API, "/api/track/holds", api_holds, ROLE_ADMIN, .whole = true,
      .doc = "The legal holds, those that stand first", .answer = &holds_shape },
    { METHOD_POST, ROUTE_API, "/api/track/holds", api_hold_add, ROLE_ADMIN, &hold_input,
      .whole = true, .doc = "Put a legal hold", .answer = &hold_shape, .status = 201 },
    { METHOD_GET, ROUTE_API, "/api/track/holds/:id/lift", api_hold_lifting, ROLE_ADMIN,
      .whole = true, .slow = true, .doc = "What lifting a legal hold would free",
      .answer = &hold_lifting_shape },
    { METHOD_POST, ROUTE_API, "/api/track/holds/:id/lift", api_hold_lift, ROLE_ADMIN,
      &confirm_input, .whole = true, .slow = true, .doc = "Lift a legal hold, as planned",
      .answer = &hold_shape },
    { METHOD_POST, ROUTE_API, "/api/track/erasures", api_erase, ROLE_ADMIN, &person_input,
      .whole = true, .queues = true, .doc = "Forget one person", .answer = &erasure_shape,
      .status = 202 },
    { METHOD_GET, ROUTE_API, "/api/track/erasures/:id", api_erasure, ROLE_ADMIN, .whole = true,
      .doc = "How far it is, and its certificate", .answer = &erasure_shape },
    { METHOD_GET, ROUTE_PAGE, "/retention", page_retention, ROLE_ADMIN, &saved_input, .whole = true,
      .slow = true, .doc = "Retention, legal holds, erasures" },
    { METHOD_GET, ROUTE_PAGE, "/retention/plan", page_plan, ROLE_ADMIN, &plan_input, .whole = true,
      .slow = true, .doc = "What would go now, or if a policy were set, to be confirmed" },
    { METHOD_POST, ROUTE_PAGE, "/retention/removals", page_removal_ask, ROLE_ADMIN, &confirm_input,
      .whole = true, .slow = true, .queues = true, .again = page_removal_again,
      .doc = "Remove what is due now, as planned" },
    { METHOD_GET, ROUTE_PAGE, "/retention/removals/:id", page_removal, ROLE_ADMIN, .whole = true,
      .doc = "How far it is, and what went" },
    { METHOD_POST, ROUTE_PAGE, "/retention/policies", page_policy, ROLE_ADMIN, &policy_input,
      .whole = true, .slow = true, .again = page_policy_again,
      .doc = "Set how long messages of a hint are kept; one that removes, as planned" },
    { METHOD_GET, ROUTE_PAGE, "/retention/holds/new", page_hold_new, ROLE_ADMIN, &hold_of_input,
      .whole = true, .slow = true, .doc = "The form of a legal hold" },
    { METHOD_POST, ROUTE_PAGE, "/retention/holds", page_hold_add, ROLE_ADMIN, &hold_input,
      .whole = true, .slow = true, .again = page_hold_again, .doc = "Put a legal hold" },
    { METHOD_GET, ROUTE_PAGE, "/retention/holds/:id", page_hold, ROLE_ADMIN, .whole = true,
      .slow = true, .doc = "A legal hold, and what lifting it would free" },
    { METHOD_POST, ROUTE_PAGE, "/retention/holds/:id/lift", page_hold_lift, ROLE_ADMIN,
      &confirm_input, .whole = true, .slow = true, .again = page_hold,
      .doc = "Lift a legal hold, as planned" },
    { METHOD_POST, ROUTE_PAGE, "/retention/erasures", page_erase, ROLE_ADMIN, &erase_input,
      .whole = true, .queues = true, .again = page_erase_again, .slow = true,
      .doc = "Forget one person, once asked back" },
    { .path = NULL },
};
