/* Any bytes as a form, into an input struct by its table. */
#include "sample.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct pairs pairs;
    const void *out = NULL;
    struct ctx c = { .arena = arena_new((size_t)64 << 20) };
    enum err e = pairs_parse(&c, (struct str){ (const char *)bytes, n }, 256, &pairs);
    if (e == OK)
        e = input_from_pairs(&c, &sample_input, &pairs, &out);
    sample_check(&c, e, out);
    arena_free(c.arena);
    return 0;
}
