/* Bundles through libarchive: out piece by piece, in entry by entry. */
#include "proof/bundle.h"

#include "base/log.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdint.h>

#define PAGE_ARENA ((size_t)512 << 20)
#define ENTRY_MOST (PAGE_ARENA / 4) /* bytes of one that is read */

struct bundle {
    struct archive *tar;
    struct blob_writer *to;
    enum err wrote;
};

/* ---- writing ---- */

static la_ssize_t write_piece(struct archive *tar, void *arg, const void *bytes, size_t n)
{
    struct bundle *b = arg;
    b->wrote = blob_write(b->to, bytes, n);
    if (b->wrote == OK)
        return (la_ssize_t)n;
    archive_set_error(tar, -1, "the store took no more");
    return -1;
}

static enum err failed(const struct bundle *b)
{
    if (b->wrote != OK)
        return b->wrote;
    log_error("archive_failed", "error", archive_error_string(b->tar), NULL);
    return ERR_INTERNAL;
}

static void drop(void *bundle)
{
    struct bundle *b = bundle;
    archive_write_free(b->tar);
    b->tar = NULL;
}

enum err bundle_begin(struct ctx *c, struct bundle **out)
{
    struct bundle *b = arena_new_of(c->arena, struct bundle);
    enum err e = store_begin(c->app->store, c->arena, SIZE_MAX, &b->to);
    if (e != OK)
        return e;
    b->tar = archive_write_new();
    arena_defer(c->arena, drop, b);
    bool open = archive_write_add_filter_gzip(b->tar) == ARCHIVE_OK &&
                archive_write_set_format_pax_restricted(b->tar) == ARCHIVE_OK &&
                archive_write_set_bytes_in_last_block(b->tar, 1) == ARCHIVE_OK &&
                archive_write_open(b->tar, b, NULL, write_piece, NULL) == ARCHIVE_OK;
    if (!open)
        return failed(b);
    *out = b;
    return OK;
}

enum err bundle_add(struct bundle *b, const char *name, struct str bytes)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)bytes.n);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0640);
    bool ok = archive_write_header(b->tar, entry) == ARCHIVE_OK &&
              archive_write_data(b->tar, bytes.p, bytes.n) == (la_ssize_t)bytes.n;
    archive_entry_free(entry);
    return ok ? OK : failed(b);
}

enum err bundle_end(struct bundle *b, struct blob *out)
{
    enum err e = archive_write_close(b->tar) == ARCHIVE_OK ? OK : failed(b);
    drop(b);
    return e == OK ? blob_finish(b->to, out) : e;
}

/* ---- reading ---- */

static enum err hand_over(struct archive *tar, struct archive_entry *entry, bundle_entry *each,
                          void *to, struct arena *page)
{
    size_t n = (size_t)archive_entry_size(entry);
    const char *name = archive_entry_pathname(entry);
    char *bytes = n < ENTRY_MOST ? arena_alloc(page, n + 1) : NULL;
    if (!name || !bytes || archive_read_data(tar, bytes, n) != (la_ssize_t)n)
        return ERR_INVALID;
    bytes[n] = '\0';
    return each(to, arena_strdup(page, name), (struct str){ bytes, n }, page);
}

static enum err read_all(struct archive *tar, struct str bytes, bundle_entry *each, void *to,
                         struct arena *page)
{
    struct archive_entry *entry;
    bool open = archive_read_support_filter_gzip(tar) == ARCHIVE_OK &&
                archive_read_support_format_tar(tar) == ARCHIVE_OK &&
                archive_read_open_memory(tar, bytes.p, bytes.n) == ARCHIVE_OK;
    int at = open ? ARCHIVE_OK : ARCHIVE_FATAL;
    enum err e = OK;
    while (e == OK && at == ARCHIVE_OK) {
        arena_reset(page);
        at = archive_read_next_header(tar, &entry);
        if (at == ARCHIVE_OK)
            e = hand_over(tar, entry, each, to, page);
    }
    return e != OK || at == ARCHIVE_EOF ? e : ERR_INVALID;
}

enum err bundle_read(struct ctx *c, const char *sha256, bundle_entry *each, void *to)
{
    struct str bytes;
    struct arena *file = arena_new(PAGE_ARENA), *page = arena_new(PAGE_ARENA);
    struct archive *tar = archive_read_new();
    enum err e = store_get(c->app->store, file, sha256, &bytes);
    if (e == OK)
        e = read_all(tar, bytes, each, to, page);
    archive_read_free(tar);
    arena_free(page);
    arena_free(file);
    return e;
}
