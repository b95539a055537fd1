/* The shapes of answers as tables: what the OpenAPI document and its page say of them. */
#pragma once

#include "base/arena.h"

#include <json-c/json.h>
#include <stdbool.h>

enum shape_kind {
    SHAPE_TEXT,
    SHAPE_INT,   /* 64 bits */
    SHAPE_COUNT, /* the same, never negative */
    SHAPE_BOOL,
    SHAPE_UUID,
    SHAPE_TIME,   /* RFC 3339, Z */
    SHAPE_LINK,   /* a path of ours, with its query */
    SHAPE_CHOICE, /* one of `values` */
    SHAPE_OBJECT, /* of the shape `of`; NULL: any object */
    SHAPE_LIST,   /* of objects of the shape `of`; NULL: of any */
    SHAPE_TEXTS,  /* a list of texts */
    SHAPE_INTS,   /* a list of numbers */
    SHAPE_WORDS,  /* an object of texts */
    SHAPE_ANY,    /* anything, null too */
    SHAPE_COUNTS  /* an object of counts: by `values` where given, of which some may be absent */
};

struct shape;

struct member {
    const char *name; /* as in JSON */
    enum shape_kind kind;
    const char *help, *example; /* NULL: none */
    const struct shape *of;     /* of SHAPE_OBJECT and SHAPE_LIST */
    const char *const *values;  /* NULL at the end */
    bool nullable, optional;    /* may be null; may be absent */
};

struct shape {
    const char *name;             /* of the schema: "Unit" */
    const char *doc;              /* one sentence */
    const struct member *members; /* name NULL at the end */
};

/* Adds the schema of a shape, and of all it is made of, to an object of schemas by name. */
void shape_add(struct arena *a, struct json_object *schemas, const struct shape *shape);
