/* The list of all messages: narrowed by a filter, newest first. */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"

#include <json-c/json.h>

extern const struct domain messages_domain; /* /messages, /api/track/communications */

#define MESSAGES_PAGE "/messages"

/* What a list is asked for. */
struct messages_query {
    const char *q;        /* as in the qualifier bar; NULL: everything */
    const char *after;    /* cursor; NULL */
    const char **columns; /* of the page; NULL: the usual ones */
    const char *open;     /* of the page: the message shown beside the list; NULL: none */
    long without;         /* of the page: the place of the word that is taken away, from 1; 0 */
    const char *to;       /* of the page: what beside it is led on to; NULL */
    bool all;             /* look through everything, not only what moved last */
    bool exact;           /* count beyond 10,000 */
    bool keys;            /* each message with `key`, its place in the list: for pages */
};

/* A filter made ready for statements on communications_matching. What names nothing that leads to
   messages is looked for among the last `window` that moved, of each year, before the time, and in
   the one rare status that it names: since then; NULL: among all. ERR_INVALID: faults of q. */
#define MESSAGES_WINDOW 100000
#define MESSAGES_WINDOW_ODD 5000 /* of a rare status, whose messages lie far apart */
struct messages_search {
    const char *filter, *since;
    long window;
};
enum err messages_search(struct ctx *c, const struct messages_query *query,
                         struct messages_search *out) must_check;

/* A page of fifty: {communications: [...], next, q, searched, searchAll}. `searched` is
   a window's length where only so many were looked through, and searchAll leads to all; else null.
   ERR_INVALID: faults of q or after. */
enum err messages_list(struct ctx *c, const struct messages_query *query,
                       struct json_object **out) must_check;

/* How many there are: {count, more}; more: there are over 10,000, and nobody asked for exact. */
enum err messages_count(struct ctx *c, const struct messages_query *query,
                        struct json_object **out) must_check;

/* What would be found without one of the filter's words, the fewest first, at most three: [{text,
   count, one, more, href}]. For a list that is empty. */
enum err messages_nearest(struct ctx *c, const struct messages_query *query,
                          struct json_object **out) must_check;
