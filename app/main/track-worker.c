/* track-worker: a supervisor and children that take jobs from the table. */
#include "base/app.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/prefork.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "channels/smtp_wire.h"
#include "db/db.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "mustache/mustache.h"
#include "store/store.h"

#include <stdio.h>

#define ARENA_LIMIT ((size_t)256 * 1024 * 1024)

struct program {
    struct app app;
    struct arena *arena;
};

static int child(void *arg, volatile const int *stop)
{
    struct program *p = arg;
    p->app.http = http_new(&p->app, p->arena);
    p->app.smtp = smtp_kept_new(p->arena);
    p->app.idle = smtp_idle;
    struct db *db = db_new(&p->app, p->app.settings->worker_database_url, "track-worker");
    jobs_work(&p->app, db, stop, false);
    db_free(db);
    smtp_kept_free(&p->app);
    http_free(p->app.http);
    return 0;
}

static void bury(void *arg, int pid, bool killed)
{
    struct program *p = arg;
    struct db *db = db_new(&p->app, p->app.settings->worker_database_url, "track-worker");
    if (jobs_bury(&p->app, db, pid, !killed))
        log_warn("leases_run_out", "child", NUM(pid), NULL);
    db_free(db);
}

int main(void)
{
    struct program p = {
        .app = { .now_ms = app_now_ms, .random_bytes = app_random_bytes, .disk = app_disk },
        .arena = arena_new(ARENA_LIMIT)
    };
    app_keep_secrets_in();
    crypto_init();
    const struct settings *s = p.app.settings = settings_read(p.arena);
    if (!s)
        return 2;
    if (!*s->worker_database_url) {
        fprintf(stderr, "setting TRACK_WORKER_DATABASE_URL: missing\n");
        return 2;
    }
    log_init("track-worker", log_level_of(s->log_level));
    p.app.store = store_local(p.arena, s->store_dir);
    if (!p.app.store)
        return 1;
    p.app.templates = templates_open(p.arena, s->template_dir, false);
    log_info("started", "children", NUM(s->worker_children), NULL);
    p.app.instance = uuid7(&p.app, p.arena);
    const struct prefork_group group = {
        .name = "jobs", .children = (int)s->worker_children, .run = child, .arg = &p, .died = bury
    };
    int status = prefork_run(&group, 1);
    arena_free(p.arena);
    return status;
}
