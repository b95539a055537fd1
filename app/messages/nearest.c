/* What an empty list would show without one of its filter's words. */
#include "base/json.h"
#include "messages/messages.h"
#include "web/bar.h"

#include <stdlib.h>

#define WORDS_MOST 8 /* each is a count of its own */
#define SHOWN_MOST 3

static enum err add_without(struct ctx *c, const struct messages_query *query, const char *token,
                            struct json_object *to)
{
    struct json_object *d;
    const char *q = bar_without(c, query->q, token);
    enum err e = messages_count(c, &(struct messages_query){ .q = q, .all = query->all }, &d);
    if (e != OK)
        return e;
    int64_t n = json_object_get_int64(json_get(d, "count"));
    if (n == 0)
        return OK;
    json_set_bool(d, "one", n == 1);
    json_set_text(d, "text", token);
    json_set_text(d, "href", bar_href(c, MESSAGES_PAGE, q, NULL));
    json_object_array_add(to, json_object_get(d));
    return OK;
}

static int by_count(const void *a, const void *b)
{
    struct json_object *const *x = a, *const *y = b;
    int64_t n = json_object_get_int64(json_get(*x, "count"));
    int64_t m = json_object_get_int64(json_get(*y, "count"));
    return (n > m) - (n < m);
}

enum err messages_nearest(struct ctx *c, const struct messages_query *query,
                          struct json_object **out)
{
    struct json_object *list = json_own(c->arena, json_object_new_array());
    const char *const *tokens = bar_tokens(c, query->q);
    enum err e = OK;
    for (int i = 0; e == OK && tokens[i] && i < WORDS_MOST; i++)
        e = add_without(c, query, tokens[i], list);
    if (e != OK)
        return e;
    json_object_array_sort(list, by_count);
    size_t n = json_object_array_length(list);
    if (n > SHOWN_MOST)
        json_object_array_del_idx(list, SHOWN_MOST, n - SHOWN_MOST);
    *out = list;
    return OK;
}
