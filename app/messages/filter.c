/* Reads the qualifier bar: tokens, their qualifiers, and the canonical filter they make. */
#include "messages/filter.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "db/db.h"
#include "messages/filter.sql.h"
#include "track/channel.h"
#include "track/tag.h"
#include "track/track.h"
#include "web/checks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TOKENS_MOST 40

static const char *const providers[] = {
    "smtp", "msgraph", "acs", "twilio", "sink", "print", NULL
};
static const char *const states[] = { "failed",    "held",         "moving", "waiting",
                                      "unprinted", "contradicted", NULL };
static const char *const belongings[] = { "attachment", "error", "note", NULL };
static const char *const named[] = { "me", NULL };

const struct qualifier qualifiers[] = {
    { "status", "status", "notStatus", status_names, "Where it stands: failed, delivered …" },
    { "channel", "channel", "notChannel", channel_names, "How it goes: email, sms, letter …" },
    { "to", "to", NULL, NULL, "Part of the recipient's name, address or number." },
    { "domain", "domain", "notDomain", NULL, "What stands behind the @ of the address." },
    { "unit", "unit", NULL, NULL, "The unit's number." },
    { "building", "building", "notBuilding", NULL, "A building's code." },
    { "year", "year", "notYear", NULL, "The billing year." },
    { "run", "run", "notRun", NULL, "The id of a run." },
    { "provider", "provider", "notProvider", providers, "Who took it: smtp, msgraph, twilio …" },
    { "code", "code", "notCode", NULL, "The provider's error code: code:\"550 5.1.1\"." },
    { "cause", "cause", "notCause", NULL, "What failures have in common, as their groups say it." },
    { "template", "template", "notTemplate", NULL, "What it is written from: reminder." },
    { "tag", "tag", "notTag", NULL, "A word that people put on it." },
    { "grade", "grade", "notGrade", event_grades,
      "Who vouches for what became of it: A the recipient, B who saw it, C a provider, D nobody." },
    { "is", "is", "notIs", states, "failed, held, waiting, moving, unprinted or contradicted." },
    { "has", "has", "notHas", belongings, "attachment, error or note." },
    { "mentions", "mentions", NULL, named, "Those with a note that names me." },
    { "before", "before", NULL, NULL, "Last moved before a day: 2026-05-12, today, 7d." },
    { "after", "after", NULL, NULL, "Last moved on that day or later." },
    { .key = NULL },
};

