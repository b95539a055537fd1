/* Looking for files that no row names, and removing them where uploads and removals meet. */
#include "store/orphans.h"

#include "db/db.h"
#include "store/keep.sql.h"
#include "store/store.h"

#define PART_ARENA ((size_t)512 * 1024 * 1024)
#define OLD_SECONDS (30 * 86400) /* who tries an older copy of the database may come back */

static enum err unnamed(struct ctx *c, const char *digests, PGresult **rows)
{
    return db_query(c->db, c->arena, files_unnamed, rows, .digests = digests);
}

static enum err remove_one(struct ctx *c, const char *sha256, bool *gone)
{
    PGresult *still;
    db_begin(c->db, NULL);
    enum err e = db_query(c->db, c->arena, file_lock, NULL, .sha256 = sha256);
    if (e == OK)
        e = unnamed(c, arena_printf(c->arena, "{%s}", sha256), &still);
    if (e == OK && rows_count(still))
        e = store_sweep(c->app->store, c->arena, sha256, OLD_SECONDS, gone);
    return db_end(c->db, e);
}

static enum err take(struct ctx *c, const char *sha256, bool remove, struct orphans *sum)
{
    struct blob found;
    bool gone = false;
    enum err e = store_find(c->app->store, c->arena, sha256, &found);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e == OK && remove)
        e = remove_one(c, sha256, &gone);
    if (e != OK)
        return e;
    sum->files++;
    sum->removed += gone;
    sum->bytes += (long long)found.size;
    return OK;
}

enum err orphans_look(struct ctx *c, int part, bool remove, struct orphans *sum)
{
    PGresult *rows;
    struct ctx here = *c;
    here.arena = arena_new(PART_ARENA);
    struct buf digests = buf_in(here.arena);
    enum err e = store_old(c->app->store, here.arena, part, OLD_SECONDS, &digests);
    if (e == OK && digests.n > 2)
        e = unnamed(&here, digests.p, &rows);
    for (int i = 0; e == OK && digests.n > 2 && i < rows_count(rows); i++)
        e = take(&here, row_text(rows, i, "sha256"), remove, sum);
    arena_free(here.arena);
    return e;
}
