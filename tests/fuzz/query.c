/* Any bytes as a query string or urlencoded form: what is taken is clean text within the limit. */
#include "base/utf8.h"
#include "web/input.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct pairs pairs;
    struct ctx c = { .arena = arena_new((size_t)64 << 20) };
    if (pairs_parse(&c, (struct str){ (const char *)bytes, n }, 64, &pairs) == OK) {
        if (pairs.n > 64)
            abort();
        for (size_t i = 0; i < pairs.n; i++)
            if (!utf8_valid(str_of(pairs.at[i].name)) || !utf8_valid(str_of(pairs.at[i].value)))
                abort();
    } else if (!c.problem.detail && c.problem.n == 0) {
        abort();
    }
    arena_free(c.arena);
    return 0;
}
