/* What in a text may be the number of an order. Pure. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct thread_word {
    const char *text; /* at most 60 bytes, with a digit; as written */
    /* It tells an order by itself: it is long enough that nothing else is likely to be written so,
       or said to be one ("order 1001", "#1001"). Others only tell which order of a known customer's
       it is: a postal code, a year or a price reads like them. */
    bool alone;
};

/* The whole words of n texts that may be numbers, each once, at most 500: *out. Words are what
   stands between blanks, quotes, brackets and signs that no number has; - / . _ within one belong
   to it. */
size_t thread_words(struct arena *a, const char *const *texts, size_t n,
                    const struct thread_word **out);
