/* trackctl migrate and check-sql: the schema and every statement against it. */
#include "base/settings.h"
#include "db/migrate.h"
#include "main/command.h"

#include <string.h>

static int migrate(struct ctx *c, int argc, char **args)
{
    const char *dir = c->app->settings->migration_dir;
    if (argc == 0)
        return migrate_run(c, dir, stdout) ? 1 : 0;
    if (argc == 1 && strcmp(args[0], "--status") == 0)
        return migrate_status(c, dir, stdout) ? 1 : 0;
    return 2;
}

static int check_sql(struct ctx *c, int argc, char **args)
{
    (void)args;
    int bad = 0, n = 0;
    if (argc)
        return 2;
    for (const struct sql *const *q = sql_all; *q; q++, n++) {
        if (db_prepare(c->db, *q)) {
            printf("%s does not fit the schema\n", (*q)->name);
            bad++;
        }
    }
    printf("%d statements, %d bad\n", n, bad);
    return bad ? 1 : 0;
}

const struct command migrate_commands[] = {
    { .name = "migrate",
      .usage = "[--status]",
      .owner = true,
      .run = migrate,
      .help = "applies the migrations that wait, or shows how the schema stands" },
    { .name = "check-sql",
      .usage = "",
      .owner = true,
      .run = check_sql,
      .help = "prepares every statement of the product against the schema" },
    { 0 },
};
