/* The conversation in Front that an order is talked about in. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

#define THREAD_PAGE "https://app.frontapp.com/open/" /* of a conversation, with its id behind */

/* Links an order to a conversation, given by its id or by an address of Front that ends with it:
   the thread becomes manually_linked, and ThreadLinked {orderId, conversationId} is emitted, in the
   transaction at hand. Nothing where it is linked to this one already. */
enum err thread_link(struct ctx *c, const char *order_id, const char *conversation) must_check;

/* Emits ThreadLinked anew of an order that has a conversation, for whoever gave it shipments that
   had no order; nothing where it has none. */
enum err thread_tell(struct ctx *c, const char *order_id) must_check;

/* Back to unmatched; nothing where it is. The conversation is not matched to the order by itself
   again. */
enum err thread_unlink(struct ctx *c, const char *order_id) must_check;

/* How an order stands to a conversation that may be its own. */
enum thread_standing {
    THREAD_FREE,   /* it has none */
    THREAD_SAME,   /* it has this one */
    THREAD_OTHER,  /* it was matched to another one */
    THREAD_DECIDED /* a person linked another one, or said that it is not this one */
};

/* Holds the order until the commit. ERR_NOT_FOUND: no such order. */
enum err thread_hold(struct ctx *c, const char *order_id, const char *conversation_id,
                     enum thread_standing *out) must_check;

/* Links an order that is held and has none, as auto_matched; ThreadLinked and the audit trail as of
   thread_link. found_by: "number" or "email". */
enum err thread_match_link(struct ctx *c, const char *order_id, const char *conversation_id,
                           const char *found_by, const char *inbox_id) must_check;

/* Conversations that may be about an order, the newest first: [{conversationId, foundBy, subject,
   email, foundAt}]; none where a person linked one. */
enum err thread_suggestions(struct ctx *c, const char *order_id,
                            struct json_object **out) must_check;

/* Says that a suggested conversation is not about the order. ERR_NOT_FOUND: it is not suggested. */
enum err thread_dismiss(struct ctx *c, const char *order_id,
                        const char *conversation_id) must_check;

/* {frontConversationId, threadStatus}, for the audit trail. */
struct json_object *thread_as(struct ctx *c, const char *conversation_id, const char *status);

/* The id of a conversation as it stands in a text or at the end of an address: "cnv_yo1kg5q"; NULL:
   there is none. Pure. */
const char *thread_conversation(struct arena *a, const char *text);
