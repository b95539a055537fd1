/* Open addressing over 16-byte cells: 100,000 texts in 4 MB. */
#include "import/key_set.h"

#include "base/crypto.h"

struct cell {
    uint64_t key; /* 0: empty */
    long number;
};

struct key_set {
    struct cell *cells;
    size_t n, cap; /* cap is a power of two */
};

static void drop(void *arg)
{
    struct key_set *s = arg;
    free(s->cells);
}

static struct cell *cells_new(size_t cap)
{
    struct cell *cells = calloc(cap, sizeof(*cells));
    if (!cells)
        abort();
    return cells;
}

struct key_set *key_set_new(struct arena *a)
{
    struct key_set *s = arena_new_of(a, struct key_set);
    s->cap = 1024;
    s->cells = cells_new(s->cap);
    arena_defer(a, drop, s);
    return s;
}

static struct cell *place(struct cell *cells, size_t cap, uint64_t key)
{
    size_t i = (size_t)key & (cap - 1);
    while (cells[i].key && cells[i].key != key)
        i = (i + 1) & (cap - 1);
    return &cells[i];
}

static void grow(struct key_set *s)
{
    size_t cap = s->cap * 2;
    struct cell *cells = cells_new(cap);
    for (size_t i = 0; i < s->cap; i++) {
        if (s->cells[i].key)
            *place(cells, cap, s->cells[i].key) = s->cells[i];
    }
    free(s->cells);
    s->cells = cells;
    s->cap = cap;
}

static uint64_t digest_of(const char *text, size_t n)
{
    unsigned char digest[SHA256_SIZE];
    uint64_t key;
    sha256(text, n, digest);
    memcpy(&key, digest, sizeof(key));
    return key ? key : 1;
}

bool key_set_has(const struct key_set *s, const char *text, size_t n, long *number)
{
    const struct cell *cell = place(s->cells, s->cap, digest_of(text, n));
    if (cell->key)
        *number = cell->number;
    return cell->key != 0;
}

bool key_set_add(struct key_set *s, const char *text, size_t n, long *number)
{
    uint64_t key = digest_of(text, n);
    if (s->n * 4 >= s->cap * 3)
        grow(s);
    struct cell *cell = place(s->cells, s->cap, key);
    if (cell->key) {
        *number = cell->number;
        return false;
    }
    *cell = (struct cell){ key, *number };
    s->n++;
    return true;
}

size_t key_set_count(const struct key_set *s)
{
    return s->n;
}
