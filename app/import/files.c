/* Walks a zip file or a folder with libarchive and keeps the PDFs that rows name. */
#include "import/files.h"

#include "track/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

enum { READ_SIZE = 64 * 1024 };

static const char damaged[] = "The zip file with the attachments is damaged.";

/* ---- walking ---- */

struct walk {
    struct archive *archive;
    struct arena *arena;
    size_t prefix; /* of a folder's path, left out of names */
    size_t total;
    char *piece; /* READ_SIZE bytes */
    const char *why;
};

static void close_archive(void *archive)
{
    archive_read_free(archive);
}

static enum err open_walk(struct arena *a, const struct attachments_from *from, struct walk *w)
{
    *w = (struct walk){ .arena = a, .piece = arena_alloc(a, READ_SIZE) };
    bool folder = from->folder != NULL;
    w->archive = folder ? archive_read_disk_new() : archive_read_new();
    if (!w->archive)
        return ERR_INTERNAL;
    arena_defer(a, close_archive, w->archive);
    w->prefix = folder ? strlen(from->folder) : 0;
    int opened;
    if (folder) {
        archive_read_disk_set_symlink_physical(w->archive);
        opened = archive_read_disk_open(w->archive, from->folder);
    } else {
        archive_read_support_format_zip(w->archive);
        opened = archive_read_open_memory(w->archive, from->zip.p, from->zip.n);
    }
    w->why = folder ? "The folder with the attachments cannot be read."
                    : "The attachments are no zip file.";
    return opened == ARCHIVE_OK ? OK : ERR_INVALID;
}

/* Relative, with / between its parts; NULL for one that is unsafe. */
static const char *safe_name(struct arena *a, const char *name)
{
    char *copy = arena_strdup(a, name);
    for (char *p = copy; *p; p++) {
        if (*p == '\\')
            *p = '/';
        if ((unsigned char)*p < ' ' || *p == 0x7F)
            return NULL;
    }
    while (strncmp(copy, "./", 2) == 0)
        copy += 2;
    if (*copy == '/' || (*copy && copy[1] == ':'))
        return NULL;
    for (const char *p = copy; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL) {
        if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
            return NULL;
    }
    return copy;
}

static const char *entry_name(const struct walk *w, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);
    name = name ? name : archive_entry_pathname(entry);
    if (!name || strlen(name) < w->prefix)
        return NULL;
    name = name_text(w->arena, name + w->prefix);
    while (w->prefix && *name == '/')
        name++;
    return safe_name(w->arena, name);
}

/* The next file; OK with *name NULL at the end. */
static enum err next_file(struct walk *w, const char **name)
{
    struct archive_entry *entry;
    for (;;) {
        int got = archive_read_next_header(w->archive, &entry);
        *name = NULL;
        if (got == ARCHIVE_EOF)
            return OK;
        w->why = damaged;
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
            return ERR_INVALID;
        if (w->prefix)
            archive_read_disk_descend(w->archive);
        if (archive_entry_filetype(entry) != AE_IFREG)
            continue;
        w->why = "The zip file is encrypted: make one without a password.";
        if (archive_entry_is_encrypted(entry))
            return ERR_INVALID;
        *name = entry_name(w, entry);
        w->why = "A name in the zip file leads out of it, or cannot be read.";
        return *name ? OK : ERR_INVALID;
    }
}

typedef enum err sink(void *to, const char *bytes, size_t n);

/* Hands over the content of the file at hand; the archive's own word about sizes counts nothing. */
static enum err read_file(struct walk *w, sink *put, void *to)
{
    for (;;) {
        la_ssize_t n = archive_read_data(w->archive, w->piece, READ_SIZE);
        if (n == 0)
            return OK;
        w->why = damaged;
        if (n < 0)
            return ERR_INVALID;
        w->total += (size_t)n;
        w->why = "The attachments are more than 2 GiB when unpacked.";
        if (w->total > ATTACHMENTS_LIMIT)
            return ERR_INVALID;
        enum err e = put(to, w->piece, (size_t)n);
        if (e != OK)
            return e;
    }
}

/* ---- the list ---- */

/* What a file is found by. */
static const char *key_of(struct arena *a, const char *name)
{
    return fold(a, str_of(name), true);
}

struct sniff {
    char start[5];
    size_t n;
};

static enum err sniff_some(void *to, const char *bytes, size_t n)
{
    struct sniff *s = to;
    for (size_t i = 0; i < n && s->n + i < sizeof(s->start); i++)
        s->start[s->n + i] = bytes[i];
    s->n += n;
    return OK;
}

static const char *problem_of(const struct sniff *s)
{
    if (s->n < 5 || memcmp(s->start, "%PDF-", 5) != 0)
        return "The attachment is no PDF.";
    return s->n > ATTACHMENT_LIMIT ? "The attachment is larger than 25 MiB." : NULL;
}

