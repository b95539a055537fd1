/* trackctl commands about proof: is everything what it was, and what goes when? */
#include "base/json.h"
#include "base/utf8.h"
#include "base/words.h"
#include "db/db.h"
#include "main/command.h"
#include "proof/retention.h"
#include "proof/retention.sql.h"
#include "proof/roots.sql.h"
#include "proof/verify.h"
#include "proof/verify.sql.h"
#include "store/orphans.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static enum err tenants(struct ctx *c, const char *slug, PGresult **rows)
{
    enum err e = db_query(c->db, c->arena, verify_tenants, rows, .slug = slug);
    if (e == OK && slug && rows_count(*rows) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "There is no such tenant.");
    return e;
}

static void print(struct arena *a, const char *slug, const struct verification *v)
{
    printf("%s: %s, %s, %s, %s of the audit trail, %s: %s\n", slug,
           count_words(a, v->communications, "communication", "communications"),
           count_words(a, v->shipments, "shipment", "shipments"),
           count_words(a, v->events, "event", "events"),
           count_words(a, v->entries, "entry", "entries"), count_words(a, v->days, "day", "days"),
           v->n ? "NOT as written" : "all as written");
    if (v->broken > 1)
        printf("  %lld communications do not hold; the first:\n", v->broken);
    if (v->broken_shipments > 1)
        printf("  %lld shipments do not hold; the first:\n", v->broken_shipments);
    for (int i = 0; i < v->n; i++)
        printf("  %s: %s\n", chain_break_name(v->findings[i].what), v->findings[i].sentence);
}

static int run_verify(struct ctx *c, int argc, char **args)
{
    PGresult *rows;
    bool broken = false;
    if (argc != 0 && (argc != 2 || strcmp(args[0], "--tenant") != 0))
        return 2;
    if (tenants(c, argc ? args[1] : NULL, &rows) != OK)
        return 1;
    for (int i = 0; i < rows_count(rows); i++) {
        struct verification v;
        c->tenant_id = row_text(rows, i, "id");
        if (proof_verify(c, NULL, &v) != OK)
            return 1;
        print(c->arena, row_text(rows, i, "slug"), &v);
        broken = broken || v.n;
    }
    if (broken)
        (void)ctx_refuse(c, ERR_CONFLICT, "Something is not as it was written.");
    return broken;
}

/* ---- retention ---- */

static const char *size_text(struct ctx *c, long long n)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
    double x = (double)n;
    int i = 0;
    while (x >= 1000 && i < 4) {
        x /= 1000;
        i++;
    }
    return arena_printf(c->arena, i ? "%.1f %s" : "%.0f %s", x, units[i]);
}

/* ---- tables of texts, aligned however long they are ---- */

enum { COLUMNS = 6 };

struct grid {
    struct arena *a;
    const char *(*rows)[COLUMNS];
    size_t n, most;
    unsigned right; /* bits of the columns with numbers */
};

static struct grid grid_of(struct arena *a, size_t most, unsigned right)
{
    return (struct grid){ a, arena_zalloc(a, most + 1, sizeof(const char *[COLUMNS])), 0, most,
                          right };
}

static const char **grid_row(struct grid *g)
{
    return g->rows[g->n < g->most ? g->n++ : g->most];
}

static int width_of(const struct grid *g, int column)
{
    size_t width = 0;
    for (size_t i = 0; i < g->n; i++) {
        size_t n = g->rows[i][column] ? utf8_length(str_of(g->rows[i][column])) : 0;
        width = n > width ? n : width;
    }
    return (int)width;
}

