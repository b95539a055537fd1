/* trackctl commands of the track domain. */
#include "base/json.h"
#include "base/words.h"
#include "import/import.h"
#include "main/command.h"

#include "import/import.sql.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- import ---- */

enum { PIECE = 1024 * 1024 };

struct import_args {
    const char *file, *attachments, *tenant;
    bool preview, json, good_rows_only;
    struct import_options options;
};

static bool take_mapping(struct import_args *a, struct ctx *c, const char *text)
{
    const char *mark = strrchr(text, '=');
    int field = mark ? import_field_of(mark + 1) : -1;
    if (field >= 0)
        a->options.choice.column[field] = arena_strndup(c->arena, text, (size_t)(mark - text));
    return field >= 0;
}

static bool take_year(struct import_args *a, const char *text)
{
    return read_year(str_of(text), &a->options.year) == NULL;
}

/* One option with its value, if it has one; how many words it took, 0: unknown. */
static int take_option(struct import_args *a, struct ctx *c, const char *name, const char *value)
{
    const struct {
        const char *name;
        bool *to;
    } flags[] = { { "--preview", &a->preview },
                  { "--json", &a->json },
                  { "--good-rows-only", &a->good_rows_only } };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(name, flags[i].name) == 0)
            return *flags[i].to = true;
    }
    if (!value)
        return 0;
    if (strcmp(name, "--attachments") == 0)
        a->attachments = value;
    else if (strcmp(name, "--tenant") == 0)
        a->tenant = value;
    else if (strcmp(name, "--map") == 0)
        return take_mapping(a, c, value) ? 2 : 0;
    else if (strcmp(name, "--year") == 0)
        return take_year(a, value) ? 2 : 0;
    else
        return 0;
    return 2;
}

static bool take_args(struct ctx *c, int argc, char **args, struct import_args *a)
{
    for (int i = 0; i < argc;) {
        int taken = 1;
        if (strncmp(args[i], "--", 2) == 0)
            taken = take_option(a, c, args[i], i + 1 < argc ? args[i + 1] : NULL);
        else if (!a->file)
            a->file = args[i];
        else
            taken = 0;
        if (!taken)
            return false;
        i += taken;
    }
    if (!a->file)
        return false;
    const char *slash = strrchr(a->file, '/');
    a->options.file_name = slash ? slash + 1 : a->file;
    return true;
}

static void unmap(void *arg)
{
    struct str *mapping = arg;
    munmap((void *)(uintptr_t)mapping->p, mapping->n);
}

/* A file mapped for the life of the arena. */
static enum err map_file(struct ctx *c, const char *path, struct str *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            close(fd);
        return ctx_refuse(c, ERR_INVALID, "%s cannot be read.", path);
    }
    *out = (struct str){ "", (size_t)st.st_size };
    void *p = st.st_size ? mmap(NULL, out->n, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    close(fd);
    if (p == MAP_FAILED)
        return ctx_refuse(c, ERR_INVALID, "%s cannot be read.", path);
    if (!p)
        return OK;
    out->p = p;
    struct str *mapping = arena_new_of(c->arena, struct str);
    *mapping = *out;
    arena_defer(c->arena, unmap, mapping);
    return OK;
}

static enum err open_source(struct ctx *c, const struct import_args *a, struct import_source *out)
{
    struct stat st;
    *out = (struct import_source){ .csv = { .mapped = true } };
    enum err e = map_file(c, a->file, &out->csv.bytes);
    if (e != OK || !a->attachments)
        return e;
    if (stat(a->attachments, &st) == 0 && S_ISDIR(st.st_mode)) {
        out->attachments.folder = a->attachments;
        return OK;
    }
    return map_file(c, a->attachments, &out->attachments.zip);
}

static int64_t number(struct json_object *o, const char *key)
{
    return json_object_get_int64(json_get(o, key));
}

static void print_json(struct ctx *c, struct json_object *o)
{
    struct buf text = buf_in(c->arena);
    json_write(&text, o);
    puts(text.p);
}

static void print_preview(struct arena *a, struct json_object *p)
{
    printf("%s, %s, %s, %s (%s)\n", count_words(a, number(p, "rows"), "row", "rows"),
           count_words(a, number(p, "units"), "unit", "units"),
           count_words(a, number(p, "buildingCount"), "building", "buildings"),
           count_words(a, number(p, "errorCount"), "error", "errors"),
           json_text(p, "encoding") ? json_text(p, "encoding") : "not readable");
    json_object_object_foreach(json_get(p, "channels"), channel, n)
    {
        printf("  %-20s %lld\n", channel, (long long)json_object_get_int64(n));
    }
    struct json_object *errors = json_get(p, "errors"), *warnings = json_get(p, "warnings");
    for (size_t i = 0; i < json_object_array_length(errors); i++) {
        struct json_object *e = json_object_array_get_idx(errors, i);
        printf("line %lld, %s “%s”: %s\n", (long long)number(e, "line"), json_text(e, "column"),
               json_text(e, "value"), json_text(e, "reason"));
    }
    for (size_t i = 0; i < json_object_array_length(warnings); i++)
        printf("%s\n", json_object_get_string(json_object_array_get_idx(warnings, i)));
}

