/* The tree of a JSON document for its page, made from its text so that no digit is lost. */
#include "web/json_view.h"

#include "base/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_SHOWN 20 /* as a tree; what is deeper is one text */
#define DEPTH_MAX 200
#define VALUES_MAX 400
#define MEMBERS_MAX 100 /* of one, so that a long list hides nothing beside it */
#define TEXT_MAX_BYTES 2000
#define OPEN_MAX 12 /* members of an object that is shown unfolded */

struct scan {
    struct arena *a;
    const char *p, *end;
    const char *without;
    int left; /* values that may be shown */
};

struct member {
    struct str key;
    struct json_object *node;
    size_t place;
};

static bool skip_to(struct scan *s)
{
    while (s->p < s->end && strchr(" \t\r\n", *s->p))
        s->p++;
    return s->p < s->end;
}

static bool take(struct scan *s, char c)
{
    if (!skip_to(s) || *s->p != c)
        return false;
    s->p++;
    return true;
}

/* A string with its quotes, a number or a word, as it is written. */
static bool take_plain(struct scan *s, struct str *out)
{
    const char *from = s->p;
    if (*s->p == '"') {
        for (s->p++; s->p < s->end && *s->p != '"'; s->p++)
            if (*s->p == '\\' && ++s->p == s->end)
                return false;
        if (s->p >= s->end)
            return false;
        s->p++;
    } else {
        while (s->p < s->end && (isalnum((unsigned char)*s->p) || strchr("+-.", *s->p)))
            s->p++;
    }
    *out = (struct str){ from, (size_t)(s->p - from) };
    return out->n > 0 &&
           (*from == '"' || *from == '-' || isdigit((unsigned char)*from) ||
            str_eq(*out, STR("true")) || str_eq(*out, STR("false")) || str_eq(*out, STR("null")));
}

static struct json_object *node_new(void)
{
    static const char *const none[] = { "key", "text", "opens", "closes", "members", "more" };
    struct json_object *node = json_object_new_object();
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        json_put(node, none[i], true, NULL);
    return node;
}

