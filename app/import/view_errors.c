/* The errors of an import by their kind, with what is needed to correct them, and what was. */
#include "base/crypto.h"
#include "base/json.h"
#include "channels/message.h"
#include "import/row.h"
#include "import/view.h"

#include <ctype.h>
#include <string.h>

enum { ROWS_SHOWN = 10, BULKS_SHOWN = 5, CORRECTIONS_SHOWN = 100 };

struct errors {
    struct ctx *c;
    struct json_object *preview, *corrections;
    const struct message_kind *messages;
    bool open;
};

static long number(struct json_object *o, const char *key)
{
    return (long)json_object_get_int64(json_get(o, key));
}

static size_t length(struct json_object *list)
{
    return list ? json_object_array_length(list) : 0;
}

static bool same(struct json_object *x, struct json_object *y, const char *key)
{
    return strcmp(json_text(x, key), json_text(y, key)) == 0;
}

/* ---- a cell that may be corrected ---- */

/* Whether the field of an error is read from a column of the file. */
static bool has_column(const struct errors *v, struct json_object *error)
{
    struct json_object *fields = json_get(v->preview, "fields");
    const char *field = json_text(error, "field");
    for (size_t i = 0; field && i < length(fields); i++) {
        struct json_object *one = json_object_array_get_idx(fields, i);
        if (strcmp(json_text(one, "field"), field) == 0)
            return json_text(one, "column") != NULL;
    }
    return false;
}

static const char *const preferences[] = {
    "email", "sms", "letter", "letter_with_receipt", "email+sms", "email+letter", "sms+letter", NULL
};

static void add_choice(struct json_object *list, const char *value)
{
    json_object_array_add(list, json_object_new_string(value));
}

/* What a field may hold, where that is one of a few words; NULL: anything. */
static struct json_object *choices(const struct errors *v, int field)
{
    struct json_object *list = json_object_new_array();
    const struct message_kind *m = v->messages;
    if (field == COLUMN_DELIVERY_PREFERENCE)
        for (const char *const *p = preferences; *p; p++)
            add_choice(list, *p);
    if (field == COLUMN_TEMPLATE)
        for (; m->name; m++)
            add_choice(list, m->name);
    while (field == COLUMN_LANGUAGE && m->name && strcmp(m->name, MESSAGE_USUAL) != 0)
        m++;
    if (field == COLUMN_LANGUAGE)
        for (const char *const *l = m->languages; l && *l; l++)
            add_choice(list, *l);
    if (length(list))
        return list;
    json_object_put(list);
    return NULL;
}

static struct json_object *select_of(struct json_object *options)
{
    struct json_object *o = options ? json_object_new_object() : NULL;
    if (o)
        json_set(o, "options", options);
    return o;
}

static struct json_object *cell(const struct errors *v, struct json_object *error,
                                const char *label)
{
    if (!v->open || !has_column(v, error))
        return NULL;
    int field = import_field_of(json_text(error, "field"));
    struct json_object *o = json_object_new_object();
    json_set_int(o, "line", number(error, "line"));
    json_set_text(o, "column", json_text(error, "column"));
    json_set_text(o, "value", json_text(error, "value"));
    json_set_int(o, "max", (int64_t)import_field_kinds[field].max);
    json_set_text(o, "label", label);
    json_set(o, "select", select_of(choices(v, field)));
    return o;
}

/* ---- an error ---- */

/* "unit 2.04, Anna Meier" */
static const char *who(struct arena *a, struct json_object *error)
{
    const char *unit = json_text(error, "unit"), *recipient = json_text(error, "recipient");
    if (!unit)
        return recipient;
    return arena_printf(a, "unit %s%s%s", unit, recipient ? ", " : "", recipient ? recipient : "");
}

/* They are in the order of their lines. */
static struct json_object *correction_of(const struct errors *v, struct json_object *error)
{
    size_t low = 0, high = length(v->corrections);
    long line = number(error, "line");
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (number(json_object_array_get_idx(v->corrections, middle), "line") < line)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < length(v->corrections); low++) {
        struct json_object *one = json_object_array_get_idx(v->corrections, low);
        if (number(one, "line") != line)
            break;
        if (same(one, error, "column"))
            return one;
    }
    return NULL;
}

/* A reason without its numbers, which tell of single lines. */
static const char *kind_of(struct arena *a, const char *reason)
{
    struct buf b = buf_in(a);
    for (const char *p = reason; *p; p++)
        if (!isdigit((unsigned char)*p))
            buf_putc(&b, *p);
        else if (!isdigit((unsigned char)p[1]))
            buf_puts(&b, "…");
    return b.p ? b.p : "";
}

