/* Cursors: base64url of a JSON array, a point, and a keyed tag over it. */
#include "web/cursor.h"

#include "base/crypto.h"
#include "base/json.h"

#include <string.h>

#define CURSOR_MAX 2048

const char *cursor_make(struct ctx *c, const char *purpose, size_t n, const char *const *values)
{
    struct buf text = buf_in(c->arena);
    struct json_object *list = json_own(c->arena, json_object_new_array());
    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, values[i] ? json_object_new_string(values[i]) : NULL);
    json_write(&text, list);
    const char *body = base64url(c->arena, text.p, text.n);
    const char *tag =
        tag_make(c->app, c->arena, "cursor", arena_printf(c->arena, "%s|%s", purpose, body));
    return arena_printf(c->arena, "%s.%s", body, tag);
}

static bool decode(struct ctx *c, const char *body, size_t n, const char **values)
{
    struct str text;
    struct json_object *list;
    const char *why;
    if (!base64_decode(c->arena, str_of(body), &text) ||
        json_parse(c->arena, text, &json_request_limits, &list, &why) != OK ||
        !json_object_is_type(list, json_type_array) || json_object_array_length(list) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        values[i] = json_object_get_string(json_object_array_get_idx(list, i));
    return true;
}

enum err cursor_read(struct ctx *c, const char *purpose, const char *text, size_t n,
                     const char **values)
{
    memset(values, 0, n * sizeof(*values));
    if (!text)
        return OK;
    const char *point = strchr(text, '.');
    if (point && strlen(text) <= CURSOR_MAX) {
        const char *body = arena_strndup(c->arena, text, (size_t)(point - text));
        const char *tagged = arena_printf(c->arena, "%s|%s", purpose, body);
        if (tag_check(c->app, c->arena, "cursor", tagged, point + 1) && decode(c, body, n, values))
            return OK;
    }
    return ctx_fault(c, "after", "is not a cursor of this list");
}
