/* Which order a conversation in Front is about: by an order's number in it, else by the e-mail
   address of exactly one open order of the last 60 days. */
#pragma once

#include "base/ctx.h"
#include "channels/front_event.h"

/* Links the order that a conversation is about as auto_matched, with ThreadLinked and the audit
   trail, in the transaction at hand; *known: it was told of some order. Where several may be meant
   it is a suggestion on each, and so is that of a conversation with another customer than the
   order's. What a person linked or unlinked stays so, and so does the first
   conversation of an order before a later one. */
enum err thread_match(struct ctx *c, const struct front_news *news, const char *inbox_id,
                      bool *known) must_check;

/* Has the orders of conversations that another one took over follow into it; *moved counts them. */
enum err thread_merge(struct ctx *c, const struct front_news *news, int *moved) must_check;

struct thread_candidate {
    const char *order_id;
    bool by_number; /* else by e-mail address */
    bool alone;     /* the number tells it by itself */
    bool theirs;    /* the order is of who writes or is written to */
    bool strange;   /* who writes or is written to is a customer, and the order another one's */
    bool linked;    /* by_number false: the conversation is some order's already */
    bool chosen;    /* set by thread_choose */
};

/* Marks those that the conversation may be about; answers how many. One: it is that. Pure. */
size_t thread_choose(struct thread_candidate *list, size_t n);
