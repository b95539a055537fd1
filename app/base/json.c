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

/* What needs no escape in a text (RFC 8259 §7). */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* The text in quotes, and `before` in front of it: copied while it is looked through, as most needs
   no escape. */
static void write_quoted(struct buf *to, const char *before, const char *text, size_t n)
{
    size_t i = 0;
    char *p = buf_room(to, strlen(before) + n + 2);
    while (*before)
        *p++ = *before++;
    *p++ = '"';
    for (; i < n && is_plain((unsigned char)text[i]); i++)
        *p++ = text[i];
    to->n = (size_t)(p - to->p);
    for (; i < n; i++) {
        if (is_plain((unsigned char)text[i]))
            buf_putc(to, text[i]);
        else
            write_escape(to, (unsigned char)text[i]);
    }
    buf_putc(to, '"');
}

void json_write_text(struct buf *to, const char *text, size_t n)
{
    write_quoted(to, "", text, n);
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
    const struct str *written = json_object_get_userdata(object);
    if (written) {
        buf_put(to, written->p, written->n);
        return;
    }
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

const char *json_compact(struct arena *a, struct json_object *value)
{
    struct buf text = buf_in(a);
    json_write(&text, value);
    return text.p;
}

const char *json_readable(struct json_object *value)
{
    return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                     JSON_C_TO_STRING_NOSLASHESCAPE);
}

struct json_object *json_written(struct arena *a, struct str text)
{
    struct str *kept = arena_new_of(a, struct str);
    struct json_object *object = json_object_new_object();
    *kept = text;
    json_object_set_userdata(object, kept, NULL);
    return object;
}

struct str *json_written_text(struct json_object *value)
{
    bool object = json_object_is_type(value, json_type_object);
    return object ? json_object_get_userdata(value) : NULL;
}

void json_put(struct json_object *to, const char *key, bool literal, struct json_object *value)
{
    if (json_object_object_add_ex(to, key, value, literal ? JSON_C_OBJECT_KEY_IS_CONSTANT : 0) != 0)
        abort();
}

struct json_object *json_text_new(const char *text)
{
    return text ? json_object_new_string(text) : NULL;
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

const char *json_text_or_number(struct json_object *object, const char *name)
{
    struct json_object *value = json_get(object, name);
    bool number =
        json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
    if (!number && !json_object_is_type(value, json_type_string))
        return NULL;
    const char *text = json_object_get_string(value);
    return *text ? text : NULL;
}
