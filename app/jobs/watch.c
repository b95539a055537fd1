/* A job's second connection, which keeps its lease and tells how far it is. */
#include "jobs/watch.h"

#include "base/settings.h"

#define LOOK_MS 1000
#define LOOK_ARENA ((size_t)1 << 20)

static void close_db(void *db)
{
    db_free(db);
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

struct job_watch *job_watch_new(struct job *j, const char *name)
{
    struct ctx *c = &j->ctx;
    struct job_watch *w = arena_new_of(c->arena, struct job_watch);
    *w = (struct job_watch){ .lease = *j };
    w->lease.ctx.arena = arena_new(LOOK_ARENA);
    arena_defer(c->arena, free_arena, w->lease.ctx.arena);
    w->lease.ctx.db = db_new(c->app, c->app->settings->worker_database_url, name);
    arena_defer(c->arena, close_db, w->lease.ctx.db);
    return w;
}

enum err job_watch_look(struct job_watch *w, enum err (*tell)(struct ctx *c, void *of), void *of)
{
    struct ctx *c = &w->lease.ctx;
    int64_t now = c->app->now_ms(c->app);
    if (now - w->looked_ms < LOOK_MS)
        return OK;
    w->looked_ms = now;
    db_begin(c->db, c->tenant_id);
    enum err e = job_touch(&w->lease);
    if (e == OK)
        e = tell(c, of);
    e = db_end(c->db, e);
    arena_reset(c->arena);
    return e;
}
