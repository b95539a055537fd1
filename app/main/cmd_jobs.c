/* trackctl jobs: what waits, what is parked and why, and the ways out. */
#include "access/access.h"
#include "db/db.h"
#include "jobs/admin.sql.h"
#include "main/command.h"

#include <stdio.h>
#include <string.h>

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static int counts(struct ctx *c)
{
    PGresult *r;
    if (db_run(c->db, c->arena, &sql_jobs_counts, NULL, &r))
        return 1;
    for (int i = 0; i < rows_count(r); i++)
        printf("%-12s %-8s %8s  oldest %s\n", row_text(r, i, "queue"), row_text(r, i, "state"),
               row_text(r, i, "n"), row_text(r, i, "oldest"));
    if (!rows_count(r))
        puts("no jobs");
    return 0;
}

static int list(struct ctx *c, int argc, char **args)
{
    PGresult *r;
    if (argc == 0)
        return counts(c);
    if (argc != 2 || strcmp(args[0], "--state") != 0)
        return 2;
    if (db_query(c->db, c->arena, jobs_list, &r, .state = args[1]))
        return 1;
    for (int i = 0; i < rows_count(r); i++)
        printf("%s %s %s try %s of %s, due %s\n  %s\n  %s\n", row_text(r, i, "id"),
               row_text(r, i, "kind"), row_text(r, i, "state"), row_text(r, i, "attempt"),
               row_text(r, i, "max_attempts"), row_text(r, i, "run_at"), row_text(r, i, "args"),
               or_dash(row_text(r, i, "last_error")));
    return 0;
}

/* Those of a tenant are in its audit trail. */
static enum err note(struct ctx *c, const char *action, const PGresult *r, int row)
{
    const char *tenant = row_text(r, row, "tenant_id");
    if (!tenant)
        return OK;
    db_begin(c->db, tenant);
    c->tenant_id = tenant;
    enum err e = audit_add(c, action, "job", row_text(r, row, "id"), NULL, NULL);
    return db_end(c->db, e);
}

static int report(struct ctx *c, const char *action, const char *done, const PGresult *r)
{
    for (int i = 0; i < rows_count(r); i++) {
        if (note(c, action, r, i))
            return 1;
        printf("%s %s %s\n", row_text(r, i, "id"), row_text(r, i, "kind"), done);
    }
    if (rows_count(r))
        return 0;
    return ctx_refuse(c, ERR_NOT_FOUND,
                      "There is no such job in that state that no other with its key stands for.")
               ? 1
               : 0;
}

static int retry(struct ctx *c, int argc, char **args)
{
    PGresult *r;
    bool by_kind = argc == 2 && strcmp(args[0], "--kind") == 0;
    if (!by_kind && argc != 1)
        return 2;
    if (db_query(c->db, c->arena, jobs_retry, &r, .id = by_kind ? NULL : args[0],
                 .kind = by_kind ? args[1] : NULL))
        return 1;
    return report(c, "job.retry", "is ready again", r);
}

static int discard(struct ctx *c, int argc, char **args)
{
    PGresult *r;
    if (argc != 1)
        return 2;
    if (db_query(c->db, c->arena, jobs_discard, &r, .id = args[0]))
        return 1;
    return report(c, "job.discard", "is discarded", r);
}

const struct command jobs_commands[] = {
    { .name = "jobs",
      .usage = "[--state ready|running|waiting|parked]",
      .run = list,
      .help = "counts jobs by queue and state, or lists those in a state with their last error" },
    { .name = "jobs retry",
      .usage = "ID | --kind KIND",
      .run = retry,
      .help = "makes parked jobs ready again" },
    { .name = "jobs discard",
      .usage = "ID",
      .run = discard,
      .help = "ends a job that is parked, ready or waiting, without running it" },
    { 0 },
};
