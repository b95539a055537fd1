/* A template and its data (JSON after a NUL) through the engine: whatever it compiles it renders
   within its limits, and no value of the data brings a "<" of its own where only escaped tags
   stand. */
#include "mustache/mustache.h"
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char partial[] = "[{{x}}{{$block}}default{{/block}}{{#list}}{{.}}{{/list}}]\n";

static bool holds(struct str text, const char *what)
{
    return memmem(text.p, text.n, what, strlen(what)) != NULL;
}

static void check_escaped(struct str template, const struct buf *out)
{
    bool raw = holds(template, "{{{") || holds(template, "&") || holds(template, "=") ||
               holds(template, "<");
    if (!raw && out->n && memchr(out->p, '<', out->n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *why = NULL;
    struct json_object *data = NULL;
    struct arena *a = arena_new((size_t)256 << 20);
    const uint8_t *end = n ? memchr(bytes, 0, n) : NULL;
    struct str template = { (const char *)bytes, end ? (size_t)(end - bytes) : n };
    struct str json = { end ? (const char *)end + 1 : "", end ? n - template.n - 1 : 0 };
    struct templates *set = templates_empty(a);
    struct buf out = buf_in(a);
    if (json_parse(a, json, &json_request_limits, &data, &why))
        data = NULL;
    why = NULL;
    if (templates_add(set, "partial", str_of(partial), &why))
        abort();
    enum err e = templates_add(set, "main", template, &why);
    if (!e)
        e = template_render(set, "main", data, &out, &why);
    if (!e)
        check_escaped(template, &out);
    else if (!why)
        abort();
    arena_free(a);
    return 0;
}
