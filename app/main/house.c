/* The house itself: what has to be done by the clock whatever the domains are. */
#include "main/house.h"
#include "base/log.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "main/calls.h"
#include "main/house.sql.h"
#include "store/orphans.h"
#include "store/store.h"

static enum err partitions(struct job *j)
{
    PGresult *r;
    enum err e = db_run(j->ctx.db, j->ctx.arena, &sql_house_partitions, NULL, &r);
    if (!e && row_int(r, 0, "changed"))
        log_info("partitions_changed", "count", NUM(row_int(r, 0, "changed")), NULL);
    return e;
}

static enum err forget_keys(struct job *j)
{
    return db_run(j->ctx.db, j->ctx.arena, &sql_house_forget_keys, NULL, NULL);
}

static enum err sweep_files(struct job *j)
{
    struct orphans sum = { 0 };
    enum err e = OK;
    for (int part = 0; e == OK && part < STORE_PARTS; part++) {
        e = orphans_look(&j->ctx, part, true, &sum);
        if (e == OK)
            e = job_touch(j);
    }
    if (sum.removed)
        log_info("files_removed", "count", NUM(sum.removed), "bytes", NUM(sum.bytes), NULL);
    return e;
}

static enum err nothing(struct job *j)
{
    (void)j;
    return OK;
}

static const struct job_kind jobs[] = {
    { .name = "house.partitions",
      .queue = "house",
      .run = partitions,
      .doc = "Makes the partitions of the months and days to come, drops those that ended" },
    { .name = "house.forget_keys",
      .queue = "house",
      .run = forget_keys,
      .doc = "Deletes idempotency keys older than 48 hours" },
    { .name = "house.sweep_files",
      .queue = "files",
      .lease_seconds = 600,
      .external = true,
      .run = sweep_files,
      .doc = "Removes files of the store that are older than a month and that no row names" },
    { .name = "house.nothing",
      .queue = "nothing",
      .run = nothing,
      .doc = "Does nothing: measures the queue itself" },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "house.partitions", "house.partitions", 6 * 3600, "every six hours" },
    { "house.forget_keys", "house.forget_keys", 3600, "every hour" },
    { "house.sweep_files", "house.sweep_files", 86400, "once a day" },
    { .name = NULL },
};

const struct domain house_domain = {
    .name = "house", .routes = calls_routes, .jobs = jobs, .schedules = schedules
};
