/* Values of json-c: kept by an arena, written out, and small helpers over them. */
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void put_value(void *value_)
{
    json_object_put(value_);
}

struct json_object *json_own(struct arena *a, struct json_object *object)
{
    if (object)
        arena_defer(a, put_value, object);
    return object;
}

/* ---- writing ---- */

static void write_escape(struct buf *to, unsigned char c)
{
    static const char letters[] = "\b\t\n\f\r\"\\", named[] = "btnfr\"\\";
    const char *at = c ? strchr(letters, c) : NULL;
    if (at)
        buf_printf(to, "\\%c", named[at - letters]);
    else
        buf_printf(to, "\\u%04x", c);
}

/* The text in quotes, and `before` in front of it: most need no escape and are copied at once. */
static void write_quoted(struct buf *to, const char *before, const char *text, size_t n)
{
    size_t from = 0, front = strlen(before);
    char *p = buf_room(to, front + n + 2);
    memcpy(p, before, front);
    p[front] = '"';
    to->n += front + 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_put(to, text + from, i - from);
        write_escape(to, c);
        from = i + 1;
    }
    p = buf_room(to, n - from + 1);
    memcpy(p, text + from, n - from);
    p[n - from] = '"';
    p[n - from + 1] = '\0';
    to->n += n - from + 1;
}

static void write_int(struct buf *to, int64_t n)
{
    char digits[24], *p = digits + sizeof(digits);
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        *--p = '-';
    buf_put(to, p, (size_t)(digits + sizeof(digits) - p));
}

static void write_object(struct buf *to, struct json_object *object)
{
    const char *before = "";
    buf_putc(to, '{');
    json_object_object_foreach(object, name, value)
    {
        write_quoted(to, before, name, strlen(name));
        buf_putc(to, ':');
        json_write(to, value);
        before = ",";
    }
    buf_putc(to, '}');
}

static void write_array(struct buf *to, struct json_object *array)
{
    size_t n = json_object_array_length(array);
    buf_putc(to, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(to, ',');
        json_write(to, json_object_array_get_idx(array, i));
    }
    buf_putc(to, ']');
}

/* What json-c writes, without a copy of its own to take it from. */
void json_write(struct buf *to, struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        buf_puts(to, "null");
        break;
    case json_type_boolean:
        buf_puts(to, json_object_get_boolean(value) ? "true" : "false");
        break;
    case json_type_int:
        if (json_object_get_int64(value) != INT64_MAX) {
            write_int(to, json_object_get_int64(value));
            break;
        }
        __attribute__((fallthrough)); /* it may be larger */
    case json_type_double:
        buf_puts(to, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
        break;
    case json_type_string:
        write_quoted(to, "", json_object_get_string(value),
                     (size_t)json_object_get_string_len(value));
        break;
    case json_type_object:
        write_object(to, value);
        break;
    case json_type_array:
        write_array(to, value);
        break;
    }
}

void json_set(struct json_object *to, const char *name, struct json_object *object)
{
    if (json_object_object_add(to, name, object) != 0)
        abort();
}

void json_set_text(struct json_object *to, const char *name, const char *text)
{
    json_set(to, name, text ? json_object_new_string(text) : NULL);
}

void json_set_int(struct json_object *to, const char *name, int64_t n)
{
    json_set(to, name, json_object_new_int64(n));
}

void json_set_bool(struct json_object *to, const char *name, bool truth)
{
    json_set(to, name, json_object_new_boolean(truth));
}

struct json_object *json_get(struct json_object *object, const char *name)
{
    struct json_object *found = NULL;
    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &found);
    return found;
}

const char *json_text(struct json_object *object, const char *name)
{
    struct json_object *found = json_get(object, name);
    return json_object_is_type(found, json_type_string) ? json_object_get_string(found) : NULL;
}
