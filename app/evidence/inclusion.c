/* Paths of events in the trees of their days: of one by reading the day, of many from memory. */
#include "evidence/inclusion.h"

#include "base/json.h"
#include "db/db.h"
#include "proof/documents.h"
#include "proof/merkle.h"
#include "proof/roots.h"

#include <stdio.h>
#include <string.h>

#define LEAVES 1000000 /* of the largest tree that is kept */
#define TREE_ARENA ((size_t)512 << 20)

struct day_trees {
    struct arena *arena; /* of the tree */
    char day[11];
    struct merkle_levels levels;
};

static void drop(void *of)
{
    struct day_trees *t = of;
    arena_free(t->arena);
}

struct day_trees *day_trees_new(struct arena *a)
{
    struct day_trees *t = arena_new_of(a, struct day_trees);
    t->arena = arena_new(TREE_ARENA);
    arena_defer(a, drop, t);
    return t;
}

static enum err load(struct ctx *c, struct day_trees *t, const char *day)
{
    struct merkle m = { 0 };
    if (strcmp(t->day, day) == 0)
        return OK;
    arena_reset(t->arena);
    *t->day = '\0';
    struct buf leaves = buf_in(t->arena);
    m.keep = &leaves;
    enum err e = roots_tree(c, NULL, day, &m);
    if (e != OK)
        return e;
    merkle_levels(t->arena, (const unsigned char *)buf_str(&leaves).p, m.leaves, &t->levels);
    snprintf(t->day, sizeof(t->day), "%s", day);
    return OK;
}

static struct json_object *path_of(struct ctx *c, const struct day_trees *t, const char *hash)
{
    unsigned char bytes[1 + SHA256_SIZE] = { 0 }, leaf[SHA256_SIZE];
    struct merkle_step steps[MERKLE_HEIGHT];
    struct json_object *list = json_object_new_array();
    (void)hash_read(hash, bytes + 1);
    sha256(bytes, sizeof(bytes), leaf);
    int64_t at = merkle_find(&t->levels, leaf);
    int n = at < 0 ? 0 : merkle_path(&t->levels, (uint64_t)at, steps);
    for (int i = 0; i < n; i++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "side", steps[i].left ? "left" : "right");
        json_set_text(o, "hash", hex(c->arena, steps[i].hash, SHA256_SIZE));
        json_object_array_add(list, o);
    }
    return list;
}

/* From the kept tree, or by reading the day for this one alone. */
static enum err find_path(struct ctx *c, struct day_trees *t, const PGresult *rooted,
                          struct json_object **path)
{
    struct json_object *d;
    if (t && row_int(rooted, 0, "events") <= LEAVES) {
        enum err e = load(c, t, row_text(rooted, 0, "day"));
        if (e == OK)
            *path = path_of(c, t, row_text(rooted, 0, "hash"));
        return e;
    }
    enum err e = inclusion_document(c, row_text(rooted, 0, "id"), &d);
    if (e == OK)
        *path = json_object_get(json_get(d, "path"));
    return e;
}

/* How many events the day had is not told: they are of other buildings, too. */
enum err inclusion_find(struct ctx *c, struct day_trees *t, const PGresult *rooted,
                        struct json_object **out)
{
    static const char *const texts[] = { "day", "merkle", "previous", "root" };
    struct json_object *path;
    *out = NULL;
    if (rows_count(rooted) == 0)
        return OK;
    enum err e = find_path(c, t, rooted, &path);
    if (e != OK)
        return e;
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "eventId", row_text(rooted, 0, "id"));
    json_set(o, "path", path);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_put(o, texts[i], false, json_text_new(row_text(rooted, 0, texts[i])));
    json_put(o, "covers", false,
             json_object_get(json_get(row_json(c->arena, rooted, 0), "covers")));
    *out = o;
    return OK;
}