static void print_result(struct arena *a, struct json_object *r)
{
    printf("imported %s, %s there already, %s\n",
           count_words(a, number(r, "communications"), "communication", "communications"),
           count_words(a, number(r, "alreadyThere"), "was", "were"),
           count_words(a, number(r, "attachments"), "attachment", "attachments"));
}

/* ---- committing ---- */

static enum err find_tenant(struct ctx *c, const char *slug)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, import_tenants, &rows, .slug = slug);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "There is no such tenant.");
    if (rows_count(rows) > 1)
        return ctx_refuse(c, ERR_INVALID, "There are several tenants: name one with --tenant.");
    c->tenant_id = row_text(rows, 0, "id");
    return OK;
}

/* Copies a mapped file into the store, in pieces. */
static enum err put_file(struct ctx *c, struct str bytes, const char **sha256)
{
    struct csv_file f = { .bytes = bytes, .mapped = true };
    struct blob *blob = arena_new_of(c->arena, struct blob);
    struct blob_writer *w = NULL;
    size_t given = 0;
    enum err e = store_begin(c->app->store, c->arena, bytes.n, &w);
    for (size_t at = 0; e == OK && at < bytes.n;) {
        size_t n = bytes.n - at < PIECE ? bytes.n - at : PIECE;
        e = blob_write(w, bytes.p + at, n);
        at += n;
        csv_give_back(&f, &given, at);
    }
    *sha256 = blob->sha256;
    return e ? e : blob_finish(w, blob);
}

static enum err put_files(struct ctx *c, const struct import_source *source, struct import_new *n)
{
    enum err e = put_file(c, source->csv.bytes, &n->file_sha256);
    if (e == OK && source->attachments.zip.p)
        e = put_file(c, source->attachments.zip, &n->attachments_sha256);
    return e;
}

static enum err commit(struct ctx *c, const struct import_args *a,
                       const struct import_source *source, struct json_object **out)
{
    const struct import_how how = { .good_rows_only = a->good_rows_only,
                                    .from = &source->attachments };
    struct import_new n = { .options = a->options };
    const char *id;
    enum err e = find_tenant(c, a->tenant);
    if (e == OK)
        e = put_files(c, source, &n);
    if (e != OK)
        return e;
    db_begin(c->db, c->tenant_id);
    e = import_add(c, &n, &id);
    if (e == OK)
        e = import_commit(c, id, &how);
    if (e == OK)
        e = import_get(c, id, out);
    return db_end(c->db, e);
}

/* Shows what is wrong, on standard output. */
static enum err show_preview(struct ctx *c, const struct import_args *a,
                             const struct import_source *source, bool *good)
{
    struct json_object *preview;
    enum err e = import_preview(c, &a->options, source, &preview);
    if (e != OK)
        return e;
    *good = number(preview, "errorCount") == 0;
    if (a->preview && a->json)
        print_json(c, preview);
    else if (a->preview || !*good)
        print_preview(c->arena, preview);
    return OK;
}

static int run_import(struct ctx *c, int argc, char **args)
{
    struct import_args a = { .file = NULL };
    struct import_source source;
    struct json_object *import = NULL;
    bool good;
    if (!take_args(c, argc, args, &a))
        return 2;
    enum err e = open_source(c, &a, &source);
    if (e == OK)
        e = show_preview(c, &a, &source, &good);
    if (e != OK)
        return 1;
    if (a.preview)
        return 0;
    if (commit(c, &a, &source, &import) != OK)
        return 1;
    if (a.json)
        print_json(c, import);
    else
        print_result(c->arena, json_get(import, "result"));
    return 0;
}

const struct command track_commands[] = {
    { .name = "import",
      .usage = "FILE [--attachments ZIP|FOLDER] [--preview] [--json] [--year Y] "
               "[--map COLUMN=FIELD]... [--good-rows-only] [--tenant SLUG]",
      .help = "Imports a billing file (CSV) here and now, without the worker; --preview only says "
              "what is in it.",
      .owner = true,
      .run = run_import },
    { .name = NULL },
};
