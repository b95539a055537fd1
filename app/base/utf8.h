/* UTF-8 as RFC 3629 says: no overlong forms, no surrogates, nothing above U+10FFFF. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that starts at p (at most n are there): 1 to 4, or 0 where none is valid.
 */
size_t utf8_char(const char *p, size_t n);

bool utf8_valid(struct str text);

/* Characters of valid text. */
size_t utf8_length(struct str text);

/* Writes the 1 to 4 bytes of a code point; answers how many. */
size_t utf8_put(unsigned code, char out[4]);
