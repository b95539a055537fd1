/* Runs a compiled template over a json-c value into a buffer. */
#include "mustache/program.h"

#include <string.h>

#define OUTPUT_MAX ((size_t)8 * 1024 * 1024)
#define WORK_MAX 20000000
#define PARTIALS_MAX 32
#define STACK_MAX 256
#define INDENT_MAX 512

struct frame { /* the blocks that one {{<parent}} overrides */
    const struct program *program;
    size_t from, to;
    struct frame *inner;
};

struct run {
    struct templates *set;
    struct buf *to;
    size_t work;  /* operations and items of lists so far */
    size_t start; /* length of the buffer before */
    const char **why;
    bool escape, line_start;
    int depth, stack_n;
    struct json_object *stack[STACK_MAX];
    char indent[INDENT_MAX];
    size_t indent_n;
    struct frame *outermost, *innermost;
    const struct program *program;
};

static enum err refuse(struct run *r, enum err e, const char *what)
{
    *r->why = arena_printf(r->to->arena, "%s: %s", r->program->name, what);
    return e;
}

/* ---- output ---- */

static void put_indent(struct run *r)
{
    buf_put(r->to, r->indent, r->indent_n);
    r->line_start = false;
}

static void put_lines(struct run *r, struct str text)
{
    const char *p = text.p, *end = text.p + text.n;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline + 1 : end;
        if (r->line_start && *p != '\n' && *p != '\r')
            put_indent(r);
        buf_put(r->to, p, (size_t)(stop - p));
        r->line_start = newline != NULL;
        p = stop;
    }
}

static void put_text(struct run *r, struct str text)
{
    if (r->indent_n) {
        put_lines(r, text);
        return;
    }
    buf_put(r->to, text.p, text.n);
    r->line_start = text.p[text.n - 1] == '\n';
}

static void put_value(struct run *r, struct json_object *v, bool escape)
{
    const char *text;
    size_t n;
    if (!v)
        return;
    if (json_object_is_type(v, json_type_string)) {
        text = json_object_get_string(v);
        n = (size_t)json_object_get_string_len(v);
    } else {
        text = json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN);
        n = strlen(text);
    }
    if (!n)
        return;
    if (r->line_start)
        put_indent(r);
    if (escape && r->escape)
        buf_html(r->to, text, n);
    else
        buf_put(r->to, text, n);
    r->line_start = false;
}

/* ---- names ---- */

static bool member(struct json_object *object, const struct key *k, struct json_object **out)
{
    if (!json_object_is_type(object, json_type_object))
        return false;
    struct lh_entry *e =
        lh_table_lookup_entry_w_hash(json_object_get_object(object), k->text, k->hash);
    if (!e)
        return false;
    *out = (struct json_object *)(uintptr_t)lh_entry_v(e);
    return true;
}

static struct json_object *lookup(const struct run *r, const struct path *path)
{
    struct json_object *v = NULL;
    if (!path->n)
        return r->stack[r->stack_n - 1];
    int i = r->stack_n - 1;
    while (i >= 0 && !member(r->stack[i], &path->keys[0], &v))
        i--;
    if (i < 0)
        return NULL;
    for (int k = 1; k < path->n; k++)
        if (!member(v, &path->keys[k], &v))
            return NULL;
    return v;
}

/* null, false, 0, "" and [] are false. */
static bool truth(struct json_object *v)
{
    switch (json_object_get_type(v)) {
    case json_type_null:
        return false;
    case json_type_array:
        return json_object_array_length(v) > 0;
    case json_type_string:
        return json_object_get_string_len(v) > 0;
    case json_type_boolean:
    case json_type_int:
    case json_type_double:
        return json_object_get_boolean(v);
    case json_type_object:
        break;
    }
    return true;
}

/* ---- operations ---- */

static enum err run_ops(struct run *r, const struct program *p, size_t from, size_t to);

static enum err with(struct run *r, struct json_object *v, const struct program *p, size_t from,
                     size_t to)
{
    if (r->stack_n == STACK_MAX)
        return refuse(r, ERR_LIMITED, "the data is nested too deep");
    if (++r->work > WORK_MAX)
        return refuse(r, ERR_LIMITED, "it takes over 20 million steps");
    r->stack[r->stack_n++] = v;
    enum err e = run_ops(r, p, from, to);
    r->stack_n--;
    return e;
}

static enum err section(struct run *r, const struct program *p, size_t at)
{
    const struct op *op = &p->ops[at];
    struct json_object *v = lookup(r, &op->path);
    if (truth(v) == (op->kind == OP_INVERTED))
        return OK;
    if (op->kind == OP_INVERTED)
        return run_ops(r, p, at + 1, op->end);
    if (!json_object_is_type(v, json_type_array))
        return with(r, v, p, at + 1, op->end);
    enum err e = OK;
    size_t n = json_object_array_length(v);
    for (size_t i = 0; i < n && !e; i++)
        e = with(r, json_object_array_get_idx(v, i), p, at + 1, op->end);
    return e;
}

