/* Compiles tokens to a flat list of operations: names resolved, text joined, blocks freed of their
 * indentation. */
#include "mustache/program.h"

#include <string.h>

struct compiler {
    struct arena *arena;
    struct tokens tokens;
    struct program *program;
    size_t next; /* token */
    int depth;
    struct json_object *sample; /* its table's hash is the one all objects use */
};

static struct op *add(struct compiler *c, struct op op)
{
    struct program *p = c->program;
    if (p->n == p->cap || !p->ops) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        struct op *ops = arena_alloc(c->arena, cap * sizeof(*ops));
        if (p->ops)
            memcpy(ops, p->ops, p->n * sizeof(*ops));
        p->ops = ops;
        p->cap = cap;
    }
    p->ops[p->n] = op;
    return &p->ops[p->n++];
}

static enum err refuse(struct compiler *c, const struct token *t, const char *what)
{
    c->tokens.why =
        arena_printf(c->arena, "line %d: %s%.*s", t->line, what, (int)t->text.n, t->text.p);
    return ERR_INVALID;
}

static struct path path_of(struct compiler *c, struct str name)
{
    struct path path = { NULL, 0 };
    if (name.n == 1 && name.p[0] == '.')
        return path;
    int n = 1;
    for (size_t i = 0; i < name.n; i++)
        n += name.p[i] == '.';
    path.keys = arena_zalloc(c->arena, (size_t)n, sizeof(*path.keys));
    const char *p = name.p, *end = name.p + name.n;
    while (path.n < n) {
        const char *dot = memchr(p, '.', (size_t)(end - p));
        const char *stop = dot ? dot : end;
        struct key *k = &path.keys[path.n++];
        k->text = arena_strndup(c->arena, p, (size_t)(stop - p));
        k->hash = lh_get_hash(json_object_get_object(c->sample), k->text);
        p = dot ? dot + 1 : end;
    }
    return path;
}

static size_t leading_space(struct str s)
{
    size_t n = 0;
    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n++;
    return n;
}

static struct str without(struct str s, size_t n)
{
    size_t cut = n < s.n ? n : s.n;
    return (struct str){ s.p + cut, s.n - cut };
}

/* Text, freed of `dedent` columns of white space where it begins a line; joined to a neighbour in
 * the source. */
static void add_text(struct compiler *c, const struct token *t, size_t dedent)
{
    struct str text = t->text;
    if (t->line_start && dedent) {
        size_t space = leading_space(text);
        text = without(text, space < dedent ? space : dedent);
    }
    struct op *last = c->program->n ? &c->program->ops[c->program->n - 1] : NULL;
    bool joins = last && last->kind == OP_TEXT && last->end == c->program->n &&
                 last->text.p + last->text.n == text.p;
    if (!text.n)
        return;
    if (joins)
        last->text.n += text.n;
    else
        add(c, (struct op){ .kind = OP_TEXT, .text = text, .end = c->program->n + 1 });
}

/* The columns that a block's content is indented by: as its first line, else as its tag. */
static size_t block_columns(const struct compiler *c, const struct token *t, size_t dedent)
{
    if (!t->standalone)
        return t->indent.p ? t->indent.n : dedent;
    for (size_t i = c->next; i < c->tokens.n; i++) {
        const struct token *n = &c->tokens.at[i];
        if (n->kind == TOKEN_CLOSE)
            break;
        if (n->kind == TOKEN_NOTHING)
            continue;
        if (n->kind == TOKEN_TEXT && n->line_start)
            return leading_space(n->text);
        if (n->indent.p)
            return n->indent.n;
        break;
    }
    return t->indent.p ? t->indent.n : dedent;
}

static enum err compile_until(struct compiler *c, const struct token *open, size_t dedent);

static enum err compile_body(struct compiler *c, const struct token *t, struct op op, size_t dedent)
{
    size_t at = c->program->n;
    if (++c->depth > NESTING_MAX)
        return refuse(c, t, "sections are nested too deep at ");
    add(c, op);
    enum err e = compile_until(c, t, dedent);
    c->depth--;
    c->program->ops[at].end = c->program->n;
    return e;
}

