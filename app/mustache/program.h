/* A compiled template: tokens of its source, then a flat list of operations. Inside of the engine
 * only. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mustache/mustache.h"

#include <stdbool.h>

#define NESTING_MAX 64

/* ---- tokens: what the source holds, line by line ---- */

enum token_kind {
    TOKEN_TEXT, /* within one line; a line's end is part of its last text */
    TOKEN_VALUE,
    TOKEN_RAW_VALUE,
    TOKEN_SECTION,
    TOKEN_INVERTED,
    TOKEN_PARTIAL,
    TOKEN_PARENT,
    TOKEN_BLOCK,
    TOKEN_CLOSE,
    TOKEN_NOTHING /* a comment, new delimiters, or what a standalone tag swallowed */
};

struct token {
    enum token_kind kind;
    struct str text;   /* of TEXT; the name of a tag */
    struct str indent; /* white space before a tag that starts its line, taken from the text */
    bool standalone;   /* the line's end was swallowed */
    bool line_start;   /* TEXT that begins a line */
    bool dynamic;      /* the name was written *name */
    bool same_line;    /* TOKEN_BLOCK: its close stands on the same line, outside of a parent */
    int line;
};

struct tokens {
    struct arena *arena;
    struct token *at;
    size_t n, cap;
    const char *why;
};

/* Cuts the source into tokens and settles standalone tags. ERR_INVALID with t->why. */
enum err tokens_read(struct tokens *t, struct str source) must_check;

/* ---- operations ---- */

enum op_kind { OP_TEXT, OP_VALUE, OP_SECTION, OP_INVERTED, OP_PARTIAL, OP_PARENT, OP_BLOCK };

struct key {
    const char *text;
    unsigned long hash;
};

struct path { /* a.b.c; no keys: the implicit iterator */
    struct key *keys;
    int n;
};

struct op {
    enum op_kind kind;
    bool escape, dynamic, standalone;
    struct str text;   /* of TEXT; the name of partial, parent or block */
    struct str indent; /* of partial, parent, block */
    struct path path;
    size_t end; /* index after the operations of a section, block or parent */
};

struct program {
    const char *name;
    struct op *ops;
    size_t n, cap;
};

/* Compiles; lives in the arena. ERR_INVALID with *why: "track/units, line 3: …". */
enum err program_compile(struct arena *a, const char *name, struct str source, struct program **out,
                         const char **why) must_check;

/* A template of the set, compiled; NULL in *out where there is none. */
enum err templates_find(struct templates *set, const char *name, size_t n,
                        const struct program **out, const char **why) must_check;

/* Runs a program. */
enum err program_run(struct templates *set, const struct program *p, struct json_object *data,
                     bool escape, struct buf *to, const char **why) must_check;
