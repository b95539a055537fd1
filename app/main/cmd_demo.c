/* trackctl demo: something to look at on the first start. */
#include "db/db.h"
#include "letters/letters.h"
#include "main/command.h"
#include "proof/verify.sql.h"
#include "ship/ship.h"
#include "track/demo.h"

#include <stdio.h>
#include <string.h>

static int run_demo(struct ctx *c, int argc, char **args)
{
    PGresult *rows;
    if (argc != 2 || strcmp(args[0], "--tenant") != 0)
        return 2;
    if (db_query(c->db, c->arena, verify_tenants, &rows, .slug = args[1]) != OK)
        return 1;
    if (rows_count(rows) == 0)
        return (void)ctx_refuse(c, ERR_NOT_FOUND, "There is no such tenant."), 1;
    c->tenant_id = row_text(rows, 0, "id");
    if (demo_load(c) != OK || letters_demo(c) != OK || parcels_demo(c) != OK)
        return 1;
    puts("three buildings of twelve units, two years each; twelve orders with their parcels");
    return 0;
}

const struct command demo_commands[] = {
    { .name = "demo",
      .usage = "--tenant SLUG",
      .help = "Loads a small demo into a tenant without buildings.",
      .owner = true,
      .run = run_demo },
    { .name = NULL },
};
