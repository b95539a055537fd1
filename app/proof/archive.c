/* Bundles of what is about to be taken out: a tar of JSON lines and files, compressed with gzip, in
 * the blob store. */
#include "proof/retention.h"

#include "base/log.h"
#include "db/db.h"
#include "proof/address.h"
#include "proof/retention.sql.h"
#include "store/keep.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdint.h>
#include <string.h>

#define FIRST "00000000-0000-0000-0000-000000000000"
#define PAGE_ARENA ((size_t)512 << 20)

struct bundle {
    struct ctx *c;
    struct job *j;
    const struct archive_of *of;
    struct arena *page;
    struct archive *tar;
    struct blob_writer *to;
    enum err wrote;
    int communications, files, part;
};

static la_ssize_t write_piece(struct archive *tar, void *arg, const void *bytes, size_t n)
{
    struct bundle *b = arg;
    b->wrote = blob_write(b->to, bytes, n);
    if (b->wrote == OK)
        return (la_ssize_t)n;
    archive_set_error(tar, -1, "the store took no more");
    return -1;
}

static enum err failed(struct bundle *b)
{
    if (b->wrote != OK)
        return b->wrote;
    log_error("archive_failed", "error", archive_error_string(b->tar), NULL);
    return ERR_INTERNAL;
}

static enum err add(struct bundle *b, const char *name, struct str bytes)
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

/* A page of communications, one per line; *after is moved to its last, to NULL behind the last. */
static enum err add_page(struct bundle *b, char after[40], int *n)
{
    PGresult *rows;
    struct ctx *c = b->c;
    arena_reset(b->page);
    struct buf lines = buf_in(b->page);
    db_begin_reading(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, b->page, retention_bundle, &rows, .now_ms = b->of->now_ms,
                               .batch_id = b->of->batch_id, .after = after));
    if (e != OK)
        return e;
    *n = rows_count(rows);
    for (int i = 0; i < *n; i++) {
        buf_puts(&lines, row_text(rows, i, "line"));
        buf_putc(&lines, '\n');
    }
    if (*n == 0)
        return OK;
    memcpy(after, row_text(rows, *n - 1, "id"), 37);
    b->communications += *n;
    e = add(b, arena_printf(b->page, "communications-%04d.jsonl", ++b->part), buf_str(&lines));
    return e == OK && b->j ? job_touch(b->j) : e;
}

static enum err add_file(struct bundle *b, const char *sha256)
{
    struct str bytes;
    arena_reset(b->page);
    enum err e = store_get(b->c->app->store, b->page, sha256, &bytes);
    if (e == ERR_NOT_FOUND) {
        log_warn("archive_file_missing", "sha256", sha256, NULL);
        return OK;
    }
    if (e == OK)
        e = add(b, arena_printf(b->page, "files/%s", sha256), bytes);
    b->files += e == OK;
    return e == OK && b->j ? job_touch(b->j) : e;
}

static enum err fill(struct bundle *b)
{
    PGresult *files;
    char after[40] = FIRST;
    int n;
    enum err e;
    do
        e = add_page(b, after, &n);
    while (e == OK && n > 0);
    if (e != OK)
        return e;
    db_begin_reading(b->c->db, b->c->tenant_id);
    e = db_end(b->c->db, db_query(b->c->db, b->c->arena, retention_files, &files,
                                  .now_ms = b->of->now_ms, .batch_id = b->of->batch_id));
    for (int i = 0; e == OK && i < rows_count(files); i++)
        e = add_file(b, row_text(files, i, "sha256"));
    return e;
}

static enum err make(struct bundle *b, struct blob *out)
{
    enum err e = store_begin(b->c->app->store, b->c->arena, SIZE_MAX, &b->to);
    if (e != OK)
        return e;
    b->tar = archive_write_new();
    bool open = archive_write_add_filter_gzip(b->tar) == ARCHIVE_OK &&
                archive_write_set_format_pax_restricted(b->tar) == ARCHIVE_OK &&
                archive_write_set_bytes_in_last_block(b->tar, 1) == ARCHIVE_OK &&
                archive_write_open(b->tar, b, NULL, write_piece, NULL) == ARCHIVE_OK;
    e = open ? fill(b) : failed(b);
    if (e == OK && archive_write_close(b->tar) != ARCHIVE_OK)
        e = failed(b);
    archive_write_free(b->tar);
    return e == OK ? blob_finish(b->to, out) : e;
}

static enum err keep(const struct bundle *b, const struct blob *blob, const char **id)
{
    PGresult *rows = NULL;
    struct ctx *c = b->c;
    const char *sha256 = arena_strdup(c->arena, blob->sha256);
    const char *size = arena_printf(c->arena, "%zu", blob->size);
    struct blob kept = *blob;
    kept.content_type = "application/gzip";
    db_begin(c->db, c->tenant_id);
    enum err e = blob_keep(c, &kept);
    if (e == OK)
        e = db_query(c->db, c->arena, retention_archive_add, &rows,
                     .building_id = b->of->building_id, .batch_id = b->of->batch_id,
                     .year = b->of->year, .sha256 = sha256, .size = size,
                     .communications = arena_printf(c->arena, "%d", b->communications),
                     .files = arena_printf(c->arena, "%d", b->files));
    if ((e = db_end(c->db, e)) == OK)
        *id = row_text(rows, 0, "id");
    return e;
}

enum err archive_make(struct ctx *c, struct job *j, const struct archive_of *of, const char **id)
{
    struct blob blob;
    struct bundle b = { .c = c, .j = j, .of = of, .page = arena_new(PAGE_ARENA) };
    enum err e = make(&b, &blob);
    if (e == OK)
        e = keep(&b, &blob, id);
    arena_free(b.page);
    return e;
}

/* ---- looking into one ---- */

/* All of an entry, in the arena; false where it cannot be read to its end. */
static bool read_entry(struct archive *tar, struct archive_entry *entry, struct arena *page,
                       struct str *out)
{
    size_t n = (size_t)archive_entry_size(entry);
    char *bytes = n < PAGE_ARENA / 4 ? arena_alloc(page, n + 1) : NULL;
    *out = (struct str){ bytes, n };
    return bytes && archive_read_data(tar, bytes, n) == (la_ssize_t)n;
}

static bool bundle_holds(struct str bytes, const char *const *addresses, struct arena *page)
{
    struct archive_entry *entry;
    struct archive *tar = archive_read_new();
    int at = archive_read_support_filter_gzip(tar) == ARCHIVE_OK &&
                     archive_read_support_format_tar(tar) == ARCHIVE_OK
                 ? archive_read_open_memory(tar, bytes.p, bytes.n)
                 : ARCHIVE_FATAL;
    bool holds = false;
    while (at == ARCHIVE_OK && !holds) {
        struct str text;
        at = archive_read_next_header(tar, &entry);
        if (at != ARCHIVE_OK)
            break;
        arena_reset(page);
        struct buf room = buf_in(page);
        holds = !read_entry(tar, entry, page, &text) || address_stands(text, addresses, &room);
    }
    archive_read_free(tar);
    return holds || at != ARCHIVE_EOF;
}

enum err archive_holds(struct ctx *c, const char *sha256, const char *const *addresses, bool *out)
{
    struct str bytes;
    struct arena *file = arena_new(PAGE_ARENA), *page = arena_new(PAGE_ARENA);
    enum err e = store_get(c->app->store, file, sha256, &bytes);
    if (e == OK)
        *out = bundle_holds(bytes, addresses, page);
    arena_free(page);
    arena_free(file);
    return e;
}