/* Adds to the indentation of the lines to come; answers the length before, for the way back. */
static size_t indent_more(struct run *r, struct str more)
{
    size_t before = r->indent_n;
    if (more.n <= INDENT_MAX - r->indent_n && more.n) {
        memcpy(r->indent + r->indent_n, more.p, more.n);
        r->indent_n += more.n;
    }
    return before;
}

static enum err run_named(struct run *r, const struct op *op)
{
    const struct program *inner = NULL;
    struct str name = op->text;
    if (op->dynamic) {
        struct json_object *v = lookup(r, &op->path);
        if (!json_object_is_type(v, json_type_string))
            return OK;
        name = (struct str){ json_object_get_string(v), (size_t)json_object_get_string_len(v) };
    }
    enum err e = templates_find(r->set, name.p, name.n, &inner, r->why);
    if (e || !inner)
        return e;
    if (r->depth == PARTIALS_MAX)
        return refuse(r, ERR_LIMITED, "partials are nested deeper than 32");
    r->depth++;
    e = run_ops(r, inner, 0, inner->n);
    r->depth--;
    return e;
}

/* A partial or parent: standalone, its lines are indented like its tag; inline, they are not
 * indented. */
static enum err call(struct run *r, const struct op *op)
{
    size_t before = r->indent_n;
    const struct program *caller = r->program;
    if (op->standalone)
        indent_more(r, op->indent);
    else if (r->line_start && r->indent_n)
        put_indent(r);
    if (!op->standalone)
        r->indent_n = 0;
    else
        r->line_start = true;
    enum err e = run_named(r, op);
    r->indent_n = before;
    r->program = caller;
    return e;
}

static enum err parent(struct run *r, const struct program *p, size_t at)
{
    struct frame *outermost = r->outermost, *innermost = r->innermost;
    struct frame f = { .program = p, .from = at + 1, .to = p->ops[at].end };
    if (innermost)
        innermost->inner = &f;
    else
        r->outermost = &f;
    r->innermost = &f;
    enum err e = call(r, &p->ops[at]);
    r->outermost = outermost;
    r->innermost = innermost;
    if (innermost)
        innermost->inner = NULL;
    return e;
}

/* The outermost override of a block, or the block itself. */
static void find_block(const struct run *r, const struct program **p, size_t *at)
{
    struct str name = (*p)->ops[*at].text;
    for (const struct frame *f = r->outermost; f; f = f->inner)
        for (size_t i = f->from; i < f->to; i = f->program->ops[i].end)
            if (str_eq(f->program->ops[i].text, name)) {
                *p = f->program;
                *at = i;
                return;
            }
}

static enum err block(struct run *r, const struct program *p, size_t at)
{
    const struct program *caller = r->program;
    size_t before = indent_more(r, p->ops[at].indent);
    find_block(r, &p, &at);
    if (r->depth == PARTIALS_MAX)
        return refuse(r, ERR_LIMITED, "blocks are nested deeper than 32");
    r->depth++;
    enum err e = run_ops(r, p, at + 1, p->ops[at].end);
    r->depth--;
    r->indent_n = before;
    r->program = caller;
    return e;
}

static enum err run_op(struct run *r, const struct program *p, size_t at)
{
    const struct op *op = &p->ops[at];
    switch (op->kind) {
    case OP_TEXT:
        put_text(r, op->text);
        return OK;
    case OP_VALUE:
        put_value(r, lookup(r, &op->path), op->escape);
        return OK;
    case OP_SECTION:
    case OP_INVERTED:
        return section(r, p, at);
    case OP_PARTIAL:
        return call(r, op);
    case OP_PARENT:
        return parent(r, p, at);
    case OP_BLOCK:
        return block(r, p, at);
    }
    return OK;
}

static enum err run_ops(struct run *r, const struct program *p, size_t from, size_t to)
{
    r->program = p;
    for (size_t i = from; i<to; i = p->ops[i].end> i ? p->ops[i].end : i + 1) {
        if (++r->work > WORK_MAX)
            return refuse(r, ERR_LIMITED, "it takes over 20 million steps");
        enum err e = run_op(r, p, i);
        if (e)
            return e;
        if (r->to->n - r->start > OUTPUT_MAX)
            return refuse(r, ERR_LIMITED, "the output is over 8 MiB");
    }
    return OK;
}

enum err program_run(struct templates *set, const struct program *p, struct json_object *data,
                     bool escape, struct buf *to, const char **why)
{
    struct run r = { .set = set,
                     .to = to,
                     .start = to->n,
                     .why = why,
                     .escape = escape,
                     .line_start = true,
                     .stack = { data },
                     .stack_n = 1,
                     .program = p };
    return run_ops(&r, p, 0, p->n);
}
