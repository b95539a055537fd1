/* Filling an input struct by its table, from pairs or from JSON. */
#include "web/input.h"

#include "base/json.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "web/checks.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((long)64 * 1024)
#define TEXTS_MAX 1000
#define CHOICES_TOLD 12
#define OBJECTS_MAX 100

struct filling {
    struct ctx *c;
    const struct input *input;
    const char *within; /* what stands before its names where it is in another: "items[2]." */
    char *to;
    bool *given; /* by the position of the field */
    bool good;
};

static void put_text(struct filling *f, const struct field *d, const char *text)
{
    memcpy(f->to + d->offset, &text, sizeof(text));
}

static const char *whole_name(const struct filling *f, const char *name)
{
    return *f->within ? arena_printf(f->c->arena, "%s%s", f->within, name) : name;
}

static void fault(struct filling *f, const char *name, const char *message)
{
    f->good = false;
    (void)ctx_fault(f->c, whole_name(f, name), "%s", message);
}

static void fault_range(struct filling *f, const struct field *d, const char *of)
{
    const char *name = whole_name(f, d->name);
    f->good = false;
    if (d->max)
        (void)ctx_fault(f->c, name, "must have %ld to %ld%s", d->min, d->max, of);
    else
        (void)ctx_fault(f->c, name, "must have at least %ld%s", d->min, of);
}

enum err input_fault_choice(struct ctx *c, const char *name, const char *const *values)
{
    struct buf b = buf_in(c->arena);
    for (int i = 0; values[i] && i <= CHOICES_TOLD; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", i < CHOICES_TOLD ? values[i] : "…");
    return ctx_fault(c, name, "must be one of %s", b.p);
}

static bool text_fits(struct filling *f, const struct field *d, const char *text)
{
    struct str s = str_of(text);
    long length = (long)utf8_length(s);
    if (!text_clean(s)) {
        fault(f, d->name, "holds a control character");
        return false;
    }
    if (d->required && text_blank(s)) {
        fault(f, d->name, "must not be blank");
        return false;
    }
    if (length < d->min || length > (d->max ? d->max : TEXT_MAX)) {
        fault_range(f, d, " characters");
        return false;
    }
    return true;
}

/* Blanks alone say as little as nothing does. */
static bool absent(const struct field *d, const char *text)
{
    return !d->required && text_blank(str_of(text));
}

static bool chosen(const struct field *d, const char *text)
{
    for (const char *const *v = d->values; *v; v++)
        if (strcmp(*v, text) == 0)
            return true;
    return false;
}

/* The kinds that are kept as the text they came as. */
static void take_text(struct filling *f, const struct field *d, const char *text)
{
    if (d->clears && absent(d, text))
        put_text(f, d, "");
    if (d->kind == FIELD_TEXT && (absent(d, text) || !text_fits(f, d, text)))
        return;
    if (d->kind == FIELD_UUID && !uuid_valid(text))
        fault(f, d->name, "is not a UUID");
    else if (d->kind == FIELD_EMAIL && !email_valid(text))
        fault(f, d->name, "is not an e-mail address");
    else if (d->kind == FIELD_TIME && !time_valid(text))
        fault(f, d->name, "is not a time as RFC 3339 writes it");
    else if (d->kind == FIELD_CHOICE && !chosen(d, text))
        f->good = input_fault_choice(f->c, whole_name(f, d->name), d->values) == OK;
    else
        put_text(f, d, text);
}

static void take_int(struct filling *f, const struct field *d, long n)
{
    if ((d->min || d->max) && (n < d->min || (d->max && n > d->max))) {
        const char *name = whole_name(f, d->name);
        f->good = false;
        (void)(d->max ? ctx_fault(f->c, name, "must be from %ld to %ld", d->min, d->max)
                      : ctx_fault(f->c, name, "must be at least %ld", d->min));
        return;
    }
    memcpy(f->to + d->offset, &n, sizeof(n));
}

static void take_int_text(struct filling *f, const struct field *d, const char *text)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || *end || end == text || *text == ' ' || *text == '+')
        fault(f, d->name, "is not a whole number");
    else
        take_int(f, d, n);
}

static void take_bool(struct filling *f, const struct field *d, bool truth)
{
    memcpy(f->to + d->offset, &truth, sizeof(truth));
}