static void grid_print(const struct grid *g)
{
    int widths[COLUMNS];
    for (int k = 0; k < COLUMNS; k++)
        widths[k] = width_of(g, k);
    for (size_t i = 0; i < g->n; i++) {
        struct buf line = buf_in(g->a);
        for (int k = 0; k < COLUMNS && widths[k]; k++) {
            const char *text = g->rows[i][k] ? g->rows[i][k] : "";
            int space = widths[k] - (int)utf8_length(str_of(text));
            bool right = g->right & 1u << k;
            buf_printf(&line, "  %*s%s%*s", right ? space : 0, "", text, right ? 0 : space, "");
        }
        while (line.n && line.p[line.n - 1] == ' ')
            line.n--;
        printf("%.*s\n", (int)line.n, line.p);
    }
}

/* 1234567 as 1,234,567. */
static const char *grouped(struct arena *a, long long n)
{
    const char *digits = arena_printf(a, "%lld", n);
    size_t len = strlen(digits);
    struct buf text = buf_in(a);
    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            buf_putc(&text, ',');
        buf_putc(&text, digits[i]);
    }
    return buf_str(&text).p;
}

/* ---- a plan ---- */

static long long figure(struct json_object *of, const char *key)
{
    return json_object_get_int64(json_get(of, key));
}

static const char *goes(struct json_object *o)
{
    return json_object_get_boolean(json_get(o, "deletes")) ? "goes" : "plan only";
}

static void print_places(struct ctx *c, struct json_object *places)
{
    size_t n = json_object_array_length(places);
    struct grid g = grid_of(c->arena, n + 1, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5);
    const char **head = grid_row(&g);
    head[0] = "building", head[1] = "year", head[2] = "messages", head[3] = "content";
    head[4] = "personal data", head[5] = "proof";
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_array_get_idx(places, i);
        const char **row = grid_row(&g);
        row[0] = json_text(o, "buildingName");
        row[1] = arena_printf(c->arena, "%lld", figure(o, "year"));
        row[2] = grouped(c->arena, figure(o, "messages"));
        row[3] = grouped(c->arena, figure(o, "content"));
        row[4] = grouped(c->arena, figure(o, "person"));
        row[5] = grouped(c->arena, figure(o, "proof"));
    }
    if (n)
        grid_print(&g);
}

/* Rows of {deletes, …, rows, bytes} under the names of the columns that tell what they are. */
static void print_list(struct ctx *c, struct json_object *list, const char *first,
                       const char *second)
{
    size_t n = json_object_array_length(list);
    struct grid g = grid_of(c->arena, n + 1, 1u << 3 | 1u << 4);
    const char **head = grid_row(&g);
    head[0] = "", head[1] = first, head[2] = second, head[3] = "rows", head[4] = "size";
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const char **row = grid_row(&g);
        row[0] = goes(o);
        row[1] = json_text(o, first);
        row[2] = json_text(o, second);
        row[3] = grouped(c->arena, figure(o, "rows"));
        row[4] = size_text(c, figure(o, "bytes"));
    }
    if (n)
        grid_print(&g);
}

static void print_plan(struct ctx *c, const char *slug, struct json_object *d)
{
    long long held = figure(d, "held");
    printf("%s: %s, %lld would if their policy deleted, %s held; %s in all\n", slug,
           count_words(c->arena, figure(d, "due"), "communication goes", "communications go"),
           figure(d, "planned"), count_words(c->arena, held, "is", "are"),
           size_text(c, figure(d, "bytes")));
    if (figure(d, "proof") > 0)
        printf("%s: of %s the proof ends\n", slug,
               count_words(c->arena, figure(d, "proof"), "communication", "communications"));
    if (figure(d, "parcels") + figure(d, "parcelsPlanned") + figure(d, "parcelsHeld") > 0)
        printf("%s: %s, %lld would if their policy deleted, %lld held\n", slug,
               count_words(c->arena, figure(d, "parcels"), "order goes", "orders go"),
               figure(d, "parcelsPlanned"), figure(d, "parcelsHeld"));
    print_places(c, json_get(d, "places"));
    print_list(c, json_get(d, "parts"), "what", "clock");
    if (json_object_array_length(json_get(d, "plan")))
        printf("%s: by table and partition\n", slug);
    print_list(c, json_get(d, "plan"), "store", "relation");
}