static struct json_object *row(const struct errors *v, struct json_object *error)
{
    struct arena *a = v->c->arena;
    struct json_object *o = json_object_new_object(), *correction = correction_of(v, error);
    const char *reason = json_text(error, "reason");
    bool own = strcmp(kind_of(a, reason), reason) != 0;
    json_set_int(o, "line", number(error, "line"));
    json_set_text(o, "who", who(a, error));
    json_set_text(o, "says", json_text(error, "value"));
    json_set_bool(o, "corrected", correction != NULL);
    json_set_text(o, "was", correction ? json_text(correction, "was") : NULL);
    json_set_text(o, "correctionId", correction && v->open ? json_text(correction, "id") : NULL);
    json_set_text(o, "reason", own ? reason : NULL);
    json_set(
        o, "cell",
        cell(v, error,
             arena_printf(a, "%s on line %ld", json_text(error, "column"), number(error, "line"))));
    return o;
}

/* ---- errors of a kind ---- */

struct kind {
    struct json_object **at; /* errors, by line */
    size_t n;
};

static const char *lines_text(struct arena *a, const struct kind *k, size_t from)
{
    struct buf b = buf_in(a);
    for (size_t i = from; i < k->n; i++)
        buf_printf(&b, "%s%ld", b.n ? ", " : "", number(k->at[i], "line"));
    return b.p;
}

