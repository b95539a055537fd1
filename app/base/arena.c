/* The arena: a list of blocks, filled from the front, and a list of destructors. */
#include "base/arena.h"

#include "base/log.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE ((size_t)256 * 1024) /* it is kept: most requests need no other */
#define BLOCK_SIZE ((size_t)64 * 1024)
#define ALIGNMENT (_Alignof(max_align_t))

struct block {
    struct block *older;
    size_t size, used;
    _Alignas(max_align_t) char data[];
};

struct deferred {
    struct deferred *older;
    void (*destroy)(void *);
    void *what;
};

struct arena {
    struct block *blocks; /* newest first; the last one is kept by arena_reset */
    struct deferred *deferred;
    size_t limit, used;
};

static __attribute__((noreturn)) void full(size_t wanted, size_t used)
{
    log_error("arena_full", "wanted", NUM(wanted), "used", NUM(used), NULL);
    abort();
}

static struct block *add_block(struct arena *a, size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    struct block *b = malloc(sizeof(*b) + size);
    if (!b)
        full(size, a ? a->used : 0);
    b->older = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_new(size_t limit)
{
    struct arena *a = calloc(1, sizeof(*a));
    if (!a)
        full(sizeof(*a), 0);
    a->limit = limit;
    a->blocks = add_block(NULL, FIRST_SIZE);
    return a;
}

void arena_reset(struct arena *a)
{
    while (a->deferred) {
        struct deferred *d = a->deferred;
        a->deferred = d->older;
        d->destroy(d->what);
    }
    while (a->blocks->older) {
        struct block *b = a->blocks;
        a->blocks = b->older;
        free(b);
    }
    a->blocks->used = 0;
    a->used = 0;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    arena_reset(a);
    free(a->blocks);
    free(a);
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t rounded;
    if (__builtin_add_overflow(size, ALIGNMENT - 1, &rounded))
        full(size, a->used);
    rounded &= ~(ALIGNMENT - 1);
    if (rounded > a->limit - a->used)
        full(size, a->used);
    if (rounded > a->blocks->size - a->blocks->used) {
        struct block *b = add_block(a, rounded);
        b->older = a->blocks;
        a->blocks = b;
    }
    void *p = a->blocks->data + a->blocks->used;
    a->blocks->used += rounded;
    a->used += rounded;
    return p;
}

void *arena_zalloc(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        full(SIZE_MAX, a->used);
    return memset(arena_alloc(a, total), 0, total);
}

char *arena_strndup(struct arena *a, const char *text, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_strndup(a, text, strlen(text));
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        n = 0;
    char *text = arena_alloc(a, (size_t)n + 1);
    text[0] = '\0';
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

void arena_defer(struct arena *a, void (*destroy)(void *), void *what)
{
    struct deferred *d = arena_alloc(a, sizeof(*d));
    d->older = a->deferred;
    d->destroy = destroy;
    d->what = what;
    a->deferred = d;
}