struct token {
    bool negative;
    const char *name;  /* of a qualifier; NULL: a word */
    const char *value; /* without quotes */
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

static const struct qualifier *qualifier_of(const char *name)
{
    for (const struct qualifier *q = qualifiers; q->key; q++)
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
    return *t->value ? ctx_fault(c, "q", "%s:%s: %s", t->name, t->value, why)
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

static enum err add_year(struct ctx *c, const struct token *t, const char *value,
                         struct json_object *to)
{
    char *end;
    long year = strtol(value, &end, 10);
    if (*end || year < 1900 || year > 2999)
        return wrong(c, t, "is no year.");
    json_object_array_add(to, json_object_new_int64(year));
    return OK;
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

/* Alternatives stay together: a message has several tags, so that another qualifier narrows. */
static enum err add_tags(struct ctx *c, const struct token *t, struct json_object *to)
{
    const char *tag, *end = "";
    struct buf b = buf_in(c->arena);
    for (const char *p = t->value; p; p = *end ? end + 1 : NULL) {
        end = p + strcspn(p, ",");
        const char *why = tag_read(c->arena, arena_strndup(c->arena, p, (size_t)(end - p)), &tag);
        if (why)
            return wrong(c, t, why);
        buf_printf(&b, "%s%s", b.n ? "," : "", tag);
    }
    json_object_array_add(to, json_text_new(b.p));
    return OK;
}

static enum err add_value(struct ctx *c, const struct token *t, const struct qualifier *q,
                          const char *value, struct json_object *to)
{
    if (!*value)
        return wrong(c, t, "has no value.");
    if (q->values)
        return add_choice(c, t, q, value, to);
    if (strcmp(q->name, "year") == 0)
        return add_year(c, t, value, to);
    if (strcmp(q->name, "run") == 0 && !uuid_valid(value))
        return wrong(c, t, "is no id of a run.");
    json_object_array_add(to, json_text_new(value));
    return OK;
}

/* Alternatives stand between commas, unless they are quoted. */
static enum err add_values(struct ctx *c, const struct token *t, const struct qualifier *q,
                           struct json_object *to)
{
    enum err e = OK;
    if ((q->values == states || q->values == belongings) && strchr(t->value, ','))
        return wrong(c, t, "takes one at a time: each narrows further.");
    if (strcmp(q->name, "tag") == 0)
        return add_tags(c, t, to);
    if (t->quoted)
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

static enum err add_qualifier(struct ctx *c, const struct token *t, struct json_object *filter)
{
    const struct qualifier *q = qualifier_of(t->name);
    if (!q)
        return ctx_fault(c, "q", "There is no qualifier %s: put the text in quotes to look for it.",
                         t->name);
    if (t->negative && !q->not_key)
        return wrong(c, t, "cannot be left out with a minus.");
    if (strcmp(q->key, "before") == 0 || strcmp(q->key, "after") == 0)
        return add_day(c, t, q, filter);
    return add_values(c, t, q, array_at(filter, t->negative ? q->not_key : q->key));
}

static enum err add_token(struct ctx *c, const struct token *t, struct json_object *filter)
{
    if (t->name)
        return add_qualifier(c, t, filter);
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
static struct json_object *in_order(struct ctx *c, struct json_object *filter)
{
    struct json_object *out = json_own(c->arena, json_object_new_object());
    for (const struct qualifier *q = qualifiers; q->key; q++) {
        move_key(filter, q->key, out);
        move_key(filter, q->not_key, out);
    }
    move_key(filter, "text", out);
    move_key(filter, "notText", out);
    return out;
}

enum err filter_parse(struct ctx *c, const char *text, struct json_object **filter)
{
    struct token t;
    enum err e = OK;
    int tokens = 0;
    const char *at = text ? text : "";
    struct json_object *found = json_own(c->arena, json_object_new_object());
    while (token_next(c->arena, &at, &t)) {
        if (++tokens > TOKENS_MOST)
            return ctx_fault(c, "q", "At most %d qualifiers and words.", TOKENS_MOST);
        enum err wrong_one = add_token(c, &t, found);
        e = e == OK ? wrong_one : e;
    }
    if (e != OK)
        return e;
    *filter = in_order(c, found);
    return OK;
}

/* One that the actor may not see is as one that is not. */
static enum err take_ids(struct ctx *c, struct json_object *filter, const char *key,
                         const char *noun, const PGresult *rows)
{
    struct json_object *ids = json_own(c->arena, json_object_new_array());
    for (int i = 0; i < rows_count(rows); i++) {
        if (!row_text(rows, i, "id"))
            return ctx_fault(c, "q", "%s:%s: there is no such %s.", noun, row_text(rows, i, "code"),
                             noun);
        json_object_array_add(ids, json_text_new(row_text(rows, i, "id")));
    }
    json_put(filter, key, false, json_object_get(ids));
    return OK;
}

static enum err resolve_buildings(struct ctx *c, struct json_object *filter, const char *key)
{
    PGresult *rows;
    struct json_object *codes = json_get(filter, key);
    if (!codes)
        return OK;
    enum err e = db_query(c->db, c->arena, filter_buildings, &rows, .codes = filter_json(c, codes),
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e != OK ? e : take_ids(c, filter, key, "building", rows);
}

static enum err resolve_runs(struct ctx *c, struct json_object *filter, const char *key)
{
    PGresult *rows;
    struct json_object *ids = json_get(filter, key);
    if (!ids)
        return OK;
    enum err e = db_query(c->db, c->arena, filter_runs, &rows, .codes = filter_json(c, ids),
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e != OK ? e : take_ids(c, filter, key, "run", rows);
}

/* The day's beginning. */
static enum err resolve_day(struct ctx *c, struct json_object *filter, const char *key)
{
    PGresult *row;
    const char *day = json_text(filter, key);
    if (!day || strpbrk(day, "Tt"))
        return OK;
    enum err e = db_query(c->db, c->arena, filter_day, &row, .day = day,
                          .now_ms = NUM(c->app->now_ms(c->app)));
    if (e == OK)
        json_put(filter, key, false, json_text_new(row_text(row, 0, "begins")));
    return e;
}

enum err filter_resolve(struct ctx *c, struct json_object *filter)
{
    enum err e = resolve_buildings(c, filter, "building");
    if (e == OK)
        e = resolve_buildings(c, filter, "notBuilding");
    if (e == OK)
        e = resolve_runs(c, filter, "run");
    if (e == OK)
        e = resolve_runs(c, filter, "notRun");
    if (e == OK)
        e = resolve_day(c, filter, "before");
    return e != OK ? e : resolve_day(c, filter, "after");
}

enum err filter_read(struct ctx *c, const char *text, struct json_object **filter)
{
    enum err e = filter_parse(c, text, filter);
    return e != OK ? e : filter_resolve(c, *filter);
}

const char *filter_json(struct ctx *c, struct json_object *filter)
{
    struct buf b = buf_in(c->arena);
    json_write(&b, filter);
    return b.p;
}
