/* Conversations that may be an order's: as API, on its page, and put aside. */
#include "base/domain.h"
#include "base/json.h"
#include "ship/order_input.h"
#include "ship/ship.h"
#include "ship/thread.h"
#include "ship/thread_hook.h"
#include "web/web.h"

#include <string.h>

static const char *const found_bys[] = { "number", "email", NULL };

static const struct member row_members[] = {
    { "conversationId", SHAPE_TEXT, .help = "In Front.", .example = "cnv_yo1kg5q" },
    { "foundBy", SHAPE_CHOICE,
      .help = "What it was found by: an order's number in it, or the customer's e-mail address.",
      .values = found_bys },
    { "subject", SHAPE_TEXT, .help = "Empty: none.", .example = "Where is my order?" },
    { "email", SHAPE_TEXT, .help = "With whom it is.", .example = "eva@example.com",
      .nullable = true },
    { "foundAt", SHAPE_TIME, .help = "When it was found." },
    { .name = NULL },
};
static const struct shape row_shape = { "ThreadSuggestion",
                                        "A conversation that may be an order's.", row_members };

static const struct member list_members[] = {
    { "suggestions", SHAPE_LIST, .help = "The newest first, at most 20.", .of = &row_shape },
    { .name = NULL },
};
static const struct shape list_shape = { "ThreadSuggestions",
                                         "Conversations that may be an order's: several orders may "
                                         "be meant, or it was matched to another "
                                         "one before. None where a person linked one.",
                                         list_members };

/* ---- API ---- */

static enum err reply_list(struct req *r, struct reply *p)
{
    struct json_object *list, *d = json_own(r->ctx.arena, json_object_new_object());
    enum err e = thread_suggestions(&r->ctx, req_param(r, "orderId"), &list);
    if (e != OK)
        return e;
    json_set(d, "suggestions", json_object_get(list));
    return reply_json(p, 200, d);
}

static enum err dismiss(struct req *r)
{
    const struct thread_input *in = r->input;
    const char *id = thread_conversation(r->ctx.arena, in->conversation_id);
    if (!id)
        return ctx_fault(&r->ctx, "frontConversationId", "is not a conversation of Front");
    return thread_dismiss(&r->ctx, req_param(r, "orderId"), id);
}

static enum err api_dismiss(struct req *r, struct reply *p)
{
    enum err e = dismiss(r);
    return e == OK ? reply_list(r, p) : e;
}

/* ---- on the page ---- */

enum err view_suggestions(struct ctx *c, struct json_object *order)
{
    struct json_object *list;
    enum err e = thread_suggestions(c, json_text(order, "orderId"), &list);
    if (e != OK)
        return e;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        bool by_number = strcmp(json_text(one, "foundBy"), "number") == 0;
        json_set_text(one, "href",
                      arena_printf(c->arena, THREAD_PAGE "%s", json_text(one, "conversationId")));
        json_set_text(one, "why",
                      by_number ? "It holds the order's number." : "It is with the customer.");
    }
    json_set(order, "suggestions", json_object_get(list));
    json_set_bool(order, "anySuggestions", json_object_array_length(list) > 0);
    return OK;
}

static enum err page_dismiss(struct req *r, struct reply *p)
{
    enum err e = dismiss(r);
    return e == OK ? reply_redirect(
                         p, arena_printf(r->ctx.arena, "/orders/%s", req_param(r, "orderId")))
                   : e;
}

/* ---- what the domain gives the programs ---- */

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/orders/:orderId/thread/suggestions", reply_list, ROLE_VIEWER,
      .whole = true, .doc = "Conversations that may be an order's", .answer = &list_shape },
    { METHOD_POST, ROUTE_API, "/api/orders/:orderId/thread/dismiss", api_dismiss, ROLE_AGENT,
      &thread_input, .whole = true, .doc = "Says that a suggested conversation is not the order's",
      .answer = &list_shape },
    { METHOD_POST, ROUTE_PAGE, "/orders/:orderId/thread/dismiss", page_dismiss, ROLE_AGENT,
      &thread_input, .whole = true,
      .doc = "Says that a suggested conversation is not the order's." },
    { .path = NULL },
};

const struct domain threads_domain = { .name = "threads", .routes = routes, .hooks = thread_hooks };
