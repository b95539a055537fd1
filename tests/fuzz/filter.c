/* Any text in the qualifier bar: a filter, or faults that say why not. */
#include "messages/filter.h"
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int64_t noon(const struct app *app)
{
    (void)app;
    return 1778587200000;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct json_object *filter;
    struct app app = { .now_ms = noon };
    struct ctx c = { .app = &app, .arena = arena_new((size_t)64 << 20) };
    const char *text = arena_strndup(c.arena, (const char *)bytes, n);
    if (filter_parse(&c, text, &filter) != OK && c.problem.n == 0)
        abort();
    arena_free(c.arena);
    return 0;
}