/* The name of the tenant at hand, and whether it is the one that is asked for. */
static enum err named(struct ctx *c, const char *wanted, const char **slug, bool *ours)
{
    PGresult *rows;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_run(c->db, c->arena, &sql_retention_slug, NULL, &rows));
    if (e == OK) {
        *slug = row_text(rows, 0, "slug");
        *ours = !wanted || strcmp(wanted, *slug) == 0;
    }
    return e;
}

static enum err plan(struct ctx *c, const char *slug)
{
    struct json_object *d;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, retention_document(c, &d));
    if (e == OK)
        print_plan(c, slug, d);
    return e;
}

static enum err purge(struct ctx *c, const char *slug)
{
    struct retention_done done;
    enum err e = retention_run(c, NULL, &done);
    if (e == OK)
        printf("%s: %s, proof of %lld, %s, %s made, %s unlinked\n", slug,
               count_words(c->arena, done.communications, "communication", "communications"),
               done.proofs, count_words(c->arena, done.parcels, "order", "orders"),
               count_words(c->arena, done.archives, "archive", "archives"),
               count_words(c->arena, done.files, "file", "files"));
    return e;
}

static int each_tenant(struct ctx *c, int argc, char **args,
                       enum err (*work)(struct ctx *c, const char *slug))
{
    PGresult *rows;
    bool any = false;
    const char *slug, *wanted = argc == 2 ? args[1] : NULL;
    if (argc != 0 && (argc != 2 || strcmp(args[0], "--tenant") != 0))
        return 2;
    enum err e = db_run(c->db, c->arena, &sql_roots_tenants, NULL, &rows);
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        bool ours = false;
        c->tenant_id = row_text(rows, i, "id");
        e = named(c, wanted, &slug, &ours);
        if (e == OK && ours)
            e = work(c, slug);
        any = any || ours;
    }
    if (e == OK && !any)
        e = ctx_refuse(c, ERR_NOT_FOUND, "There is no such tenant.");
    return e != OK;
}

static int run_plan(struct ctx *c, int argc, char **args)
{
    return each_tenant(c, argc, args, plan);
}

static int run_purge(struct ctx *c, int argc, char **args)
{
    bool yes = argc && strcmp(args[argc - 1], "--yes") == 0;
    int status = each_tenant(c, argc - yes, args, yes ? purge : plan);
    if (status || yes)
        return status;
    return ctx_refuse(c, ERR_CONFLICT, "Nothing was removed: --yes removes what goes.") != OK;
}

/* ---- files ---- */

static int run_files(struct ctx *c, int argc, char **args)
{
    struct orphans sum = { 0 };
    enum err e = OK;
    (void)args;
    if (argc != 0)
        return 2;
    for (int part = 0; e == OK && part < STORE_PARTS; part++)
        e = orphans_look(c, part, false, &sum);
    if (e == OK)
        printf("%s older than a month that no row names, %s\n",
               count_words(c->arena, sum.files, "file", "files"), size_text(c, sum.bytes));
    return e != OK;
}

const struct command proof_commands[] = {
    { .name = "verify",
      .usage = "[--tenant SLUG]",
      .help = "Checks timelines, the audit trail and the roots of days, and names the first thing "
              "that was changed, removed or put in.",
      .owner = true,
      .run = run_verify },
    { .name = "retention plan",
      .usage = "[--tenant SLUG]",
      .help = "Tells what would go now, by building and year, by what it is and by table and "
              "partition, and how much.",
      .run = run_plan },
    { .name = "retention run",
      .usage = "[--tenant SLUG] [--yes]",
      .help = "Archives and takes out now what the policies say is to go, as the worker does each "
              "night; without --yes tells only what that is.",
      .run = run_purge },
    { .name = "files",
      .usage = "",
      .help = "Tells of files in the store that no row names, as what was rolled back leaves them; "
              "the worker removes them each day.",
      .run = run_files },
    { .name = NULL },
};
