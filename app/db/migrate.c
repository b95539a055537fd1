/* Migrations: reading the folder, comparing it with the database, applying what waits. */
#include "db/migrate.h"

#include "base/crypto.h"
#include "db/migrate.sql.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIGRATIONS_MAX 512
#define FILE_MAX ((size_t)4 * 1024 * 1024)

static const char table_text[] =
    "create table if not exists schema_migrations (version int primary key, name text not null, "
    "checksum text not null, applied_at timestamptz not null default now()); "
    "grant select on schema_migrations to public";

struct migration {
    int version;
    const char *name, *path, *checksum, *applied_at; /* applied_at: NULL while waiting */
    struct str text;
};

struct migrations {
    struct migration at[MIGRATIONS_MAX];
    int n;
};

static int is_migration(const struct dirent *d)
{
    const char *n = d->d_name;
    size_t len = strlen(n);
    return len > 9 && strspn(n, "0123456789") == 4 && n[4] == '_' &&
           strcmp(n + len - 4, ".sql") == 0;
}

static void close_file(void *f)
{
    fclose(f);
}

static enum err read_file(struct ctx *c, struct migration *m)
{
    unsigned char digest[SHA256_SIZE];
    FILE *f = fopen(m->path, "re");
    if (!f)
        return ctx_refuse(c, ERR_INTERNAL, "cannot read %s: %s", m->path, strerror(errno));
    arena_defer(c->arena, close_file, f);
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > FILE_MAX)
        return ctx_refuse(c, ERR_INTERNAL, "%s is no file of at most 4 MiB", m->path);
    size_t n = (size_t)st.st_size;
    char *text = arena_alloc(c->arena, n + 1);
    if (fread(text, 1, n, f) != n)
        return ctx_refuse(c, ERR_INTERNAL, "cannot read %s", m->path);
    text[n] = '\0';
    m->text = (struct str){ text, n };
    sha256(text, n, digest);
    m->checksum = hex(c->arena, digest, sizeof(digest));
    return OK;
}

static void free_names(struct dirent **names, int n)
{
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

static enum err read_folder(struct ctx *c, const char *dir, struct migrations *all)
{
    struct dirent **names;
    int n = scandir(dir, &names, is_migration, alphasort);
    if (n < 0)
        return ctx_refuse(c, ERR_INTERNAL, "cannot read the migrations in %s: %s", dir,
                          strerror(errno));
    enum err e = OK;
    all->n = 0;
    for (int i = 0; i < n && i < MIGRATIONS_MAX && !e; i++) {
        struct migration *m = &all->at[all->n++];
        *m = (struct migration){ .version = (int)strtol(names[i]->d_name, NULL, 10),
                                 .name = arena_strdup(c->arena, names[i]->d_name) };
        m->path = arena_printf(c->arena, "%s/%s", dir, m->name);
        e = read_file(c, m);
    }
    free_names(names, n);
    return e;
}

static struct migration *find(struct migrations *all, int version)
{
    for (int i = 0; i < all->n; i++)
        if (all->at[i].version == version)
            return &all->at[i];
    return NULL;
}

/* Marks what the database holds; answers how it stands. */
static enum err compare(struct ctx *c, struct migrations *all, enum schema_state *state,
                        const char **detail)
{
    PGresult *r;
    enum err e = db_run(c->db, c->arena, &sql_migrate_table_exists, NULL, &r);
    *state = SCHEMA_CURRENT;
    *detail = "the schema is current";
    if (!e && row_bool(r, 0, "there"))
        e = db_run(c->db, c->arena, &sql_migrate_list, NULL, &r);
    else
        r = NULL;
    for (int i = 0; !e && r && i < rows_count(r); i++) {
        struct migration *m = find(all, (int)row_int(r, i, "version"));
        const char *name = row_text(r, i, "name");
        if (!m) {
            *state = SCHEMA_TOO_NEW;
            *detail = arena_printf(c->arena,
                                   "the database holds migration %s, which this version does not "
                                   "know: it is of a newer version",
                                   name);
            return OK;
        }
        m->applied_at = row_text(r, i, "applied_at");
        if (strcmp(m->checksum, row_text(r, i, "checksum")) != 0 && *state == SCHEMA_CURRENT) {
            *state = SCHEMA_CHANGED;
            *detail = arena_printf(c->arena, "migration %s was changed after it was applied", name);
        }
    }
    for (int i = 0; !e && i < all->n && *state == SCHEMA_CURRENT; i++)
        if (!all->at[i].applied_at) {
            *state = SCHEMA_BEHIND;
            *detail = arena_printf(c->arena, "migration %s waits to be applied", all->at[i].name);
        }
    return e;
}

enum err migrate_state(struct ctx *c, const char *dir, enum schema_state *state,
                       const char **detail)
{
    struct migrations *all = arena_new_of(c->arena, struct migrations);
    enum err e = read_folder(c, dir, all);
    return e ? e : compare(c, all, state, detail);
}

static enum err apply(struct ctx *c, const struct migration *m)
{
    db_begin(c->db, NULL);
    enum err e = db_script(c->db, m->text.p);
    if (!e)
        e = db_query(c->db, c->arena, migrate_record, NULL,
                     .version = arena_printf(c->arena, "%d", m->version), .name = m->name,
                     .checksum = m->checksum);
    e = db_end(c->db, e);
    return e ? ctx_refuse(c, e, "migration %s failed; the log says why", m->name) : OK;
}

static enum err apply_all(struct ctx *c, struct migrations *all, FILE *to)
{
    enum schema_state state;
    const char *detail;
    enum err e = compare(c, all, &state, &detail);
    if (e)
        return e;
    if (state == SCHEMA_TOO_NEW || state == SCHEMA_CHANGED)
        return ctx_refuse(c, ERR_CONFLICT, "%s", detail);
    for (int i = 0; i < all->n && !e; i++) {
        if (all->at[i].applied_at)
            continue;
        e = apply(c, &all->at[i]);
        if (!e)
            fprintf(to, "applied %s\n", all->at[i].name);
    }
    return e;
}

/* Another host's migrations may run for longer than one answer of Postgres may take: asks again. */
static enum err lock(struct ctx *c)
{
    PGresult *r;
    for (;;) {
        enum err e = db_run(c->db, c->arena, &sql_migrate_lock, NULL, &r);
        if (e || row_bool(r, 0, "locked"))
            return e;
        sleep(1);
    }
}

enum err migrate_run(struct ctx *c, const char *dir, FILE *to)
{
    struct migrations *all = arena_new_of(c->arena, struct migrations);
    enum err e = read_folder(c, dir, all);
    if (!e)
        e = db_run(c->db, c->arena, &sql_migrate_no_limits, NULL, NULL);
    if (!e)
        e = lock(c);
    if (e)
        return e;
    e = db_script(c->db, table_text);
    if (!e)
        e = apply_all(c, all, to);
    enum err unlocked = db_run(c->db, c->arena, &sql_migrate_unlock, NULL, NULL);
    return e ? e : unlocked;
}

enum err migrate_status(struct ctx *c, const char *dir, FILE *to)
{
    enum schema_state state;
    const char *detail;
    struct migrations *all = arena_new_of(c->arena, struct migrations);
    enum err e = read_folder(c, dir, all);
    if (!e)
        e = compare(c, all, &state, &detail);
    for (int i = 0; !e && i < all->n; i++)
        fprintf(to, "%-40s %s\n", all->at[i].name,
                all->at[i].applied_at ? all->at[i].applied_at : "waiting");
    if (!e)
        fprintf(to, "%s\n", detail);
    return e;
}
