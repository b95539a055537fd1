/* trackctl commands about proof: is everything what it was, and what goes when? */
#include "base/json.h"
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
    printf("%s: %s, %s, %s of the audit trail, %s: %s\n", slug,
           count_words(a, v->communications, "communication", "communications"),
           count_words(a, v->events, "event", "events"),
           count_words(a, v->entries, "entry", "entries"), count_words(a, v->days, "day", "days"),
           v->n ? "NOT as written" : "all as written");
    if (v->broken > 1)
        printf("  %lld communications do not hold; the first:\n", v->broken);
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

static void print_plan(struct ctx *c, const char *slug, struct json_object *d)
{
    struct json_object *plan = json_get(d, "plan");
    long long due = json_object_get_int64(json_get(d, "due"));
    long long held = json_object_get_int64(json_get(d, "held"));
    printf("%s: %s, %lld would if their policy deleted, %s held\n", slug,
           count_words(c->arena, due, "communication goes", "communications go"),
           (long long)json_object_get_int64(json_get(d, "planned")),
           count_words(c->arena, held, "is", "are"));
    for (size_t i = 0; i < json_object_array_length(plan); i++) {
        struct json_object *o = json_object_array_get_idx(plan, i);
        long long rows = json_object_get_int64(json_get(o, "rows"));
        printf("  %-10s %-28s %-34s %10lld %-4s %12s\n",
               json_object_get_boolean(json_get(o, "deletes")) ? "goes" : "plan only",
               json_text(o, "store"), json_text(o, "relation"), rows, rows == 1 ? "row" : "rows",
               size_text(c, json_object_get_int64(json_get(o, "bytes"))));
    }
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
        printf("%s: %s, %s made, %s unlinked\n", slug,
               count_words(c->arena, done.communications, "communication", "communications"),
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
    return each_tenant(c, argc, args, purge);
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
      .help = "Tells what would go now, by table and partition, and how much it is.",
      .run = run_plan },
    { .name = "retention run",
      .usage = "[--tenant SLUG]",
      .help = "Archives and takes out now what the policies say is to go; the worker does so each "
              "night.",
      .run = run_purge },
    { .name = "files",
      .usage = "",
      .help = "Tells of files in the store that no row names, as what was rolled back leaves them; "
              "the worker removes them each day.",
      .run = run_files },
    { .name = NULL },
};
