/* Making the bundle of what is about to be taken out. */
#include "proof/retention.h"

#include "base/log.h"
#include "db/db.h"
#include "proof/bundle.h"
#include "proof/retention.sql.h"
#include "store/keep.h"

#include <stdint.h>
#include <string.h>

#define FIRST "00000000-0000-0000-0000-000000000000"
#define PAGE_ARENA ((size_t)512 << 20)

struct making {
    struct ctx *c;
    struct job *j;
    const struct archive_of *of;
    struct arena *page;
    struct bundle *bundle;
    int communications, files, part;
};

/* A page of communications, one per line; *after is moved to its last, to NULL behind the last. */
static enum err add_page(struct making *b, char after[40], int *n)
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
    e = bundle_add(b->bundle, arena_printf(b->page, "communications-%04d.jsonl", ++b->part),
                   buf_str(&lines));
    return e == OK && b->j ? job_touch(b->j) : e;
}

static enum err add_file(struct making *b, const char *sha256)
{
    struct str bytes;
    arena_reset(b->page);
    enum err e = store_get(b->c->app->store, b->page, sha256, &bytes);
    if (e == ERR_NOT_FOUND) {
        log_warn("archive_file_missing", "sha256", sha256, NULL);
        return OK;
    }
    if (e == OK)
        e = bundle_add(b->bundle, arena_printf(b->page, "files/%s", sha256), bytes);
    b->files += e == OK;
    return e == OK && b->j ? job_touch(b->j) : e;
}

static enum err fill(struct making *b)
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

static enum err make(struct making *b, struct blob *out)
{
    enum err e = bundle_begin(b->c, &b->bundle);
    if (e == OK)
        e = fill(b);
    return e == OK ? bundle_end(b->bundle, out) : e;
}

static enum err keep(const struct making *b, const struct blob *blob, const char **id)
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
    struct making b = { .c = c, .j = j, .of = of, .page = arena_new(PAGE_ARENA) };
    enum err e = make(&b, &blob);
    if (e == OK)
        e = keep(&b, &blob, id);
    arena_free(b.page);
    return e;
}