static void take_bool_text(struct filling *f, const struct field *d, const char *text)
{
    static const char *const yes[] = { "on", "true", "1" }, *const no[] = { "off", "false", "0" };
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            take_bool(f, d, strcmp(text, yes[i]) == 0);
            return;
        }
    }
    fault(f, d->name, "is neither true nor false");
}

static size_t index_of(const struct input *input, const char *name)
{
    size_t i = 0;
    while (input->fields[i].name && strcmp(input->fields[i].name, name) != 0)
        i++;
    return i;
}

static struct filling begin(struct ctx *c, const struct input *input, const char *within)
{
    size_t n = 0;
    while (input->fields[n].name)
        n++;
    struct filling f = { .c = c, .input = input, .within = within, .good = true };
    f.to = arena_zalloc(c->arena, 1, input->size);
    f.given = arena_zalloc(c->arena, n + 1, sizeof(*f.given));
    return f;
}

static enum err end(struct filling *f, const void **out)
{
    for (size_t i = 0; f->input->fields[i].name; i++) {
        const struct field *d = &f->input->fields[i];
        if (f->given[i])
            continue;
        if (d->required)
            fault(f, d->name, "is required");
        if (d->kind == FIELD_INT)
            memcpy(f->to + d->offset, &d->absent, sizeof(d->absent));
    }
    if (!f->good)
        return ERR_INVALID;
    *out = f->to;
    return OK;
}

/* All values of a repeated name, from the pair at hand on. */
static void take_texts(struct filling *f, const struct field *d, const struct pairs *pairs,
                       size_t from)
{
    size_t n = 0;
    const char **list = arena_zalloc(f->c->arena, pairs->n - from + 1, sizeof(*list));
    for (size_t i = from; i < pairs->n; i++)
        if (strcmp(pairs->at[i].name, d->name) == 0 && !absent(d, pairs->at[i].value) &&
            text_fits(f, d, pairs->at[i].value))
            list[n++] = pairs->at[i].value;
    memcpy(f->to + d->offset, &list, sizeof(list));
}

static bool is_nested(const struct field *d)
{
    return d->kind == FIELD_OBJECT || d->kind == FIELD_OBJECTS;
}

long input_objects_most(const struct field *f)
{
    return f->max ? f->max : OBJECTS_MAX;
}

/* "[2].name": its number, and what follows the point; NULL: it is not of that form. */
static const char *behind_number(const char *p, long most, long *number)
{
    char *end;
    if (p[0] != '[' || p[1] < '0' || p[1] > '9' || (p[1] == '0' && p[2] != ']'))
        return NULL;
    errno = 0;
    *number = strtol(p + 1, &end, 10);
    return !errno && *number < most && end[0] == ']' && end[1] == '.' ? end + 2 : NULL;
}

/* The name that a field of an object within goes by there, and which of them it is; NULL: none. */
static const char *name_within(const struct field *d, const char *name, long *number)
{
    size_t n = strlen(d->name);
    *number = 0;
    if (!is_nested(d) || strncmp(d->name, name, n) != 0)
        return NULL;
    if (d->kind == FIELD_OBJECTS)
        return behind_number(name + n, input_objects_most(d), number);
    return name[n] == '.' ? name + n + 1 : NULL;
}

static bool known_within(const struct input *input, const char *name)
{
    long number;
    for (const struct field *d = input->fields; d->name; d++)
        if (name_within(d, name, &number))
            return true;
    return false;
}

/* The pairs of one object, by the names they have there; *some: not all are blank. */
static struct pairs pairs_within(struct filling *f, const struct field *d,
                                 const struct pairs *pairs, long number, bool *some)
{
    struct pairs in = { arena_zalloc(f->c->arena, pairs->n + 1, sizeof(struct pair)), 0 };
    *some = false;
    for (size_t i = 0; i < pairs->n; i++) {
        long at;
        const char *name = name_within(d, pairs->at[i].name, &at);
        if (!name || at != number)
            continue;
        in.at[in.n++] = (struct pair){ name, pairs->at[i].value };
        *some = *some || !text_blank(str_of(pairs->at[i].value));
    }
    return in;
}

