/* What all kinds of store share: digest, size limit, sniffed type, and links that expire. */
#include "store/store.h"

#include "base/crypto.h"
#include "base/log.h"
#include "store/backend.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#define HEAD_SIZE 16384 /* enough for libmagic to tell the types of the table below */
#define OTHER_TYPE "application/octet-stream"

struct blob_writer {
    struct store *store;
    struct arena *arena;
    void *file;
    size_t size, limit;
    crypto_hash_sha256_state digest;
    struct str head; /* the first bytes, at most HEAD_SIZE */
    char *head_room; /* not of the arena: one that holds many blobs would hold as many heads */
};

/* What libmagic says and what we call it. Whatever a browser could run stays a plain download. */
static const struct {
    const char *sniffed, *type;
} types[] = {
    { "application/pdf", "application/pdf" }, { "image/png", "image/png" },
    { "image/jpeg", "image/jpeg" },           { "image/webp", "image/webp" },
    { "application/zip", "application/zip" }, { "text/csv", "text/csv" },
    { "application/csv", "text/csv" },        { "text/plain", "text/plain" },
    { "message/rfc822", "message/rfc822" },
};

static struct str head_of(struct str bytes)
{
    return (struct str){ bytes.p, bytes.n < HEAD_SIZE ? bytes.n : HEAD_SIZE };
}

static const char *sniff(struct store *s, struct str head)
{
    const char *found = head.n ? magic_buffer(s->magic, head.p, head.n) : NULL;
    for (size_t i = 0; found && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].sniffed, found) == 0)
            return types[i].type;
    if (found && strncmp(found, "text/x-", 7) == 0)
        return "text/plain";
    return OTHER_TYPE;
}

static void close_magic(void *magic)
{
    magic_close(magic);
}

struct store *store_open(struct arena *a, const struct store_backend *backend, const char *place)
{
    struct store *s = arena_new_of(a, struct store);
    *s = (struct store){ .backend = backend,
                         .place = arena_strdup(a, place),
                         .magic = magic_open(MAGIC_MIME_TYPE) };
    if (s->magic)
        arena_defer(a, close_magic, s->magic);
    if (!s->magic || magic_load(s->magic, NULL) != 0) {
        log_error("store_magic", "error", s->magic ? magic_error(s->magic) : "out of memory", NULL);
        return NULL;
    }
    return s;
}

enum err store_begin(struct store *s, struct arena *a, size_t limit, struct blob_writer **out)
{
    struct blob_writer *w = arena_new_of(a, struct blob_writer);
    w->store = s;
    w->arena = a;
    w->limit = limit;
    crypto_hash_sha256_init(&w->digest);
    enum err e = s->backend->begin(s, a, &w->file);
    if (e == OK)
        *out = w;
    return e;
}

static enum err take(struct blob_writer *w, const void *bytes, size_t n)
{
    if (n > w->limit - w->size)
        return ERR_LIMITED;
    w->size += n;
    crypto_hash_sha256_update(&w->digest, bytes, n);
    return w->store->backend->write(w->file, bytes, n);
}

static void drop_head(void *what)
{
    struct blob_writer *w = what;
    free(w->head_room);
    w->head_room = NULL;
}

enum err blob_write(struct blob_writer *w, const void *bytes, size_t n)
{
    size_t more = HEAD_SIZE - w->head.n < n ? HEAD_SIZE - w->head.n : n;
    if (!w->head_room) {
        w->head.p = w->head_room = malloc(HEAD_SIZE);
        if (!w->head_room)
            return ERR_RETRY;
        arena_defer(w->arena, drop_head, w);
    }
    if (more > 0)
        memcpy(w->head_room + w->head.n, bytes, more);
    w->head.n += more;
    return take(w, bytes, n);
}

enum err blob_finish(struct blob_writer *w, struct blob *out)
{
    struct blob b = { .size = w->size, .content_type = sniff(w->store, w->head) };
    drop_head(w);
    unsigned char digest[SHA256_SIZE];
    crypto_hash_sha256_final(&w->digest, digest);
    sodium_bin2hex(b.sha256, sizeof(b.sha256), digest, sizeof(digest));
    enum err e = w->store->backend->finish(w->file, b.sha256, b.size);
    if (e == OK)
        *out = b;
    return e;
}

