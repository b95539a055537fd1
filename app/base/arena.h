/* Memory of one request or job: allocated piece by piece, given back all at once. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new arena that may hold `limit` bytes. Allocation never answers NULL: over the limit, or out of
   memory, the process logs `arena_full` and aborts, and its supervisor starts another. */
struct arena *arena_new(size_t limit);

/* Runs the deferred destructors, newest first, and gives back all but the first block. */
void arena_reset(struct arena *a);

/* arena_reset, then the arena itself. NULL is allowed. */
void arena_free(struct arena *a);

/* Bytes handed out since arena_new or the last arena_reset. */
size_t arena_used(const struct arena *a);

/* Uninitialised memory, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((malloc, alloc_size(2), returns_nonnull));

/* Zeroed memory for `count` items of `size` bytes. */
void *arena_zalloc(struct arena *a, size_t count, size_t size)
    __attribute__((malloc, alloc_size(2, 3), returns_nonnull));

char *arena_strdup(struct arena *a, const char *text) __attribute__((returns_nonnull));

/* Copies `n` bytes and adds a NUL. */
char *arena_strndup(struct arena *a, const char *text, size_t n) __attribute__((returns_nonnull));

char *arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
char *arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), returns_nonnull));

/* Has `destroy(what)` called when the arena is reset or freed: ties to it what is not memory. */
void arena_defer(struct arena *a, void (*destroy)(void *), void *what);

/* One zeroed T. */
#define arena_new_of(a, T) ((T *)arena_zalloc((a), 1, sizeof(T)))