static int by_key(const void *x, const void *y)
{
    return strcmp(((const struct attachment *)x)->key, ((const struct attachment *)y)->key);
}

struct list {
    struct attachment *at;
    size_t n, cap;
};

static struct attachment *list_add(struct arena *a, struct list *l)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct attachment *more = arena_zalloc(a, cap, sizeof(*more));
        if (l->n)
            memcpy(more, l->at, l->n * sizeof(*more));
        l->at = more;
        l->cap = cap;
    }
    return &l->at[l->n++];
}

static enum err list_files(struct walk *w, struct list *l)
{
    for (;;) {
        const char *name;
        enum err e = next_file(w, &name);
        if (e != OK || !name)
            return e;
        struct sniff s = { .n = 0 };
        e = read_file(w, sniff_some, &s);
        if (e != OK)
            return e;
        w->why = "The zip file holds more than 100,000 files.";
        if (l->n == ATTACHMENT_COUNT)
            return ERR_INVALID;
        *list_add(w->arena, l) = (struct attachment){
            .name = name, .key = key_of(w->arena, name), .size = s.n, .problem = problem_of(&s)
        };
    }
}

enum err attachments_list(struct arena *a, const struct attachments_from *from,
                          struct attachments *out, const char **why)
{
    *out = (struct attachments){ .n = 0 };
    if (!from->folder && !from->zip.p)
        return OK;
    struct walk w;
    struct list l = { .n = 0 };
    enum err e = open_walk(a, from, &w);
    if (e == OK)
        e = list_files(&w, &l);
    *why = w.why;
    if (e != OK)
        return e;
    if (l.n)
        qsort(l.at, l.n, sizeof(*l.at), by_key);
    *out = (struct attachments){ .at = l.at, .n = l.n, .given = true };
    return OK;
}

/* The first of those with a key. */
static size_t first_with(const struct attachments *set, const char *key)
{
    size_t low = 0, high = set->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(set->at[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct attachment *attachments_find(struct arena *a, const struct attachments *set,
                                    const char *name, const char **why)
{
    const char *safe = safe_name(a, name), *key = safe ? key_of(a, safe) : "";
    struct attachment *found = NULL;
    size_t i = first_with(set, key), same = 0, exact = 0;
    for (; safe && i < set->n && strcmp(set->at[i].key, key) == 0; i++, same++) {
        bool as_written = strcmp(set->at[i].name, safe) == 0;
        exact += as_written;
        if (!found || as_written)
            found = &set->at[i];
    }
    *why = "This file is not among the attachments.";
    if (!found)
        return NULL;
    *why = "Several attachments have this name.";
    if (exact ? exact > 1 : same > 1)
        return NULL;
    *why = found->problem;
    return found->problem ? NULL : found;
}

/* ---- storing ---- */

static enum err write_some(void *to, const char *bytes, size_t n)
{
    return blob_write(to, bytes, n);
}

static struct attachment *by_name(const struct attachments *set, struct arena *a, const char *name)
{
    const char *key = key_of(a, name);
    for (size_t i = first_with(set, key); i < set->n && strcmp(set->at[i].key, key) == 0; i++) {
        if (strcmp(set->at[i].name, name) == 0)
            return &set->at[i];
    }
    return NULL;
}

static enum err store_one(struct walk *w, struct store *store, struct attachment *one)
{
    struct blob_writer *writer;
    enum err e = store_begin(store, w->arena, ATTACHMENT_LIMIT, &writer);
    if (e == OK)
        e = read_file(w, write_some, writer);
    return e == OK ? blob_finish(writer, &one->blob) : e;
}

static enum err store_used(struct walk *w, struct attachments *set, struct store *store,
                           const struct import_watch *watch)
{
    enum err e = OK;
    const char *name = NULL;
    while (e == OK && (e = next_file(w, &name)) == OK && name) {
        struct attachment *one = by_name(set, w->arena, name);
        if (one && one->used && !*one->blob.sha256)
            e = store_one(w, store, one);
        if (e == OK && watch)
            e = watch->look(watch->to, 0);
    }
    return e;
}

enum err attachments_store(struct arena *a, const struct attachments_from *from,
                           struct attachments *set, struct store *store,
                           const struct import_watch *watch, const char **why)
{
    struct walk w;
    if (!set->n)
        return OK;
    enum err e = open_walk(a, from, &w);
    if (e == OK) {
        store_batch(store);
        e = store_used(&w, set, store, watch);
        enum err flushed = store_flush(store);
        e = e ? e : flushed;
    }
    *why = w.why;
    return e;
}
