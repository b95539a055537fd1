/* Corrections of single cells: merged into those there are, read with the file, kept. */
#include "import/correction.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "import/correction.sql.h"
#include "import/kept.h"

#include <string.h>

/* ---- where it stands in the file ---- */

/* The header that a correction names, by itself or by the field that its column holds; *field is
   that of the column, -1: nothing is read from it. */
static const char *header_of(struct json_object *preview, const char *column, int *field)
{
    struct json_object *columns = json_get(preview, "columns"), *list = json_get(preview, "fields");
    int named = import_field_of(column);
    const char *header = NULL;
    for (size_t i = 0; columns && i < json_object_array_length(columns); i++) {
        const char *one = json_object_get_string(json_object_array_get_idx(columns, i));
        header = strcmp(one, column) == 0 ? one : header;
    }
    *field = -1;
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const char *of = json_text(one, "column");
        int f = import_field_of(json_text(one, "field"));
        if (!of || (header ? strcmp(of, header) != 0 : f != named))
            continue;
        *field = f;
        return of;
    }
    return header;
}

static bool same_text(struct json_object *x, struct json_object *y, const char *key)
{
    return strcmp(json_text(x, key), json_text(y, key)) == 0;
}

static long line_of(struct json_object *o)
{
    return (long)json_object_get_int64(json_get(o, "line"));
}

struct mending {
    struct ctx *c;
    struct json_object *import;
    struct import_options options;
    const char *header, *value;
    const long *lines; /* in order */
    size_t n;
};

/* The lines of all errors like one that is listed there. */
static void find_alike(struct mending *m, long line)
{
    struct json_object *errors = json_get(json_get(m->import, "preview"), "errors"), *like = NULL;
    size_t n = errors ? json_object_array_length(errors) : 0, found = 0;
    long *lines = arena_zalloc(m->c->arena, n + 1, sizeof(*lines));
    for (size_t i = 0; i < n && !like; i++) {
        struct json_object *one = json_object_array_get_idx(errors, i);
        if (line_of(one) == line && strcmp(json_text(one, "column"), m->header) == 0)
            like = one;
    }
    for (size_t i = 0; i < n && like; i++) {
        struct json_object *one = json_object_array_get_idx(errors, i);
        bool again = found && lines[found - 1] == line_of(one); /* of two fields in one column */
        if (!again && same_text(one, like, "column") && same_text(one, like, "value") &&
            same_text(one, like, "reason"))
            lines[found++] = line_of(one);
    }
    if (!like)
        return;
    m->lines = lines;
    m->n = found;
}

/* ---- with those there are ---- */

static bool mends(const struct mending *m, const struct import_correction *k)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->lines[i] == k->line && strcmp(m->header, k->column) == 0)
            return true;
    return false;
}

static int by_line(const void *x, const void *y)
{
    const struct import_correction *a = x, *b = y;
    return (a->line > b->line) - (a->line < b->line);
}

/* In the place of those of the same cells. */
static void merge(struct mending *m)
{
    struct import_options *o = &m->options;
    struct import_correction *all =
        arena_zalloc(m->c->arena, o->correction_count + m->n, sizeof(*all));
    size_t n = 0;
    for (size_t i = 0; i < o->correction_count; i++)
        if (!mends(m, &o->corrections[i]))
            all[n++] = o->corrections[i];
    for (size_t i = 0; i < m->n; i++)
        all[n++] = (struct import_correction){ .line = m->lines[i],
                                               .column = m->header,
                                               .value = m->value };
    qsort(all, n, sizeof(*all), by_line);
    o->corrections = all;
    o->correction_count = n;
}

/* ---- keeping ---- */

static struct json_object *lines_json(struct ctx *c, const struct mending *m)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    struct json_object *lines = json_object_new_array();
    json_set_text(o, "column", m->header);
    for (size_t i = 0; i < m->n; i++)
        json_object_array_add(lines, json_object_new_int64(m->lines[i]));
    json_set(o, "lines", lines);
    return o;
}

/* What the scan found on the lines of these corrections. */
static enum err rows_text(const struct mending *m, const char **out)
{
    struct json_object *rows = json_own(m->c->arena, json_object_new_array());
    struct buf text = buf_in(m->c->arena);
    for (size_t i = 0; i < m->options.correction_count; i++) {
        const struct import_correction *k = &m->options.corrections[i];
        if (!mends(m, k))
            continue;
        if (!k->was)
            return ctx_fault(m->c, "line", "The file has no row on line %ld.", k->line);
        struct json_object *one = json_object_new_object();
        json_set_int(one, "line", k->line);
        json_set_text(one, "was", k->was);
        json_set_bool(one, "idle", k->idle);
        json_object_array_add(rows, one);
    }
    json_write(&text, rows);
    *out = text.p;
    return OK;
}

