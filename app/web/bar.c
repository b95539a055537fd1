/* The text of the qualifier bar, taken apart and put together again. */
#include "web/bar.h"

#include "base/buf.h"
#include "base/json.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define TOKENS_MOST 40

/* The end of a token: white space outside quotation marks. */
static const char *end_of(const char *p)
{
    for (bool inside = false; *p && (inside || !isspace((unsigned char)*p)); p++)
        inside ^= *p == '"';
    return p;
}

const char *const *bar_tokens(struct ctx *c, const char *q)
{
    size_t n = 0;
    const char **list = arena_zalloc(c->arena, TOKENS_MOST + 1, sizeof(*list));
    for (const char *p = q ? q : ""; n < TOKENS_MOST;) {
        while (isspace((unsigned char)*p))
            p++;
        if (!*p)
            break;
        const char *end = end_of(p);
        list[n++] = arena_strndup(c->arena, p, (size_t)(end - p));
        p = end;
    }
    return list;
}

const char *bar_href(struct ctx *c, const char *path, const char *q, const char *columns)
{
    struct buf b = buf_in(c->arena);
    buf_puts(&b, path);
    if (q && *q) {
        buf_puts(&b, "?q=");
        buf_url(&b, q, strlen(q));
    }
    if (columns && *columns)
        buf_printf(&b, "%ccolumns=%s", q && *q ? '&' : '?', columns);
    return b.p;
}

static void put(struct buf *b, const char *token)
{
    buf_puts(b, b->n ? " " : "");
    buf_puts(b, token);
}

static const char *text_of(const struct buf *b)
{
    return b->n ? b->p : "";
}

const char *bar_without(struct ctx *c, const char *q, const char *token)
{
    struct buf b = buf_in(c->arena);
    for (const char *const *t = bar_tokens(c, q); *t; t++)
        if (strcmp(*t, token) != 0)
            put(&b, *t);
    return text_of(&b);
}

const char *bar_without_place(struct ctx *c, const char *q, long place)
{
    struct buf b = buf_in(c->arena);
    for (const char *const *t = bar_tokens(c, q); *t; t++)
        if (--place != 0)
            put(&b, *t);
    return text_of(&b);
}

const char *bar_between(struct ctx *c, const char *q, const char *after, const char *before)
{
    struct buf b = buf_in(c->arena);
    for (const char *const *t = bar_tokens(c, q); *t; t++)
        if (strncasecmp(*t, "after:", 6) != 0 && strncasecmp(*t, "before:", 7) != 0)
            put(&b, *t);
    put(&b, arena_printf(c->arena, "after:%s", after));
    put(&b, arena_printf(c->arena, "before:%s", before));
    return text_of(&b);
}

#define CHIPS 10 /* more of them are read in the bar */

int64_t bar_more(struct ctx *c, const char *q)
{
    int64_t n = -CHIPS;
    for (const char *const *t = bar_tokens(c, q); *t; t++)
        n++;
    return n > 0 ? n : 0;
}

struct json_object *bar_chips(struct ctx *c, const char *q)
{
    int64_t place = 1;
    struct json_object *list = json_object_new_array();
    for (const char *const *t = bar_tokens(c, q); *t && place <= CHIPS; t++) {
        struct json_object *chip = json_object_new_object();
        bool negative = **t == '-' && (*t)[1];
        json_set_text(chip, "text", *t + negative);
        json_set_bool(chip, "negative", negative);
        json_set_int(chip, "place", place++);
        json_object_array_add(list, chip);
    }
    return list;
}