static const char *shown(struct arena *a, struct str text)
{
    size_t n = TEXT_MAX_BYTES;
    if (text.n <= n)
        return arena_strndup(a, text.p, text.n);
    while (n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    return arena_printf(a, "%.*s… [%zu further bytes]%s", (int)n, text.p, text.n - n,
                        *text.p == '"' ? "\"" : "");
}

static bool take_value(struct scan *s, int depth, struct json_object **node);

static int by_key(const void *one, const void *other)
{
    const struct member *a = one, *b = other;
    size_t n = a->key.n < b->key.n ? a->key.n : b->key.n;
    int order = memcmp(a->key.p, b->key.p, n);
    if (order == 0)
        order = (a->key.n > b->key.n) - (a->key.n < b->key.n);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

/* One member: its node is NULL where there is no room left for it. */
static bool take_member(struct scan *s, bool object, int depth, struct member *m)
{
    *m = (struct member){ .place = m->place };
    if (!skip_to(s))
        return false;
    if (object && (*s->p != '"' || !take_plain(s, &m->key) || !take(s, ':')))
        return false;
    bool hidden = depth == 1 && object && s->without && m->key.n == strlen(s->without) + 2 &&
                  memcmp(m->key.p + 1, s->without, m->key.n - 2) == 0;
    bool room = s->left > 0 && !hidden;
    if (!take_value(s, depth, room ? &m->node : NULL))
        return false;
    if (m->node && object)
        json_set_text(m->node, "key", shown(s->a, m->key));
    return true;
}

static void fill(struct json_object *node, struct member *list, size_t n, size_t left_out)
{
    struct json_object *members = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        json_set_text(list[i].node, "comma", i + 1 < n ? "," : "");
        json_object_array_add(members, list[i].node);
    }
    json_set(node, "members", members);
    json_set_int(node, "count", (int64_t)(n + left_out));
    json_set_bool(node, "open", n + left_out <= OPEN_MAX);
    if (left_out)
        json_set_int(node, "more", (int64_t)left_out);
}

/* Room for one more of the members that are shown. */
static struct member *grown(struct arena *a, struct member *list, size_t n)
{
    if (n & (n - 1) || (n > 0 && n < 8))
        return list;
    struct member *more = arena_zalloc(a, n ? 2 * n : 8, sizeof(*more));
    if (n)
        memcpy(more, list, n * sizeof(*more));
    return more;
}

/* The members up to the closing sign: those shown in `list`, of all others how many there are. */
static bool take_list(struct scan *s, bool object, int depth, struct member **list, size_t *n,
                      size_t *left_out)
{
    char closing = object ? '}' : ']';
    if (take(s, closing))
        return true;
    for (;;) {
        struct member one = { .place = *n };
        int left = s->left;
        bool room = left > 0 && *n < MEMBERS_MAX;
        s->left = room ? left : 0;
        if (!take_member(s, object, depth, &one))
            return false;
        s->left = room ? s->left : left;
        if (one.node) {
            *list = grown(s->a, *list, *n);
            (*list)[(*n)++] = one;
        } else if (!room)
            (*left_out)++;
        if (take(s, closing))
            return true;
        if (!take(s, ','))
            return false;
    }
}

static bool take_members(struct scan *s, bool object, int depth, struct json_object *node)
{
    struct member *list = NULL;
    size_t n = 0, left_out = 0;
    bool good = take_list(s, object, depth, &list, &n, &left_out);
    if (good && node) {
        if (object && n > 1)
            qsort(list, n, sizeof(*list), by_key);
        json_set_text(node, "opens", object ? "{" : "[");
        json_set_text(node, "closes", object ? "}" : "]");
        fill(node, list, n, left_out);
    }
    for (size_t i = 0; !good && i < n; i++)
        json_object_put(list[i].node);
    return good;
}

static bool take_into(struct scan *s, int depth, struct json_object *node)
{
    struct str text = { s->p, 0 };
    bool object = *s->p == '{', holds = object || *s->p == '[', tree = node && depth < DEPTH_SHOWN;
    if (!holds) {
        bool good = take_plain(s, &text);
        if (good && node)
            json_set_text(node, "text", shown(s->a, text));
        return good;
    }
    s->p++;
    s->left = tree ? s->left : 0;
    if (!take_members(s, object, depth + 1, tree ? node : NULL))
        return false;
    text.n = (size_t)(s->p - text.p);
    if (node && !tree)
        json_set_text(node, "text", shown(s->a, text));
    return true;
}

/* What is only gone past takes nothing of what may be shown. */
static bool take_value(struct scan *s, int depth, struct json_object **node)
{
    if (!skip_to(s) || depth > DEPTH_MAX)
        return false;
    int left = s->left;
    struct json_object *made = node ? node_new() : NULL;
    s->left = node ? left - 1 : 0;
    bool good = take_into(s, depth, made);
    if (!node || depth == DEPTH_SHOWN)
        s->left = node ? left - 1 : left;
    if (!good)
        json_object_put(made);
    else if (node)
        *node = made;
    return good;
}

struct json_object *json_view(struct arena *a, struct str text, const char *without, int *left)
{
    struct json_object *node = NULL;
    int room = *left < 1 ? 1 : *left < VALUES_MAX ? *left : VALUES_MAX;
    struct scan s = {
        .a = a, .p = text.p, .end = text.p + text.n, .without = without, .left = room
    };
    if (!skip_to(&s) || (*s.p != '{' && *s.p != '['))
        return NULL;
    if (!take_value(&s, 0, &node))
        return NULL;
    if (skip_to(&s) || json_object_get_int(json_get(node, "count")) == 0) {
        json_object_put(node);
        return NULL;
    }
    *left = *left > room - s.left ? *left - (room - s.left) : 0;
    json_set_text(node, "comma", "");
    json_set_bool(node, "open", true);
    struct json_object *view = json_object_new_object(), *list = json_object_new_array();
    json_object_array_add(list, node);
    json_set(view, "members", list);
    return json_own(a, view);
}
