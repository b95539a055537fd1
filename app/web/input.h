/* Inputs as tables: what a form, a query or a JSON body may hold, checked before a handler sees it.
 */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

enum field_kind {
    FIELD_TEXT,   /* const char *; min and max in characters; blanks alone are absent */
    FIELD_INT,    /* long, min and max; absent: the table's `absent` */
    FIELD_BOOL,   /* bool; forms: on, true, 1 */
    FIELD_UUID,   /* const char * */
    FIELD_EMAIL,  /* const char * */
    FIELD_CHOICE, /* const char *, one of `values` */
    FIELD_TIME,   /* const char *, RFC 3339 */
    FIELD_JSON,   /* struct json_object *, any object; JSON bodies only */
    FIELD_TEXTS,  /* const char **, NULL at the end; an array in JSON, repeated in forms */
    FIELD_OBJECT, /* const void *, what `of` fills; in forms by names like "customer.email" */
    FIELD_OBJECTS /* const void **, NULL at the end: at most max, 0: 100, of what `of` fills; in
                     forms by names like "items[2].name", those left blank altogether passed over */
};

struct input;

struct field {
    const char *name; /* as in JSON and forms: camelCase */
    enum field_kind kind;
    size_t offset; /* in the input struct */
    bool required;
    bool clears;   /* text: blanks alone, and in JSON an empty one, are kept as "", for "none" */
    long min, max; /* max 0: 64 KiB of text, or no bound for FIELD_INT */
    long absent;
    const char *const *values; /* NULL at the end */
    const char *help;
    const struct input *of; /* of FIELD_OBJECT and FIELD_OBJECTS */
};

struct input {
    const char *name; /* of the schema: "UnitQuery" */
    size_t size;
    const struct field *fields; /* name NULL at the end */
};

struct pairs { /* decoded name/value pairs of a query or form, in order */
    struct pair {
        const char *name, *value;
    } * at;
    size_t n;
};

/* Fill a new zeroed struct of input->size. On ERR_INVALID each wrong or unknown field stands in
   c->problem, one of an object within by its whole name, "items[2].quantity", a JSON body that is
   no object as the field "body". The names `csrfToken` (forms) are
   passed over. */
enum err input_from_pairs(struct ctx *c, const struct input *input, const struct pairs *pairs,
                          const void **out) must_check;
enum err input_from_json(struct ctx *c, const struct input *input, struct json_object *body,
                         const void **out) must_check;

/* Notes that the field must be one of these values, NULL at the end: of many, the first dozen.
   Answers ERR_INVALID. */
enum err input_fault_choice(struct ctx *c, const char *name, const char *const *values);

/* How many a FIELD_OBJECTS takes at most. */
long input_objects_most(const struct field *f);

/* application/x-www-form-urlencoded, also a query string: at most `limit` pairs. Refuses bad
 * escapes, NUL and bad UTF-8. */
enum err pairs_parse(struct ctx *c, struct str text, size_t limit, struct pairs *out) must_check;
