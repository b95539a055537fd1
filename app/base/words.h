/* Numbers as they are read: a noun agrees with its number. */
#pragma once

#include "base/arena.h"

/* "1 message", "0 messages": n with the noun for one or for many. */
const char *count_words(struct arena *a, long long n, const char *one, const char *many);
