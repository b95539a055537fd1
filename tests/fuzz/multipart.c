/* Any bytes as a multipart body, read in pieces of the size that the first byte says. The store
   takes everything and keeps nothing. */
#include "web/multipart.h"
#include "base/crypto.h"
#include "base/utf8.h"
#include "store/backend.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 100000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct source {
    const uint8_t *bytes;
    size_t n, piece;
};

static size_t next(void *from, char *to, size_t n)
{
    struct source *s = from;
    size_t m = n < s->piece ? n : s->piece;
    if (m > s->n)
        m = s->n;
    memcpy(to, s->bytes, m);
    s->bytes += m;
    s->n -= m;
    return m;
}

static enum err begin(struct store *s, struct arena *a, void **file)
{
    (void)s;
    *file = arena_alloc(a, 1);
    return OK;
}

static enum err write_(void *file, const void *bytes, size_t n)
{
    (void)file, (void)bytes, (void)n;
    return OK;
}

static enum err finish(void *file, const char *sha256_, size_t size)
{
    (void)file, (void)sha256_;
    if (size > LIMIT)
        abort();
    return OK;
}

static const struct store_backend nowhere = {
    .name = "nowhere", .begin = begin, .write = write_, .finish = finish
};

static void check(const struct multipart *m, size_t most)
{
    size_t total = 0;
    for (size_t i = 0; i < m->fields.n; i++) {
        if (!utf8_valid(str_of(m->fields.at[i].value)))
            abort();
        total += strlen(m->fields.at[i].value);
    }
    for (size_t i = 0; i < m->upload_count; i++) {
        if (strpbrk(m->uploads[i].file_name, "/\\") || !utf8_valid(str_of(m->uploads[i].file_name)))
            abort();
        total += m->uploads[i].size;
    }
    if (total > most)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct arena *kept;
    static struct store *store;
    struct multipart m;
    if (n == 0)
        return 0;
    crypto_init();
    if (!kept) {
        kept = arena_new((size_t)1 << 20);
        store = store_open(kept, &nowhere, "");
    }
    struct app app = { .store = store };
    struct ctx c = { .app = &app, .arena = arena_new((size_t)64 << 20) };
    struct source s = { bytes + 1, n - 1, (size_t)bytes[0] + 1 };
    enum err e = multipart_read(&c, "B", (struct body_reader){ next, &s }, LIMIT, &m);
    if (e == OK)
        check(&m, n);
    arena_free(c.arena);
    return 0;
}
