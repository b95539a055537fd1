/* A growing set of texts, known by a 64-bit digest, each with a number. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_set;

/* Ends with the arena. */
struct key_set *key_set_new(struct arena *a);

/* Adds a text with its number; false where it is there, *number then being the one it has. */
bool key_set_add(struct key_set *s, const char *text, size_t n, long *number);

/* Whether a text is there; *number is then the one it has. */
bool key_set_has(const struct key_set *s, const char *text, size_t n, long *number);

size_t key_set_count(const struct key_set *s);
