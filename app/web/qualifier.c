/* Reads the bar over a list: tokens, their qualifiers, and the canonical filter they make. */
#include "web/qualifier.h"

#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
#include "web/checks.h"
#include "web/qualifier.sql.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TOKENS_MOST 40

struct token {
    bool negative;
    const char *name;  /* of a qualifier; NULL: a word */
    const char *value; /* without quotes; NULL before it is read */
    bool quoted;
};

/* ---- tokens ---- */

/* Up to white space, or to the end of a quotation. */
static const char *word_at(struct arena *a, const char **at, bool *quoted)
{
    struct buf b = buf_in(a);
    const char *p = *at;
    *quoted = false;
    for (bool inside = false; *p && (inside || !isspace((unsigned char)*p)); p++) {
        if (*p == '"') {
            inside = !inside;
            *quoted = true;
        } else {
            buf_putc(&b, *p);
        }
    }
    *at = p;
    return b.n ? b.p : "";
}

/* The letters before a colon. */
static size_t name_length(const char *p)
{
    size_t n = 0;
    while (isalpha((unsigned char)p[n]))
        n++;
    return p[n] == ':' ? n : 0;
}

static bool token_next(struct arena *a, const char **at, struct token *t)
{
    const char *p = *at;
    while (isspace((unsigned char)*p))
        p++;
    *at = p;
    if (!*p)
        return false;
    *t = (struct token){ .negative = *p == '-' && p[1] && !isspace((unsigned char)p[1]) };
    p += t->negative;
    size_t n = name_length(p);
    if (n) {
        t->name = arena_strndup(a, p, n);
        p += n + 1;
    }
    t->value = word_at(a, &p, &t->quoted);
    *at = p;
    return true;
}

/* ---- values ---- */

static const struct qualifier *qualifier_of(const struct qualifier *list, const char *name)
{
    for (const struct qualifier *q = list; q->key; q++)
        if (strcasecmp(q->name, name) == 0)
            return q;
    return NULL;
}

static struct json_object *array_at(struct json_object *filter, const char *key)
{
    struct json_object *array = json_get(filter, key);
    if (!array) {
        array = json_object_new_array();
        json_put(filter, key, false, array);
    }
    return array;
}

static const char *joined(struct arena *a, const char *const *values)
{
    struct buf b = buf_in(a);
    for (size_t i = 0; values[i]; i++) {
        buf_puts(&b, i ? ", " : "");
        for (const char *p = values[i]; *p; p++)
            buf_putc(&b, strlen(values[i]) > 1 ? (char)tolower((unsigned char)*p) : *p);
    }
    return b.p;
}

static enum err wrong(struct ctx *c, const struct token *t, const char *why)
{
    const char *value = t->value ? t->value : "";
    return *value ? ctx_fault(c, "q", "%s:%s: %s", t->name, value, why)
                  : ctx_fault(c, "q", "%s: %s", t->name, why);
}

/* A day, or how many days ago; a time as it is. NULL: none of them. */
static const char *day_of(struct ctx *c, const char *text)
{
    char *end;
    if (time_valid(text) ||
        (strlen(text) == 10 && time_valid(arena_printf(c->arena, "%sT00:00:00Z", text))))
        return text;
    if (strcasecmp(text, "today") == 0)
        return "0d";
    if (strcasecmp(text, "yesterday") == 0)
        return "1d";
    if (!isdigit((unsigned char)*text))
        return NULL;
    long back = strtol(text, &end, 10);
    return strcasecmp(end, "d") == 0 && back <= 36500 ? arena_printf(c->arena, "%ldd", back) : NULL;
}

static enum err add_choice(struct ctx *c, const struct token *t, const struct qualifier *q,
                           const char *value, struct json_object *to)
{
    for (size_t i = 0; q->values[i]; i++)
        if (strcasecmp(q->values[i], value) == 0) {
            json_object_array_add(to, json_text_new(q->values[i]));
            return OK;
        }
    return wrong(c, t, arena_printf(c->arena, "is none of %s.", joined(c->arena, q->values)));
}

static enum err add_value(struct ctx *c, const struct token *t, const struct qualifier *q,
                          const char *value, struct json_object *to)
{
    if (!*value && !q->whole)
        return wrong(c, t, "has no value.");
    if (q->values)
        return add_choice(c, t, q, value, to);
    if (q->read) {
        const char *why = q->read(c, value, to);
        return why ? wrong(c, t, why) : OK;
    }
    json_object_array_add(to, json_text_new(value));
    return OK;
}

