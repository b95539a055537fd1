/* trackctl commands about proof: is everything what it was? */
#include "db/db.h"
#include "main/command.h"
#include "proof/verify.h"
#include "proof/verify.sql.h"

#include <stdio.h>
#include <string.h>

static enum err tenants(struct ctx *c, const char *slug, PGresult **rows)
{
    enum err e = db_query(c->db, c->arena, verify_tenants, rows, .slug = slug);
    if (e == OK && slug && rows_count(*rows) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "There is no such tenant.");
    return e;
}

static void print(const char *slug, const struct verification *v)
{
    printf("%s: %lld communications, %lld events, %lld entries of the audit trail, %lld days: %s\n",
           slug, v->communications, v->events, v->entries, v->days,
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
        print(row_text(rows, i, "slug"), &v);
        broken = broken || v.n;
    }
    if (broken)
        (void)ctx_refuse(c, ERR_CONFLICT, "Something is not as it was written.");
    return broken;
}

const struct command proof_commands[] = {
    { .name = "verify",
      .usage = "[--tenant SLUG]",
      .help = "Checks timelines, the audit trail and the roots of days, and names the first thing "
              "that was changed, removed or put in.",
      .owner = true,
      .run = run_verify },
    { .name = NULL },
};