static enum err keep(const struct mending *m)
{
    struct ctx *c = m->c;
    const char *id = json_text(m->import, "id"), *rows;
    enum err e = rows_text(m, &rows);
    if (e == OK)
        e = db_query(c->db, c->arena, corrections_put, NULL, .import_id = id,
                     .column_name = m->header, .value = m->value, .rows = rows,
                     .actor_id = c->actor.id, .actor_name = c->actor.name);
    if (e == OK)
        e = db_query(c->db, c->arena, corrections_drop_idle, NULL, .import_id = id,
                     .column_name = m->header, .rows = rows);
    /* Which cells, not what they say: the audit trail is for ever, the corrections go with the
     * file. */
    return e ? e : audit_add(c, "import.correct", "import", id, NULL, lines_json(c, m));
}

static enum err take_value(struct mending *m, const struct import_mend *mend)
{
    int field;
    struct ctx *c = m->c;
    m->header = header_of(json_get(m->import, "preview"), mend->column, &field);
    if (!m->header)
        return ctx_fault(c, "column", "The file has no column “%s”.", mend->column);
    struct str value = cell_text(str_of(mend->value));
    const char *why = cell_problem(value, field < 0 ? CELL_SHOWN : import_field_kinds[field].max);
    if (why)
        return ctx_fault(c, "value", "%s", why);
    m->value = arena_strndup(c->arena, value.p, value.n);
    return OK;
}

enum err import_correct(struct ctx *c, const char *id, const struct import_mend *mend)
{
    struct mending m = { .c = c, .lines = &mend->line, .n = 1 };
    enum err e = import_open(c, id, &m.import);
    if (e == OK)
        e = take_value(&m, mend);
    if (e != OK)
        return e;
    m.options = import_options_of(c, m.import);
    if (mend->alike)
        find_alike(&m, mend->line);
    merge(&m);
    if (m.options.correction_count > CORRECTIONS_MAX)
        return ctx_refuse(c, ERR_INVALID,
                          "An import has at most %d corrections: correct the file and upload it "
                          "again.",
                          CORRECTIONS_MAX);
    e = import_read_again(c, m.import, &m.options);
    return e ? e : keep(&m);
}

/* ---- taking back ---- */

static struct json_object *correction_of(struct json_object *list, const char *id)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (strcmp(json_text(one, "id"), id) == 0)
            return one;
    }
    return NULL;
}

/* Leaves those to be taken back out of the options, and lists them. */
static struct json_object *leave_out(struct mending *m, struct json_object *list,
                                     struct json_object *like, bool alike)
{
    size_t n = 0, left = 0;
    struct json_object *ids = json_own(m->c->arena, json_object_new_array());
    long *lines = arena_zalloc(m->c->arena, m->options.correction_count, sizeof(*lines));
    for (size_t i = 0; i < m->options.correction_count; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        bool goes = one == like || (alike && same_text(one, like, "column") &&
                                    same_text(one, like, "was") && same_text(one, like, "value"));
        if (!goes) {
            m->options.corrections[left++] = m->options.corrections[i];
            continue;
        }
        lines[n++] = line_of(one);
        json_object_array_add(ids, json_object_new_string(json_text(one, "id")));
    }
    m->options.correction_count = left;
    m->header = json_text(like, "column");
    m->lines = lines;
    m->n = n;
    return ids;
}

enum err import_take_back(struct ctx *c, const char *id, const char *correction_id, bool alike)
{
    struct mending m = { .c = c };
    struct buf ids = buf_in(c->arena);
    enum err e = import_open(c, id, &m.import);
    if (e != OK)
        return e;
    struct json_object *list = json_get(m.import, "corrections");
    struct json_object *like = correction_of(list, correction_id);
    if (!like)
        return ERR_NOT_FOUND;
    m.options = import_options_of(c, m.import);
    json_write(&ids, leave_out(&m, list, like, alike));
    e = import_read_again(c, m.import, &m.options);
    if (e == OK)
        e = db_query(c->db, c->arena, corrections_remove, NULL, .import_id = id, .ids = ids.p);
    return e ? e : audit_add(c, "import.take_back", "import", id, NULL, lines_json(c, &m));
}

enum err import_corrections(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, corrections_list, &rows, .import_id = id);
    if (e == OK)
        *out = rows_json(c->arena, rows);
    return e;
}