static long last_within(const struct field *d, const struct pairs *pairs)
{
    long last = -1, at;
    for (size_t i = 0; i < pairs->n; i++)
        if (name_within(d, pairs->at[i].name, &at) && at > last)
            last = at;
    return last;
}

static enum err fill_pairs(struct ctx *c, const struct input *input, const char *within,
                           const struct pairs *pairs, const void **out);

static void take_object_pairs(struct filling *f, size_t i, const struct pairs *pairs)
{
    bool some;
    const void *one;
    const struct field *d = &f->input->fields[i];
    struct pairs in = pairs_within(f, d, pairs, 0, &some);
    const char *within = arena_printf(f->c->arena, "%s%s.", f->within, d->name);
    if (!some && !d->required)
        return;
    f->given[i] = true;
    if (fill_pairs(f->c, d->of, within, &in, &one) == OK)
        memcpy(f->to + d->offset, &one, sizeof(one));
    else
        f->good = false;
}

static void take_objects_pairs(struct filling *f, size_t i, const struct pairs *pairs)
{
    const struct field *d = &f->input->fields[i];
    long n = 0, last = last_within(d, pairs);
    const void **list = arena_zalloc(f->c->arena, (size_t)last + 2, sizeof(*list));
    for (long k = 0; k <= last; k++) {
        bool some;
        const void *one;
        struct pairs in = pairs_within(f, d, pairs, k, &some);
        const char *within = arena_printf(f->c->arena, "%s%s[%ld].", f->within, d->name, k);
        if (!some)
            continue;
        f->given[i] = true;
        if (fill_pairs(f->c, d->of, within, &in, &one) == OK)
            list[n++] = one;
        else
            f->good = false;
    }
    memcpy(f->to + d->offset, &list, sizeof(list));
}

static void take_pair(struct filling *f, const struct field *d, const struct pairs *pairs, size_t i)
{
    const char *value = pairs->at[i].value;
    if (d->kind == FIELD_TEXTS)
        take_texts(f, d, pairs, i);
    else if (d->kind == FIELD_INT)
        take_int_text(f, d, value);
    else if (d->kind == FIELD_BOOL)
        take_bool_text(f, d, value);
    else if (d->kind == FIELD_JSON)
        fault(f, d->name, "can only be sent as JSON");
    else if (is_nested(d))
        fault(f, d->name, "has fields of its own");
    else
        take_text(f, d, value);
}

static void take_pairs(struct filling *f, const struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++) {
        const char *name = pairs->at[i].name;
        size_t at = index_of(f->input, name);
        const struct field *d = &f->input->fields[at];
        if (!d->name) {
            if (strcmp(name, "csrfToken") != 0 && !known_within(f->input, name))
                fault(f, name, "is not known here");
            continue;
        }
        if (!*pairs->at[i].value || (f->given[at] && d->kind == FIELD_TEXTS))
            continue;
        if (f->given[at])
            fault(f, name, "was sent twice");
        f->given[at] = true;
        take_pair(f, d, pairs, i);
    }
}

static enum err fill_pairs(struct ctx *c, const struct input *input, const char *within,
                           const struct pairs *pairs, const void **out)
{
    struct filling f = begin(c, input, within);
    take_pairs(&f, pairs);
    for (size_t i = 0; input->fields[i].name; i++) {
        if (input->fields[i].kind == FIELD_OBJECT)
            take_object_pairs(&f, i, pairs);
        if (input->fields[i].kind == FIELD_OBJECTS)
            take_objects_pairs(&f, i, pairs);
    }
    return end(&f, out);
}

enum err input_from_pairs(struct ctx *c, const struct input *input, const struct pairs *pairs,
                          const void **out)
{
    return fill_pairs(c, input, "", pairs, out);
}

static void take_array(struct filling *f, const struct field *d, struct json_object *value)
{
    size_t n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
    if (!json_object_is_type(value, json_type_array) || n > TEXTS_MAX) {
        fault(f, d->name, "is not a list of at most 1000 texts");
        return;
    }
    const char **list = arena_zalloc(f->c->arena, n + 1, sizeof(*list));
    for (size_t i = 0, k = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        if (!json_object_is_type(item, json_type_string)) {
            fault(f, d->name, "holds something other than text");
            return;
        }
        const char *text = json_object_get_string(item);
        if (absent(d, text))
            continue;
        if (!text_fits(f, d, text))
            return;
        list[k++] = text;
    }
    memcpy(f->to + d->offset, &list, sizeof(list));
}

