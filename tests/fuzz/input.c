/* Any bytes as a JSON body, into an input struct by its table. */
#include "sample.h"

#include "base/json.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *why;
    struct json_object *body;
    const void *out = NULL;
    struct ctx c = { .arena = arena_new((size_t)64 << 20) };
    struct str text = { (const char *)bytes, n };
    if (json_parse(c.arena, text, &json_request_limits, &body, &why) == OK) {
        enum err e = input_from_json(&c, &sample_input, body, &out);
        sample_check(&c, e, out);
    }
    arena_free(c.arena);
    return 0;
}