/* What is each row's own: where nothing stands, no value is that of many. */
static bool is_own(int field)
{
    static const enum import_field own[] = {
        COLUMN_UNIT_NUMBER, COLUMN_RECIPIENT_NAME, COLUMN_EMAIL,     COLUMN_PHONE,
        COLUMN_STREET,      COLUMN_AMOUNT_DUE,     COLUMN_REFERENCE, COLUMN_ATTACHMENT,
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if ((int)own[i] == field)
            return true;
    return false;
}

static int by_value(const void *x, const void *y)
{
    struct json_object *const *a = x, *const *b = y;
    int order = strcmp(json_text(*a, "value"), json_text(*b, "value"));
    if (!order)
        order = strcmp(json_text(*a, "reason"), json_text(*b, "reason"));
    return order ? order : number(*a, "line") < number(*b, "line") ? -1 : 1;
}

static int by_size(const void *x, const void *y)
{
    const struct kind *a = x, *b = y;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return number(a->at[0], "line") < number(b->at[0], "line") ? -1 : 1;
}

static void add_bulk(const struct errors *v, const struct kind *alike, struct json_object *list)
{
    const char *value = json_text(alike->at[0], "value");
    int field = import_field_of(json_text(alike->at[0], "field"));
    if (!*value && is_own(field))
        return;
    struct json_object *o = json_object_new_object();
    json_set_int(o, "n", (int64_t)alike->n);
    json_set_text(o, "says", value);
    json_set(o, "cell",
             cell(v, alike->at[0],
                  arena_printf(v->c->arena, "%s on %zu lines", json_text(alike->at[0], "column"),
                               alike->n)));
    json_object_array_add(list, o);
}

/* Values that several lines have with the same reason, the most frequent first. */
static struct json_object *bulks(const struct errors *v, const struct kind *k)
{
    size_t n = 0;
    struct arena *a = v->c->arena;
    struct json_object *list = json_object_new_array();
    struct json_object **at = arena_zalloc(a, k->n, sizeof(struct json_object *));
    struct kind *found = arena_zalloc(a, k->n, sizeof(*found));
    memcpy(at, k->at, k->n * sizeof(struct json_object *));
    qsort(at, k->n, sizeof(struct json_object *), by_value);
    for (size_t i = 0; i < k->n; i++) {
        bool again = i && same(at[i], at[i - 1], "value") && same(at[i], at[i - 1], "reason");
        if (!again)
            found[n++].at = &at[i];
        found[n - 1].n++;
    }
    qsort(found, n, sizeof(*found), by_size);
    for (size_t i = 0; i < n && i < BULKS_SHOWN && found[i].n > 1; i++)
        add_bulk(v, &found[i], list);
    return list;
}

/* What to do about errors that have no cell to correct; NULL: they have one. */
static const char *advice(const struct errors *v, struct json_object *error)
{
    const char *field = json_text(error, "field");
    if (!v->open || has_column(v, error))
        return NULL;
    if (!field)
        return "There is no single cell to correct: mend this in the file and upload it again.";
    if (strcmp(field, import_field_kinds[COLUMN_YEAR].key) == 0)
        return "No column holds the year: give it under “Columns and year” below.";
    return "No column of the file holds this: say which one does under “Columns and year” below, "
           "or add it to the file and upload it again.";
}

static struct json_object *kind_json(const struct errors *v, const struct kind *k)
{
    struct arena *a = v->c->arena;
    unsigned char digest[SHA256_SIZE];
    struct json_object *o = json_object_new_object(), *rows = json_object_new_array();
    bool correctable = v->open && has_column(v, k->at[0]);
    const char *sentence = kind_of(a, json_text(k->at[0], "reason"));
    const char *name = arena_printf(a, "%s %s", json_text(k->at[0], "column"), sentence);
    sha256(name, strlen(name), digest);
    for (size_t i = 0; i < k->n && i < ROWS_SHOWN; i++)
        json_object_array_add(rows, row(v, k->at[i]));
    json_set_text(o, "key", arena_printf(a, "kind-%s", hex(a, digest, 6)));
    json_set_text(o, "column", json_text(k->at[0], "column"));
    json_set_text(o, "sentence", sentence);
    json_set_int(o, "count", (int64_t)k->n);
    json_set_text(o, "advice", advice(v, k->at[0]));
    json_set_bool(o, "correctable", correctable);
    json_set(o, "rows", rows);
    json_set(o, "bulk", correctable ? bulks(v, k) : NULL);
    json_set_int(o, "more", k->n > ROWS_SHOWN ? (int64_t)(k->n - ROWS_SHOWN) : 0);
    json_set_text(o, "moreLines", lines_text(a, k, ROWS_SHOWN));
    return o;
}

/* In the order in which their first ones come. */
static struct json_object *kinds(const struct errors *v)
{
    struct json_object *list = json_object_new_array(), *all = json_get(v->preview, "errors");
    size_t n = length(all);
    struct json_object **at = arena_zalloc(v->c->arena, n + 1, sizeof(struct json_object *));
    const char **names = arena_zalloc(v->c->arena, n + 1, sizeof(*names));
    for (size_t i = 0; i < n; i++) {
        struct json_object *error = json_object_array_get_idx(all, i);
        names[i] = arena_printf(v->c->arena, "%s\n%s", json_text(error, "column"),
                                kind_of(v->c->arena, json_text(error, "reason")));
    }
    for (size_t i = 0; i < n; i++) {
        struct kind k = { .at = at };
        const char *name = names[i];
        for (size_t j = i; name && j < n; j++) {
            if (!names[j] || strcmp(names[j], name) != 0)
                continue;
            at[k.n++] = json_object_array_get_idx(all, j);
            names[j] = NULL;
        }
        if (k.n)
            json_object_array_add(list, kind_json(v, &k));
    }
    return list;
}

/* ---- what was corrected ---- */

/* Those whose cells are right now; what is still wrong stands among the errors. */
static struct json_object **right(const struct errors *v, size_t *n)
{
    struct json_object *wrong = json_get(v->preview, "errors");
    size_t all = length(v->corrections);
    struct json_object **at = arena_zalloc(v->c->arena, all + 1, sizeof(struct json_object *));
    bool *left_out = arena_zalloc(v->c->arena, all + 1, sizeof(*left_out));
    for (size_t i = 0; all && i < length(wrong); i++) {
        struct json_object *one = correction_of(v, json_object_array_get_idx(wrong, i));
        for (size_t k = 0; one && k < all; k++)
            left_out[k] |= json_object_array_get_idx(v->corrections, k) == one;
    }
    *n = 0;
    for (size_t i = 0; i < all; i++)
        if (!left_out[i])
            at[(*n)++] = json_object_array_get_idx(v->corrections, i);
    return at;
}

static struct json_object *corrections(const struct errors *v, struct json_object **at, size_t n)
{
    struct json_object *list = json_object_new_array();
    bool *told = arena_zalloc(v->c->arena, n + 1, sizeof(*told));
    for (size_t i = 0; i < n && length(list) < CORRECTIONS_SHOWN; i++) {
        struct json_object *first = at[i];
        struct buf lines = buf_in(v->c->arena);
        long alike = 0;
        for (size_t j = i; !told[i] && j < n; j++) {
            struct json_object *one = at[j];
            if (!same(one, first, "column") || !same(one, first, "was") ||
                !same(one, first, "value"))
                continue;
            told[j] = j > i;
            if (alike++ < ROWS_SHOWN)
                buf_printf(&lines, "%s%ld", lines.n ? ", " : "", number(one, "line"));
        }
        if (!alike)
            continue;
        struct json_object *o = json_object_new_object();
        json_set_text(o, "id", json_text(first, "id"));
        json_set_bool(o, "several", alike > 1);
        json_set_int(o, "n", alike);
        json_set_text(o, "lines", lines.p);
        json_set_int(o, "more", alike > ROWS_SHOWN ? alike - ROWS_SHOWN : 0);
        json_set_text(o, "column", json_text(first, "column"));
        json_set_text(o, "was", json_text(first, "was"));
        json_set_text(o, "value", json_text(first, "value"));
        json_set_text(o, "correctedByName", json_text(first, "correctedByName"));
        json_set_text(o, "correctedAt", json_text(first, "correctedAt"));
        json_object_array_add(list, o);
    }
    return list;
}

void import_view_errors(struct ctx *c, struct json_object *import, bool open,
                        struct json_object *view)
{
    struct errors v = { .c = c,
                        .preview = json_get(import, "preview"),
                        .corrections = json_get(import, "corrections"),
                        .messages = message_kinds(c),
                        .open = open };
    size_t n;
    struct json_object **at = right(&v, &n);
    json_set(view, "kinds", kinds(&v));
    json_set(view, "corrections", corrections(&v, at, n));
    json_set_int(view, "correctionCount", (int64_t)n);
    json_set_bool(view, "oneCorrection", n == 1);
    json_set_bool(view, "hasCorrections", n > 0);
    json_set_bool(view, "hasFindings",
                  length(v.corrections) || length(json_get(v.preview, "errors")) ||
                      length(json_get(v.preview, "warnings")));
}
