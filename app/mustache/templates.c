/* Sets of templates: from a folder or by name, compiled on first use. */
#include "base/arena.h"
#include "mustache/program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SLOTS 256
#define SOURCE_MAX ((size_t)1024 * 1024)

struct entry {
    struct entry *next;
    const char *name;
    size_t name_n;
    struct timespec changed;
    const struct program *program;
};

struct templates {
    struct arena *arena;
    const char *dir; /* NULL: only what was added */
    bool reload;
    struct entry *slots[SLOTS];
};

static struct entry **slot_of(struct templates *set, const char *name, size_t n)
{
    unsigned h = 5381;
    for (size_t i = 0; i < n; i++)
        h = h * 33 + (unsigned char)name[i];
    return &set->slots[h % SLOTS];
}

static struct entry *entry_of(struct templates *set, const char *name, size_t n)
{
    for (struct entry *e = *slot_of(set, name, n); e; e = e->next)
        if (e->name_n == n && memcmp(e->name, name, n) == 0)
            return e;
    return NULL;
}

static void keep(struct templates *set, const char *name, size_t n, const struct program *p,
                 struct timespec changed)
{
    struct entry *e = entry_of(set, name, n);
    if (!e) {
        struct entry **slot = slot_of(set, name, n);
        e = arena_new_of(set->arena, struct entry);
        e->name = arena_strndup(set->arena, name, n);
        e->name_n = n;
        e->next = *slot;
        *slot = e;
    }
    e->program = p;
    e->changed = changed;
}

struct templates *templates_open(struct arena *a, const char *dir, bool reload)
{
    struct templates *set = arena_new_of(a, struct templates);
    set->arena = a;
    set->dir = dir;
    set->reload = reload;
    return set;
}

struct templates *templates_empty(struct arena *a)
{
    return templates_open(a, NULL, false);
}

enum err templates_add(struct templates *set, const char *name, struct str text, const char **why)
{
    struct program *p;
    enum err e = program_compile(set->arena, name, text, &p, why);
    if (!e)
        keep(set, name, strlen(name), p, (struct timespec){ 0, 0 });
    return e;
}

/* Names are paths below the folder: words of letters, digits, - and _, with / between. */
static bool good_name(const char *name, size_t n)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
    if (!n || n > 128 || name[0] == '/' || memmem(name, n, "..", 2) || memmem(name, n, "//", 2))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!memchr(allowed, name[i], sizeof(allowed) - 1))
            return false;
    return true;
}

static enum err load(struct templates *set, const char *name, const char *path,
                     const struct stat *s, const char **why)
{
    struct program *p;
    size_t size = (size_t)s->st_size;
    FILE *f = fopen(path, "re");
    if (!f) {
        *why = arena_printf(set->arena, "%s: %s", name, strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL;
    }
    char *text = arena_alloc(set->arena, (size < SOURCE_MAX ? size : 0) + 1);
    size_t n = size < SOURCE_MAX ? fread(text, 1, size, f) : 0;
    fclose(f);
    if (n != size) {
        *why = arena_printf(set->arena, "%s: could not be read, or is over 1 MiB", name);
        return ERR_INVALID;
    }
    enum err e = program_compile(set->arena, name, (struct str){ text, n }, &p, why);
    if (!e)
        keep(set, name, strlen(name), p, s->st_mtim);
    return e;
}

enum err templates_find(struct templates *set, const char *name, size_t n,
                        const struct program **out, const char **why)
{
    struct stat s;
    struct entry *e = entry_of(set, name, n);
    *out = e ? e->program : NULL;
    if (!set->dir || (e && !set->reload))
        return OK;
    if (!good_name(name, n)) {
        *why = arena_printf(set->arena, "\"%.*s\" is not the name of a template", (int)n, name);
        return ERR_INVALID;
    }
    char path[PATH_MAX]; /* not of the arena, which outlives any number of names without a file */
    int length = snprintf(path, sizeof(path), "%s/%.*s.mustache", set->dir, (int)n, name);
    if (length < 0 || (size_t)length >= sizeof(path) || stat(path, &s) ||
        (e && memcmp(&e->changed, &s.st_mtim, sizeof(s.st_mtim)) == 0))
        return OK;
    enum err loaded = load(set, arena_strndup(set->arena, name, n), path, &s, why);
    e = entry_of(set, name, n);
    *out = e ? e->program : NULL;
    return loaded;
}

static enum err render(struct templates *set, const char *name, struct json_object *data,
                       bool escape, struct buf *to, const char **why)
{
    const struct program *p;
    enum err e = templates_find(set, name, strlen(name), &p, why);
    if (e)
        return e;
    if (!p) {
        *why = arena_printf(to->arena, "there is no template %s", name);
        return ERR_NOT_FOUND;
    }
    return program_run(set, p, data, escape, to, why);
}

enum err template_render(struct templates *set, const char *name, struct json_object *data,
                         struct buf *to, const char **why)
{
    return render(set, name, data, true, to, why);
}

enum err template_render_text(struct templates *set, const char *name, struct json_object *data,
                              struct buf *to, const char **why)
{
    return render(set, name, data, false, to, why);
}