/* Alternatives stand between commas, unless they are quoted. */
static enum err add_values(struct ctx *c, const struct token *t, const struct qualifier *q,
                           struct json_object *to)
{
    enum err e = OK;
    if (q->kind == QUALIFIER_EACH && strchr(t->value, ','))
        return wrong(c, t, "takes one at a time: each narrows further.");
    if (t->quoted || q->whole)
        return add_value(c, t, q, t->value, to);
    for (const char *p = t->value; e == OK; p++) {
        size_t n = strcspn(p, ",");
        e = add_value(c, t, q, arena_strndup(c->arena, p, n), to);
        p += n;
        if (!*p)
            break;
    }
    return e;
}

static enum err add_day(struct ctx *c, const struct token *t, const struct qualifier *q,
                        struct json_object *filter)
{
    const char *day = day_of(c, t->value);
    if (!day)
        return wrong(c, t, "is no day: 2026-05-12, today, yesterday or 7d.");
    if (json_get(filter, q->key))
        return wrong(c, t, "is there twice.");
    json_put(filter, q->key, false, json_text_new(day));
    return OK;
}

static enum err add_qualifier(struct ctx *c, const struct qualifier *list, const struct token *t,
                              struct json_object *filter)
{
    const struct qualifier *q = qualifier_of(list, t->name);
    if (!q)
        return ctx_fault(c, "q", "There is no qualifier %s: put the text in quotes to look for it.",
                         t->name);
    if (t->negative && !q->not_key)
        return wrong(c, t, "cannot be left out with a minus.");
    if (q->kind == QUALIFIER_DAY)
        return add_day(c, t, q, filter);
    return add_values(c, t, q, array_at(filter, t->negative ? q->not_key : q->key));
}

static enum err add_token(struct ctx *c, const struct qualifier *list, const struct token *t,
                          struct json_object *filter)
{
    if (t->name)
        return add_qualifier(c, list, t, filter);
    if (*t->value)
        json_object_array_add(array_at(filter, t->negative ? "notText" : "text"),
                              json_text_new(t->value));
    return OK;
}

/* ---- the filter ---- */

static void move_key(struct json_object *from, const char *key, struct json_object *to)
{
    struct json_object *value = key ? json_get(from, key) : NULL;
    if (value)
        json_put(to, key, false, json_object_get(value));
}

/* The same whatever the order of the tokens. */
static struct json_object *in_order(struct ctx *c, const struct qualifier *list,
                                    struct json_object *filter)
{
    struct json_object *out = json_own(c->arena, json_object_new_object());
    for (const struct qualifier *q = list; q->key; q++) {
        move_key(filter, q->key, out);
        move_key(filter, q->not_key, out);
    }
    move_key(filter, "text", out);
    move_key(filter, "notText", out);
    return out;
}

enum err qualifiers_parse(struct ctx *c, const struct qualifier *list, const char *text,
                          struct json_object **filter)
{
    struct token t;
    enum err e = OK;
    int tokens = 0;
    const char *at = text ? text : "";
    struct json_object *found = json_own(c->arena, json_object_new_object());
    while (token_next(c->arena, &at, &t)) {
        if (++tokens > TOKENS_MOST)
            return ctx_fault(c, "q", "At most %d qualifiers and words.", TOKENS_MOST);
        enum err wrong_one = add_token(c, list, &t, found);
        e = e == OK ? wrong_one : e;
    }
    if (e != OK)
        return e;
    *filter = in_order(c, list, found);
    return OK;
}

/* ---- days ---- */

static enum err resolve_day(struct ctx *c, struct json_object *filter, const char *key)
{
    PGresult *row;
    const char *day = json_text(filter, key);
    if (!day || strpbrk(day, "Tt"))
        return OK;
    enum err e = db_query(c->db, c->arena, qualifier_day, &row, .day = day,
                          .now_ms = NUM(c->app->now_ms(c->app)));
    if (e == OK)
        json_put(filter, key, false, json_text_new(row_text(row, 0, "begins")));
    return e;
}

enum err qualifiers_days(struct ctx *c, const struct qualifier *list, struct json_object *filter)
{
    enum err e = OK;
    for (const struct qualifier *q = list; e == OK && q->key; q++)
        if (q->kind == QUALIFIER_DAY)
            e = resolve_day(c, filter, q->key);
    return e;
}

/* ---- help ---- */

struct json_object *qualifier_help(const struct qualifier *q, const char *values)
{
    struct json_object *one = json_object_new_object();
    json_set_text(one, "name", q->name);
    json_set_text(one, "help", q->help);
    json_set_text(one, "values", values);
    json_set_bool(one, "fixed", !q->not_key);
    return one;
}
