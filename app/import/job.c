/* The job that commits an import, and the schedule that ends those whose job is gone. */
#include "import/job.h"

#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
#include "import/import.h"
#include "import/import.sql.h"
#include "jobs/watch.h"

#define WAIT_SECONDS 5 /* for another import's end */

/* Who is told how far an import is. */
struct telling {
    struct job_watch *watch;
    const char *id;
    int64_t written;
};

static enum err tell(struct ctx *c, void *of)
{
    const struct telling *t = of;
    return db_query(c->db, c->arena, import_written, NULL, .id = t->id,
                    .written = arena_printf(c->arena, "%lld", (long long)t->written));
}

static enum err look(void *to, int64_t written)
{
    struct telling *t = to;
    t->written = written;
    return job_watch_look(t->watch, tell, t);
}

static enum err begin(struct ctx *c, const char *id, bool *open)
{
    PGresult *rows;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, import_begin, &rows, .id = id);
    if (e == OK)
        *open = rows_count(rows) > 0;
    return db_end(c->db, e);
}

static enum err commit(struct job *j, const char *id)
{
    struct ctx *c = &j->ctx;
    struct telling t = { .watch = job_watch_new(j, "track-import"), .id = id };
    const struct import_watch told = { look, &t };
    const struct import_how how = { .good_rows_only =
                                        json_object_get_boolean(json_get(j->args, "goodRowsOnly")),
                                    .watch = &told };
    db_begin(c->db, c->tenant_id);
    enum err e = import_commit(c, id, &how);
    if (e == OK)
        e = job_done(j);
    return db_end(c->db, e);
}

/* What a person is told of a try that failed. */
static const char *reason(const struct ctx *c, enum err e)
{
    if (c->problem.detail)
        return c->problem.detail;
    if (c->problem.n)
        return c->problem.faults[0].message;
    return e == ERR_CONFLICT                    ? "Another worker has taken it over."
           : e == ERR_RETRY || e == ERR_LIMITED ? "The database or the store did not answer."
                                                : "The fault is ours and has been noted.";
}

/* The import's state after a failed try, and the job's: ended where trying again changes nothing.
 */
static enum err give_back(struct job *j, const char *id, enum err failed)
{
    struct ctx *c = &j->ctx;
    bool ours = failed == ERR_RETRY || failed == ERR_LIMITED || failed == ERR_INTERNAL;
    j->snooze = failed == ERR_LIMITED; /* it waits for another one's end */
    j->retry_after = j->snooze ? WAIT_SECONDS : 0;
    bool again = ours && (j->snooze || j->attempt < j->max_attempts);
    const char *why = reason(c, failed);
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_query(c->db, c->arena, import_give_back, NULL, .state = again ? "QUEUED" : "FAILED",
                 .error = why, .id = id, .job_id = NUM(j->id), .token = NUM(j->token));
    if (e == OK && !ours)
        e = job_done(j);
    e = db_end(c->db, e);
    if (e == OK && !ours)
        return OK;
    return job_fail(j, ours ? failed : e, "%s", why);
}

static enum err import_run(struct job *j)
{
    const char *id = json_text(j->args, "importId");
    bool open = false;
    if (!id)
        return job_fail(j, ERR_INVALID, "No importId.");
    enum err e = begin(&j->ctx, id, &open);
    if (e != OK || !open)
        return e;
    e = commit(j, id);
    return e == OK ? OK : give_back(j, id, e);
}

/* ---- those whose job is gone ---- */

static enum err settle(struct job *j)
{
    struct ctx *c = &j->ctx;
    PGresult *tenants;
    enum err e = db_run(c->db, c->arena, &sql_import_job_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        db_begin(c->db, row_text(tenants, i, "tenantId"));
        e = db_run(c->db, c->arena, &sql_import_orphans, NULL, NULL);
        e = db_end(c->db, e);
    }
    return e;
}

const struct job_kind import_jobs[] = {
    { "track.import", "import", .max_attempts = 5, .lease_seconds = 60, .external = true,
      .run = import_run, .doc = "Commits one import." },
    { "track.settle_imports", "track", .max_attempts = 3, .run = settle,
      .doc = "Ends imports whose job is gone." },
    { .name = NULL },
};

const struct schedule import_schedules[] = {
    { "track.settle_imports", "track.settle_imports", 60,
      "Imports that nobody does any more fail." },
    { .name = NULL },
};
