/* Rows of blobs: noted, and held against whoever would remove their files. */
#include "store/keep.h"

#include "base/json.h"
#include "db/db.h"
#include "store/keep.sql.h"

#define LOOK_ARENA ((size_t)64 * 1024)

static enum err look(struct ctx *c, struct arena *a, const char *sha256)
{
    struct str bytes;
    enum err e = store_get(c->app->store, a, sha256, &bytes);
    if (e == ERR_NOT_FOUND)
        return ctx_refuse(c, ERR_RETRY,
                          "A file was removed just as it was brought again: bring it once more.");
    return e;
}

enum err blob_keep(struct ctx *c, const struct blob *blob)
{
    enum err e = db_query(c->db, c->arena, blob_keep, NULL, .sha256 = blob->sha256,
                          .size = arena_printf(c->arena, "%zu", blob->size),
                          .content_type = blob->content_type);
    return e == OK ? look(c, c->arena, blob->sha256) : e;
}

enum err blobs_note(struct ctx *c, struct json_object *blobs)
{
    return db_query(c->db, c->arena, blobs_note, NULL, .blobs = json_compact(c->arena, blobs));
}

enum err blobs_hold(struct ctx *c, struct json_object *blobs)
{
    struct arena *a = arena_new(LOOK_ARENA);
    enum err e =
        db_query(c->db, c->arena, blobs_hold, NULL, .blobs = json_compact(c->arena, blobs));
    for (size_t i = 0; e == OK && i < json_object_array_length(blobs); i++) {
        e = look(c, a, json_text(json_object_array_get_idx(blobs, i), "sha256"));
        arena_reset(a);
    }
    arena_free(a);
    return e;
}
