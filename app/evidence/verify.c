/* Checking a pack, or a set of them: the manifests, what they name, what they do not. */
#include "evidence/verify.h"

#include "base/json.h"
#include "evidence/claims.h"
#include "evidence/contents.h"
#include "evidence/evidence.h"
#include "evidence/timeline.h"

#include <string.h>

#define SCRATCH ((size_t)1 << 30)
#define ROOTS 4096

static const struct json_limits limits = { .depth = 32, .nodes = 4000000, .string = 1 << 20 };

struct checking {
    struct ctx *c;
    struct arena *scratch; /* of the pack at hand */
    struct contents all;
    struct evidence_verdict *out;
    struct evidence_root *roots;
    struct buf loose;
};

static bool found(struct checking *v, const char *name, const char *how)
{
    v->out->sentence = arena_printf(v->c->arena, "%s %s", name, how);
    return false;
}

static const char *path_of(struct checking *v, const char *folder, const char *name)
{
    return arena_printf(v->scratch, "%s%s", folder, name);
}

/* Each of these answers false once something was found. */

/* A document that is an object of a format; NULL: found. */
static struct json_object *read_manifest(struct checking *v, const char *folder)
{
    const char *why, *name = path_of(v, folder, "manifest.json");
    struct json_object *d;
    struct entry *e = contents_find(&v->all, folder, "manifest.json");
    if (!e) {
        (void)found(v, name, "is missing.");
        return NULL;
    }
    e->named = true;
    if (json_parse(v->scratch, e->text, &limits, &d, &why) == OK && json_text(d, "format"))
        return d;
    (void)found(v, name, "was changed: it is no manifest.");
    return NULL;
}

static bool check_file(struct checking *v, const char *folder, struct json_object *told)
{
    const char *name = json_text(told, "name"), *sha256_ = json_text(told, "sha256");
    if (!name || !sha256_)
        return found(v, path_of(v, folder, "manifest.json"), "was changed: it names no file.");
    struct entry *e = contents_find(&v->all, folder, name);
    if (!e)
        return found(v, path_of(v, folder, name), "is missing.");
    e->named = true;
    v->out->files++;
    if (strcmp(e->sha256, sha256_) != 0 ||
        e->size != (uint64_t)json_object_get_int64(json_get(told, "size")))
        return found(v, e->name, "was changed.");
    return true;
}

static bool check_files(struct checking *v, const char *folder, struct json_object *manifest)
{
    struct json_object *files = json_get(manifest, "files");
    if (!json_object_is_type(files, json_type_array))
        return found(v, path_of(v, folder, "manifest.json"), "was changed: it names no files.");
    for (size_t i = 0; i < json_object_array_length(files); i++)
        if (!check_file(v, folder, json_object_array_get_idx(files, i)))
            return false;
    return true;
}

static void note_root(struct checking *v, struct json_object *inclusion)
{
    const char *day = json_text(inclusion, "day"), *root = json_text(inclusion, "root");
    struct evidence_verdict *out = v->out;
    if (!inclusion)
        return;
    for (size_t i = 0; i < out->root_count; i++)
        if (strcmp(v->roots[i].day, day) == 0 && strcmp(v->roots[i].root, root) == 0)
            return;
    if (out->root_count < ROOTS)
        v->roots[out->root_count++] = (struct evidence_root){ arena_strdup(v->c->arena, day),
                                                              arena_strdup(v->c->arena, root) };
}

static bool check_timeline(struct checking *v, const char *folder, struct json_object *manifest,
                           struct timeline_check *t)
{
    struct entry *e = contents_find(&v->all, folder, "timeline.jsonl");
    *t = (struct timeline_check){ .communication_id = json_text(manifest, "communicationId"),
                                  .chain = json_get(manifest, "chain"),
                                  .inclusion = json_get(manifest, "inclusion") };
    if (!t->communication_id || !json_object_is_type(t->chain, json_type_object))
        return found(v, path_of(v, folder, "manifest.json"), "was changed: it tells of no chain.");
    if (!e)
        return found(v, path_of(v, folder, "timeline.jsonl"), "is missing.");
    t->lines = e->text;
    const char *sentence = timeline_check(v->scratch, t);
    v->out->events += t->events;
    if (sentence)
        v->out->sentence = arena_strdup(v->c->arena, sentence);
    else
        note_root(v, t->inclusion);
    return !sentence;
}

