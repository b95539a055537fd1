/* Sets of templates: from a folder or by name, compiled on first use. */
#include "base/arena.h"
#include "mustache/program.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- what there is ---- */

struct list {
    struct arena *arena;
    const char **names;
    size_t n, room;
};

static void put_name(struct list *l, const char *name, size_t n)
{
    if (l->n + 1 >= l->room) {
        const char **more = arena_zalloc(l->arena, l->room * 2 + 16, sizeof(*more));
        if (l->n)
            memcpy(more, l->names, l->n * sizeof(*more));
        l->names = more;
        l->room = l->room * 2 + 16;
    }
    l->names[l->n++] = arena_strndup(l->arena, name, n);
}

static void list_added(const struct templates *set, const char *folder, struct list *l)
{
    size_t n = strlen(folder);
    for (size_t i = 0; i < SLOTS; i++)
        for (const struct entry *e = set->slots[i]; e; e = e->next)
            if (e->name_n > n + 1 && memcmp(e->name, folder, n) == 0 && e->name[n] == '/')
                put_name(l, e->name + n + 1, e->name_n - n - 1);
}

static void list_files(const struct templates *set, const char *folder, struct list *l)
{
    static const char end[] = ".mustache";
    DIR *dir = opendir(arena_printf(l->arena, "%s/%s", set->dir, folder));
    for (const struct dirent *f; dir && (f = readdir(dir));) {
        size_t n = strlen(f->d_name);
        if (n > strlen(end) && strcmp(f->d_name + n - strlen(end), end) == 0)
            put_name(l, f->d_name, n - strlen(end));
    }
    if (dir)
        closedir(dir);
}

static int by_name(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

const char *const *templates_list(struct templates *set, struct arena *a, const char *folder)
{
    size_t kept = 0;
    struct list l = { .arena = a };
    list_added(set, folder, &l);
    if (set->dir)
        list_files(set, folder, &l);
    if (l.n == 0)
        return arena_zalloc(a, 1, sizeof(*l.names));
    qsort(l.names, l.n, sizeof(*l.names), by_name);
    for (size_t i = 0; i < l.n; i++)
        if (kept == 0 || strcmp(l.names[kept - 1], l.names[i]) != 0)
            l.names[kept++] = l.names[i];
    l.names[kept] = NULL;
    return l.names;
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
