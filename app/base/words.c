/* Numbers with their nouns. */
#include "base/words.h"

const char *count_words(struct arena *a, long long n, const char *one, const char *many)
{
    return arena_printf(a, "%lld %s", n, n == 1 ? one : many);
}
