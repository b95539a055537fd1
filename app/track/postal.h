/* Addresses as they are written on letters. */
#pragma once

#include "base/arena.h"

#include <stddef.h>

struct postal {
    const char *name, *street, *code, *city;
    const char *country; /* ISO 3166, or empty */
};

#define POSTAL_LINES 4

/* Name, street, post code and city in the order of the country, and for another country than `home`
   (may be NULL) its name in capital letters, as the Universal Postal Union asks for. Answers how
   many there are. */
size_t postal_lines(struct arena *a, const struct postal *p, const char *home,
                    const char *const **out);