/* Files that came from elsewhere and that no event holds: only the manifest names them. */
static void note_loose(struct checking *v, const char *folder, struct json_object *manifest)
{
    struct json_object *files = json_get(manifest, "files");
    for (size_t i = 0; i < json_object_array_length(files); i++) {
        const char *name = json_text(json_object_array_get_idx(files, i), "name");
        const struct entry *e = contents_find(&v->all, folder, name);
        if (e->held)
            v->out->held++;
        else if (strchr(name, '/') && v->out->loose_count++ < EVIDENCE_LOOSE)
            buf_printf(&v->loose, "%s%s", v->loose.n ? ", " : "", e->name);
    }
}

static bool check_claims(struct checking *v, const char *folder, struct json_object *manifest,
                         const struct timeline_check *t)
{
    const struct claims_check claims = { .communication_id = t->communication_id,
                                         .folder = folder,
                                         .told = t->told,
                                         .events = (size_t)t->events,
                                         .all = &v->all,
                                         .manifest = manifest };
    const char *sentence = claims_check(v->scratch, &claims);
    for (long long i = 0; i < t->events; i++)
        v->out->wordless += !t->told[i].detail;
    note_loose(v, folder, manifest);
    if (sentence)
        v->out->sentence = arena_strdup(v->c->arena, sentence);
    return !sentence;
}

static bool check_pack(struct checking *v, const char *folder, struct json_object *manifest)
{
    struct timeline_check t;
    v->out->packs++;
    return check_timeline(v, folder, manifest, &t) && check_files(v, folder, manifest) &&
           check_claims(v, folder, manifest, &t);
}

/* ---- many packs ---- */

static bool check_member(struct checking *v, struct json_object *told)
{
    const char *folder = json_text(told, "folder"), *digest = json_text(told, "sha256");
    const char *id = json_text(told, "communicationId");
    if (!folder || !digest || !id)
        return found(v, "manifest.json", "was changed: it names no pack.");
    struct json_object *manifest = read_manifest(v, folder);
    if (!manifest)
        return false;
    if (!json_text(manifest, "communicationId") ||
        strcmp(json_text(manifest, "communicationId"), id) != 0)
        return found(v, path_of(v, folder, "manifest.json"), "is that of another message.");
    if (!check_pack(v, folder, manifest))
        return false;
    return strcmp(contents_find(&v->all, folder, "manifest.json")->sha256, digest) == 0
               ? true
               : found(v, path_of(v, folder, "manifest.json"), "was changed.");
}

static bool check_set(struct checking *v, struct json_object *top)
{
    struct json_object *packs = json_get(top, "packs");
    size_t n = json_object_is_type(packs, json_type_array) ? json_object_array_length(packs) : 0;
    bool ok = check_files(v, "", top);
    struct arena *whole = v->scratch;
    v->scratch = arena_new(SCRATCH);
    for (size_t i = 0; ok && i < n; i++) {
        arena_reset(v->scratch);
        ok = check_member(v, json_object_array_get_idx(packs, i));
    }
    arena_free(v->scratch);
    v->scratch = whole;
    return ok;
}

static void check(struct checking *v)
{
    struct json_object *top = read_manifest(v, "");
    if (!top)
        return;
    const char *format = json_text(top, "format");
    v->out->manifest = contents_find(&v->all, "", "manifest.json")->sha256;
    bool set = strcmp(format, EVIDENCE_SET_FORMAT) == 0;
    if (!set && strcmp(format, EVIDENCE_FORMAT) != 0) {
        (void)found(v, "manifest.json", "is of no format that is known here.");
        return;
    }
    if (!(set ? check_set(v, top) : check_pack(v, "", top)))
        return;
    for (size_t i = 0; i < v->all.n; i++)
        if (!v->all.entries[i].named && !found(v, v->all.entries[i].name, "was added."))
            return;
}

/* Whatever a terminal would take as a command becomes a question mark. */
static const char *printable(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    for (char *p = copy; *p; p++) {
        bool high = (unsigned char)*p == 0xc2 && (unsigned char)p[1] < 0xa0;
        if ((unsigned char)*p < 0x20 || *p == 0x7f || high)
            *p = '?';
        if (high && p[1])
            *++p = '?';
    }
    return copy;
}

enum err evidence_verify(struct ctx *c, const char *path, struct evidence_verdict *out)
{
    struct checking v = { .c = c,
                          .out = out,
                          .loose = buf_in(c->arena),
                          .roots = arena_zalloc(c->arena, ROOTS, sizeof(struct evidence_root)) };
    *out = (struct evidence_verdict){ .roots = v.roots };
    enum err e = contents_read(c, path, &v.all, &out->sentence);
    if (e == ERR_NOT_FOUND)
        return e;
    if (e == OK) {
        v.scratch = arena_new(SCRATCH);
        check(&v);
        arena_free(v.scratch);
    }
    out->loose = buf_str(&v.loose).p;
    if (out->sentence)
        out->sentence = printable(c->arena, out->sentence);
    return OK;
}
