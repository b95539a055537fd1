/* Writing a ZIP with libarchive, piece by piece into the store. */
#include "evidence/zip.h"

#include "base/log.h"

#include <archive.h>
#include <archive_entry.h>

#define LIMIT ((size_t)64 << 30)

struct zip {
    struct archive *archive;
    struct blob_writer *to;
    enum err wrote;
};

static la_ssize_t write_piece(struct archive *archive, void *of, const void *bytes, size_t n)
{
    struct zip *z = of;
    z->wrote = blob_write(z->to, bytes, n);
    if (z->wrote == OK)
        return (la_ssize_t)n;
    archive_set_error(archive, -1, "the store took no more");
    return -1;
}

static void drop(void *of)
{
    struct zip *z = of;
    archive_write_free(z->archive);
}

static enum err failed(const struct zip *z)
{
    if (z->wrote != OK)
        return z->wrote;
    log_error("zip_failed", "error", archive_error_string(z->archive), NULL);
    return ERR_INTERNAL;
}

enum err zip_begin(struct ctx *c, struct zip **out)
{
    struct zip *z = arena_new_of(c->arena, struct zip);
    enum err e = store_begin(c->app->store, c->arena, LIMIT, &z->to);
    if (e != OK)
        return e;
    z->archive = archive_write_new();
    arena_defer(c->arena, drop, z);
    if (archive_write_set_format_zip(z->archive) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(z->archive, 1) != ARCHIVE_OK ||
        archive_write_open(z->archive, z, NULL, write_piece, NULL) != ARCHIVE_OK)
        return failed(z);
    *out = z;
    return OK;
}

enum err zip_add(struct zip *z, const char *name, struct str bytes)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)bytes.n);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    bool ok = archive_write_header(z->archive, entry) == ARCHIVE_OK &&
              archive_write_data(z->archive, bytes.p, bytes.n) == (la_ssize_t)bytes.n &&
              archive_write_finish_entry(z->archive) == ARCHIVE_OK;
    archive_entry_free(entry);
    return ok ? OK : failed(z);
}

enum err zip_finish(struct zip *z, struct blob *out)
{
    if (archive_write_close(z->archive) != ARCHIVE_OK)
        return failed(z);
    return blob_finish(z->to, out);
}