static struct op block_op(const struct token *t, size_t columns, size_t dedent)
{
    static const char spaces[] = "                                                                ";
    size_t n = columns > dedent ? columns - dedent : 0;
    struct str indent = { spaces, n < sizeof(spaces) - 1 ? n : sizeof(spaces) - 1 };
    if (t->indent.n == columns)
        indent = without(t->indent, dedent);
    return (struct op){ .kind = OP_BLOCK, .text = t->text, .indent = indent };
}

static enum err compile_tag(struct compiler *c, const struct token *t, size_t dedent)
{
    struct op op = { .text = t->text, .dynamic = t->dynamic, .standalone = t->standalone };
    op.indent = without(t->indent, dedent);
    size_t columns;
    switch (t->kind) {
    case TOKEN_VALUE:
    case TOKEN_RAW_VALUE:
        op.kind = OP_VALUE;
        op.escape = t->kind == TOKEN_VALUE;
        op.path = path_of(c, t->text);
        add(c, op);
        return OK;
    case TOKEN_SECTION:
    case TOKEN_INVERTED:
        op.kind = t->kind == TOKEN_SECTION ? OP_SECTION : OP_INVERTED;
        op.path = path_of(c, t->text);
        return compile_body(c, t, op, dedent);
    case TOKEN_PARTIAL:
        op.kind = OP_PARTIAL;
        if (t->dynamic)
            op.path = path_of(c, t->text);
        add(c, op);
        return OK;
    case TOKEN_PARENT:
        op.kind = OP_PARENT;
        if (t->dynamic)
            op.path = path_of(c, t->text);
        return compile_body(c, t, op, dedent);
    case TOKEN_BLOCK:
        columns = block_columns(c, t, dedent);
        return compile_body(c, t, block_op(t, columns, dedent), columns);
    case TOKEN_CLOSE:
        return refuse(c, t, "nothing is open that could be closed by /");
    case TOKEN_TEXT:
    case TOKEN_NOTHING:
        break;
    }
    return OK;
}

/* Everything up to the close of `open` (NULL: to the end). Of a parent only its blocks count. */
static enum err compile_until(struct compiler *c, const struct token *open, size_t dedent)
{
    while (c->next < c->tokens.n) {
        const struct token *t = &c->tokens.at[c->next++];
        if (t->kind == TOKEN_CLOSE && open) {
            if (!str_eq(t->text, open->text))
                return refuse(c, t, "this closes another section than is open: /");
            return OK;
        }
        bool parent = open && open->kind == TOKEN_PARENT;
        if (t->kind == TOKEN_NOTHING || (parent && t->kind == TOKEN_TEXT))
            continue;
        size_t before = c->program->n;
        enum err e = OK;
        if (t->kind == TOKEN_TEXT)
            add_text(c, t, dedent);
        else
            e = compile_tag(c, t, dedent);
        if (e)
            return e;
        if (parent && t->kind != TOKEN_BLOCK)
            c->program->n = before;
    }
    return open ? refuse(c, open, "this section is not closed: ") : OK;
}

static void put(void *object)
{
    json_object_put(object);
}

enum err program_compile(struct arena *a, const char *name, struct str source, struct program **out,
                         const char **why)
{
    struct compiler c = { .arena = a, .tokens = { .arena = a } };
    c.program = arena_new_of(a, struct program);
    c.program->name = arena_strdup(a, name);
    c.sample = json_object_new_object();
    arena_defer(a, put, c.sample);
    struct str copy = { arena_strndup(a, source.p, source.n), source.n };
    enum err e = tokens_read(&c.tokens, copy);
    if (!e)
        e = compile_until(&c, NULL, 0);
    if (e)
        *why = arena_printf(a, "%s, %s", name, c.tokens.why);
    else
        *out = c.program;
    return e;
}
