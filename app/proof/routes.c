/* The routes of proof: roots, the inclusion of one event, and the page about them. */
#include "proof/routes.h"

#include "base/json.h"
#include "proof/documents.h"

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

static enum err page_proof(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct proof_query *q = r->input;
    enum err e = proof_document(&r->ctx, q->after, PAGE_ROWS, &d);
    if (e != OK)
        return e;
    json_set_text(d, "title", "Proof");
    json_set_bool(d, "later", q->after != NULL);
    return reply_page(p, "proof/proof", NULL, d);
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
    { .path = NULL },
};
