/* JSON in and out on json-c, behind a strict gate of ours. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <json-c/json.h>
#include <stdbool.h>

struct json_limits {
    int depth;     /* nesting, 16 for requests */
    size_t nodes;  /* values in all, 10,000 for requests */
    size_t string; /* bytes of one string, 64 KiB for requests */
};

extern const struct json_limits json_request_limits;

/* Parses text as RFC 8259 says and no wider: refuses duplicate keys, other quotes, NaN and
   Infinity, raw control characters, NUL and lone surrogate escapes, bad or overlong UTF-8, numbers
   of over 17 digits or an exponent beyond 308, trailing text, and what exceeds the limits. The
   value lives as long as the arena. ERR_INVALID sets *why to a sentence with the byte offset. */
enum err json_parse(struct arena *a, struct str text, const struct json_limits *limits,
                    struct json_object **out, const char **why) must_check;

/* What is over a limit in a text that may well be JSON. */
struct json_over {
    const char *path; /* NULL: there is none */
    const char *says; /* "is longer than 64 KiB" */
};

/* The same, which also tells of a string that is over its limit by its path, "note" or
   "rows[3].note", a key of over 64 bytes as "…", but not of one that stands alone; and of too many
   values by the member of the whole that holds the first of them, "" for the whole itself. */
enum err json_parse_told(struct arena *a, struct str text, const struct json_limits *limits,
                         struct json_object **out, const char **why,
                         struct json_over *over) must_check;

/* Ties a value to the arena, so that nobody else puts it. Answers it. */
struct json_object *json_own(struct arena *a, struct json_object *value);

/* Compact text of a value, in the buffer; of a string, in quotes. */
void json_write(struct buf *to, struct json_object *value);
void json_write_text(struct buf *to, const char *text, size_t n);

/* The same as a text in the arena. */
const char *json_compact(struct arena *a, struct json_object *value);

/* Text of a value for people, in lines; it is the value's own, until it is written again. */
const char *json_readable(struct json_object *value);

/* A value that was written already: json_write copies the text, all else sees an empty object. The
   text must live as long as the value. */
struct json_object *json_written(struct arena *a, struct str text);

/* The text of such a value, to be changed in place; NULL: it is another one. */
struct str *json_written_text(struct json_object *value);

/* Adds a member to an object: text (NULL becomes null), a number, a truth, or a value it takes
   over. The key is copied unless it is a literal. */
#define json_set(to, key, value) json_put((to), (key), __builtin_constant_p(key), (value))
#define json_set_text(to, key, text) json_set((to), (key), json_text_new(text))
#define json_set_int(to, key, n) json_set((to), (key), json_object_new_int64(n))
#define json_set_bool(to, key, truth) json_set((to), (key), json_object_new_boolean(truth))
void json_put(struct json_object *to, const char *key, bool literal, struct json_object *value);

/* A string; null for NULL. The caller's. */
struct json_object *json_text_new(const char *text);

/* A member of an object by its key; NULL where absent or of another type. */
const char *json_text(struct json_object *object, const char *key);
/* The same, also of a number as it is written; NULL of an empty text as well. Lives as long as the
   object. */
const char *json_text_or_number(struct json_object *object, const char *key);
struct json_object *json_get(struct json_object *object, const char *key);