enum err store_put(struct store *s, struct arena *a, struct str bytes, struct blob *out)
{
    struct blob_writer *w;
    enum err e = store_begin(s, a, bytes.n, &w);
    if (e == OK)
        e = take(w, bytes.p, bytes.n);
    if (e)
        return e;
    w->head = head_of(bytes);
    return blob_finish(w, out);
}

void store_batch(struct store *s)
{
    s->batching = true;
}

enum err store_flush(struct store *s)
{
    s->batching = false;
    return s->backend->flush(s);
}

static bool digest_valid(const char *sha256)
{
    return strlen(sha256) == 64 && strspn(sha256, "0123456789abcdef") == 64;
}

enum err store_get(struct store *s, struct arena *a, const char *sha256, struct str *out)
{
    return digest_valid(sha256) ? s->backend->get(s, a, sha256, out) : ERR_NOT_FOUND;
}

enum err store_remove(struct store *s, struct arena *a, const char *sha256)
{
    return digest_valid(sha256) ? s->backend->remove(s, a, sha256) : OK;
}

enum err store_sweep(struct store *s, struct arena *a, const char *sha256, int grace_seconds,
                     bool *gone)
{
    if (!digest_valid(sha256))
        return ERR_INVALID;
    return s->backend->sweep(s, a, sha256, grace_seconds, gone);
}

enum err store_old(struct store *s, struct arena *a, int part, int older_seconds,
                   struct buf *digests)
{
    buf_putc(digests, '{');
    enum err e = s->backend->old(s, a, part, older_seconds, digests);
    buf_putc(digests, '}');
    return e;
}

enum err store_find(struct store *s, struct arena *a, const char *sha256, struct blob *out)
{
    struct str bytes;
    enum err e = store_get(s, a, sha256, &bytes);
    if (e)
        return e;
    *out = (struct blob){ .size = bytes.n, .content_type = sniff(s, head_of(bytes)) };
    memcpy(out->sha256, sha256, sizeof(out->sha256));
    return OK;
}

const char *store_accel_path(struct arena *a, const char *sha256)
{
    return arena_printf(a, "/_blobs/%.2s/%.2s/%s", sha256, sha256 + 2, sha256);
}

/* Every part of a link but the tag itself; digest, tenant and time hold no newline. */
static const char *signed_text(struct arena *a, const char *sha256, const char *tenant_id,
                               const char *expires, const char *file_name)
{
    return arena_printf(a, "%s\n%s\n%s\n%s", sha256, tenant_id, expires, file_name);
}

const char *store_link(struct app *app, struct arena *a, const char *tenant_id, const char *sha256,
                       const char *file_name, int seconds)
{
    const char *expires = arena_printf(a, "%" PRId64, app->now_ms(app) / 1000 + seconds);
    const char *text = signed_text(a, sha256, tenant_id, expires, file_name);
    struct buf b = buf_in(a);
    buf_printf(&b, "/files/%s?tenant=%s&expires=%s&name=", sha256, tenant_id, expires);
    buf_url(&b, file_name, strlen(file_name));
    buf_printf(&b, "&tag=%s", tag_make(app, a, "file-link", text));
    return b.p;
}

enum link_state store_link_check(struct app *app, struct arena *a, const char *sha256,
                                 const char *tenant_id, const char *file_name, const char *expires,
                                 const char *tag)
{
    if (!digest_valid(sha256) || strlen(expires) > 18 ||
        strspn(expires, "0123456789") != strlen(expires))
        return LINK_WRONG;
    const char *text = signed_text(a, sha256, tenant_id, expires, file_name);
    if (!tag_check(app, a, "file-link", text, tag))
        return LINK_WRONG;
    return strtoll(expires, NULL, 10) > app->now_ms(app) / 1000 ? LINK_GOOD : LINK_EXPIRED;
}
