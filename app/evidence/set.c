/* Sets: packs one after the other, then what names them. */
#include "base/json.h"
#include "db/db.h"
#include "evidence/evidence.h"
#include "evidence/pack.h"

#define PAGE_ARENA ((size_t)1 << 30)

struct evidence_set {
    struct ctx *c;
    struct zip *zip;
    struct day_trees *trees;
    struct arena *page; /* of the pack at hand */
    struct json_object *packs, *files;
    struct buf sums;
};

static void drop(void *of)
{
    struct evidence_set *s = of;
    arena_free(s->page);
}

enum err evidence_set_begin(struct ctx *c, struct evidence_set **out)
{
    struct evidence_set *s = arena_new_of(c->arena, struct evidence_set);
    *s = (struct evidence_set){ .c = c,
                                .trees = day_trees_new(c->arena),
                                .page = arena_new(PAGE_ARENA),
                                .packs = json_own(c->arena, json_object_new_array()),
                                .files = json_own(c->arena, json_object_new_array()),
                                .sums = buf_in(c->arena) };
    arena_defer(c->arena, drop, s);
    enum err e = zip_begin(c, &s->zip);
    if (e == OK)
        *out = s;
    return e;
}

static struct json_object *named(const char *key, const char *name, const char *digest, size_t size)
{
    struct json_object *o = json_object_new_object();
    json_put(o, key, false, json_text_new(name));
    json_set_int(o, "size", (int64_t)size);
    json_set_text(o, "sha256", digest);
    return o;
}

enum err evidence_set_add(struct evidence_set *s, const struct ctx *c, const char *id)
{
    struct pack_manifest manifest;
    arena_reset(s->page);
    struct ctx one = *c;
    one.arena = s->page;
    const char *folder =
        arena_printf(s->page, "messages/%05zu-%s/", json_object_array_length(s->packs) + 1, id);
    db_begin_reading(one.db, one.tenant_id);
    enum err e = db_end(one.db, pack_add(&one, s->zip, s->trees, folder, id, &manifest));
    if (e != OK)
        return e;
    struct json_object *o = named("folder", folder, manifest.sha256, manifest.size);
    json_set_text(o, "communicationId", id);
    json_object_array_add(s->packs, o);
    buf_printf(&s->sums, "%s  %smanifest.json\n", manifest.sha256, folder);
    return OK;
}

static enum err put(struct evidence_set *s, const char *name, struct str bytes)
{
    unsigned char digest[SHA256_SIZE];
    sha256(bytes.p, bytes.n, digest);
    const char *text = hex(s->c->arena, digest, sizeof(digest));
    json_object_array_add(s->files, named("name", name, text, bytes.n));
    buf_printf(&s->sums, "%s  %s\n", text, name);
    return zip_add(s->zip, name, bytes);
}

static enum err put_manifest(struct evidence_set *s)
{
    struct buf b = buf_in(s->c->arena);
    struct json_object *d = json_own(s->c->arena, json_object_new_object());
    json_set_text(d, "format", EVIDENCE_SET_FORMAT);
    json_set(d, "packs", json_object_get(s->packs));
    json_set(d, "files", json_object_get(s->files));
    json_write(&b, d);
    buf_putc(&b, '\n');
    return zip_add(s->zip, "manifest.json", buf_str(&b));
}

enum err evidence_set_finish(struct evidence_set *s, struct blob *out)
{
    enum err e = put(s, "README.txt", str_of(evidence_readme(s->c->arena)));
    if (e == OK)
        e = put(s, "SHA256SUMS", buf_str(&s->sums));
    if (e == OK)
        e = put_manifest(s);
    return e == OK ? zip_finish(s->zip, out) : e;
}