static enum err fill_json(struct ctx *c, const struct input *input, const char *within,
                          struct json_object *body, const void **out);

static void take_object(struct filling *f, const struct field *d, struct json_object *value)
{
    const void *one;
    const char *within = arena_printf(f->c->arena, "%s%s.", f->within, d->name);
    if (fill_json(f->c, d->of, within, value, &one) == OK)
        memcpy(f->to + d->offset, &one, sizeof(one));
    else
        f->good = false;
}

static void take_objects(struct filling *f, const struct field *d, struct json_object *value)
{
    size_t n = json_object_array_length(value);
    const void **list = arena_zalloc(f->c->arena, n + 1, sizeof(*list));
    if (n < (size_t)d->min || n > (size_t)input_objects_most(d)) {
        f->good = false;
        (void)ctx_fault(f->c, whole_name(f, d->name), "must have %ld to %ld entries", d->min,
                        input_objects_most(d));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        const char *name = arena_printf(f->c->arena, "%s[%zu]", d->name, i);
        if (!json_object_is_type(item, json_type_object))
            fault(f, name, "is not an object");
        else if (fill_json(f->c, d->of, arena_printf(f->c->arena, "%s%s.", f->within, name), item,
                           &list[i]) != OK)
            f->good = false;
    }
    memcpy(f->to + d->offset, &list, sizeof(list));
}

static void take_value(struct filling *f, const struct field *d, struct json_object *value)
{
    static const enum json_type types[] = {
        [FIELD_TEXT] = json_type_string,   [FIELD_INT] = json_type_int,
        [FIELD_BOOL] = json_type_boolean,  [FIELD_UUID] = json_type_string,
        [FIELD_EMAIL] = json_type_string,  [FIELD_CHOICE] = json_type_string,
        [FIELD_TIME] = json_type_string,   [FIELD_JSON] = json_type_object,
        [FIELD_TEXTS] = json_type_array,   [FIELD_OBJECT] = json_type_object,
        [FIELD_OBJECTS] = json_type_array,
    };
    static const char *const names[] = { [json_type_boolean] = "is neither true nor false",
                                         [json_type_int] = "is not a whole number",
                                         [json_type_object] = "is not an object",
                                         [json_type_array] = "is not a list",
                                         [json_type_string] = "is not text" };
    if (!json_object_is_type(value, types[d->kind]))
        fault(f, d->name, names[types[d->kind]]);
    else if (d->kind == FIELD_TEXTS)
        take_array(f, d, value);
    else if (d->kind == FIELD_OBJECT)
        take_object(f, d, value);
    else if (d->kind == FIELD_OBJECTS)
        take_objects(f, d, value);
    else if (d->kind == FIELD_JSON)
        memcpy(f->to + d->offset, &value, sizeof(struct json_object *));
    else if (d->kind == FIELD_INT)
        take_int(f, d, json_object_get_int64(value));
    else if (d->kind == FIELD_BOOL)
        take_bool(f, d, json_object_get_boolean(value));
    else
        take_text(f, d, json_object_get_string(value));
}

static enum err fill_json(struct ctx *c, const struct input *input, const char *within,
                          struct json_object *body, const void **out)
{
    struct filling f = begin(c, input, within);
    json_object_object_foreach(body, name, value)
    {
        size_t at = index_of(input, name);
        const struct field *d = &input->fields[at];
        if (!d->name) {
            fault(&f, name, "is not known here");
            continue;
        }
        bool empty = json_object_is_type(value, json_type_string) && d->required &&
                     json_object_get_string_len(value) == 0;
        if (!value || empty)
            continue;
        f.given[at] = true;
        take_value(&f, d, value);
    }
    return end(&f, out);
}

enum err input_from_json(struct ctx *c, const struct input *input, struct json_object *body,
                         const void **out)
{
    if (!json_object_is_type(body, json_type_object)) {
        (void)ctx_fault(c, "body", "is not a JSON object");
        return ctx_refuse(c, ERR_INVALID, "The body is not a JSON object.");
    }
    return fill_json(c, input, "", body, out);
}
