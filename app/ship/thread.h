/* The conversation in Front that an order is talked about in. */
#pragma once

#include "base/ctx.h"

/* Links an order to a conversation, given by its id or by an address of Front that ends with it:
   the thread becomes manually_linked, and ThreadLinked {orderId, conversationId} is emitted, in the
   transaction at hand. Nothing where it is linked to this one already. */
enum err thread_link(struct ctx *c, const char *order_id, const char *conversation) must_check;

/* Back to unmatched; nothing where it is. */
enum err thread_unlink(struct ctx *c, const char *order_id) must_check;

/* The id of a conversation as it stands in a text or at the end of an address: "cnv_yo1kg5q"; NULL:
   there is none. Pure. */
const char *thread_conversation(struct arena *a, const char *text);
