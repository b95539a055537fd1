/* An input table with a field of every kind, and what must hold of whatever it lets through. */
#pragma once

#include "base/utf8.h"
#include "base/uuid.h"
#include "web/checks.h"
#include "web/input.h"

#include <stdlib.h>
#include <string.h>

struct sample_line {
    const char *name;
    long quantity;
};

struct sample {
    const char *name, *mail, *id, *kind, *at;
    long count;
    bool yes;
    struct json_object *extra;
    const char **tags;
    const struct sample_line *first;
    const struct sample_line **lines;
};

static const char *const sample_kinds[] = { "EMAIL", "SMS", NULL };

static const struct field sample_line_fields[] = {
    { "name", FIELD_TEXT, offsetof(struct sample_line, name), .required = true, .max = 5 },
    { "quantity", FIELD_INT, offsetof(struct sample_line, quantity), .min = 1, .max = 9,
      .absent = 1 },
    { .name = NULL },
};
static const struct input sample_line = { "SampleLine", sizeof(struct sample_line),
                                          sample_line_fields };

static const struct field sample_fields[] = {
    { "name", FIELD_TEXT, offsetof(struct sample, name), .required = true, .min = 2, .max = 5 },
    { "mail", FIELD_EMAIL, offsetof(struct sample, mail), .help = "" },
    { "id", FIELD_UUID, offsetof(struct sample, id), .help = "" },
    { "kind", FIELD_CHOICE, offsetof(struct sample, kind), .values = sample_kinds },
    { "at", FIELD_TIME, offsetof(struct sample, at), .help = "" },
    { "count", FIELD_INT, offsetof(struct sample, count), .min = 1, .max = 200, .absent = 50 },
    { "yes", FIELD_BOOL, offsetof(struct sample, yes), .help = "" },
    { "extra", FIELD_JSON, offsetof(struct sample, extra), .help = "" },
    { "tags", FIELD_TEXTS, offsetof(struct sample, tags), .max = 4 },
    { "first", FIELD_OBJECT, offsetof(struct sample, first), .of = &sample_line },
    { "lines", FIELD_OBJECTS, offsetof(struct sample, lines), .max = 3, .of = &sample_line },
    { .name = NULL },
};
static const struct input sample_input = { "Sample", sizeof(struct sample), sample_fields };

static inline void must(bool truth)
{
    if (!truth)
        abort();
}

static inline void sample_check_line(const struct sample_line *l)
{
    must(l->name && utf8_length(str_of(l->name)) <= 5);
    must(l->quantity >= 1 && l->quantity <= 9);
}

static inline void sample_check(const struct ctx *c, enum err e, const void *out)
{
    const struct sample *s = out;
    if (e != OK) {
        must(c->problem.n > 0 || c->problem.detail);
        return;
    }
    size_t n = utf8_length(str_of(s->name));
    must(s->name && n >= 2 && n <= 5 && text_clean(str_of(s->name)));
    must(!s->mail || email_valid(s->mail));
    must(!s->id || uuid_valid(s->id));
    must(!s->kind || strcmp(s->kind, "EMAIL") == 0 || strcmp(s->kind, "SMS") == 0);
    must(!s->at || time_valid(s->at));
    must(s->count >= 1 && s->count <= 200);
    for (const char **t = s->tags; t && *t; t++)
        must(utf8_length(str_of(*t)) <= 4);
    size_t lines = 0;
    for (; s->lines && s->lines[lines]; lines++)
        sample_check_line(s->lines[lines]);
    must(lines <= 3);
    if (s->first)
        sample_check_line(s->first);
}
