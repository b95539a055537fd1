/* The dispatcher: one request from its parameters to its answer. */
#include "web/web.h"

#include "base/log.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "db/db.h"
#include "web/body.h"
#include "web/guard.h"
#include "web/idempotency.h"
#include "web/page.h"
#include "web/pressure.h"
#include "web/problem.h"
#include "web/request.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 3
#define SLOW_TIMES 10

/* Of the files of a folder, in whatever order they come. */
static uint64_t mixed_of(const char *folder)
{
    uint64_t mixed = 0;
    DIR *d = opendir(folder);
    for (struct dirent *f; d && (f = readdir(d));) {
        struct stat st;
        if (fstatat(dirfd(d), f->d_name, &st, 0) || !S_ISREG(st.st_mode))
            continue;
        uint64_t one = (uint64_t)st.st_mtim.tv_sec * 1000003 + (uint64_t)st.st_size;
        for (const char *p = f->d_name; *p; p++)
            one = one * 31 + (unsigned char)*p;
        mixed += one * one;
    }
    if (d)
        closedir(d);
    return mixed;
}

/* A text that changes when an asset does, for the addresses under which browsers keep them. */
static const char *asset_version(const struct app *app, struct arena *a)
{
    const char *dir = app->settings->template_dir;
    uint64_t mixed = mixed_of(arena_printf(a, "%s/../static", dir)) +
                     mixed_of(arena_printf(a, "%s/../static/vendor", dir));
    return arena_printf(a, "%" PRIx64, mixed);
}

struct web *web_new(struct app *app, struct arena *a, struct db *db,
                    const struct domain *const *list)
{
    struct web *w = arena_new_of(a, struct web);
    w->app = app;
    w->arena = a;
    w->db = db;
    w->domains = list;
    w->router = router_new(a, list);
    w->pressure = pressure_of_pages(app, a, db);
    w->asset_version = asset_version(app, a);
    return w;
}

static enum err find_route(struct request *r)
{
    struct req *q = &r->req;
    q->route = router_find(r->web->router, q->ctx.arena, q->path,
                           r->known_method ? &q->method : NULL, &r->params, &r->allow);
    if (q->route)
        return OK;
    guard_visitor(r);
    if (!r->allow)
        return ERR_NOT_FOUND;
    return request_refuse(r, 405, "The address is there, but does not take this method.");
}

/* Prolongs the time that the pool gave the request; without a pool there is none. */
static enum err allow_time(struct request *r)
{
    unsigned left = r->req.route->slow || r->req.route->files ? alarm(0) : 0;
    if (left)
        alarm(left * SLOW_TIMES);
    return OK;
}

static enum err guard(struct request *r)
{
    enum err (*const guards[])(struct request *) = { find_route,   guard_actor,    guard_role,
                                                     guard_origin, guard_pressure, allow_time,
                                                     body_read,    guard_token,    body_input };
    enum err e = OK;
    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]) && e == OK; i++)
        e = guards[i](r);
    return e;
}

static void begin_reply(struct request *r, struct reply *p)
{
    *p = (struct reply){ .req = &r->req, .status = 200 };
    p->headers = buf_in(r->req.ctx.arena);
    p->body = buf_in(r->req.ctx.arena);
    r->req.ctx.problem = (struct problem){ .n = 0 };
}

static enum err attempt(struct request *r, struct reply *p)
{
    bool replayed;
    enum err e = idempotency_take(r, p, &replayed);
    if (e != OK || replayed)
        return e;
    e = r->req.route->handle(&r->req, p);
    return e == OK ? idempotency_keep(r, p) : e;
}

/* A text that is no id, where a path wants one, names nothing. */
static enum err of_bad_id(const struct request *r, enum err e, const char *state)
{
    bool named = e == ERR_INVALID && r->params.n && r->req.ctx.problem.n == 0;
    return named && strcmp(state, "22P02") == 0 ? ERR_NOT_FOUND : e;
}

static void begin_work(const struct request *r)
{
    const struct req *q = &r->req;
    if (method_safe(q->method) && !q->route->writes)
        db_begin_reading(q->ctx.db, q->ctx.tenant_id);
    else
        db_begin(q->ctx.db, q->ctx.tenant_id);
}

/* The handler in one transaction, again where the database could not put it in order with others.
 */
static enum err work(struct request *r, struct reply *p)
{
    struct db *db = r->req.ctx.db;
    enum err e = OK;
    for (int i = 0; i < TRIES; i++) {
        char state[6] = "";
        begin_reply(r, p);
        begin_work(r);
        e = attempt(r, p);
        if (e == OK)
            return db_commit(db);
        strncpy(state, db_sqlstate(db), sizeof(state) - 1);
        db_rollback(db);
        if (strcmp(state, "40001") != 0 && strcmp(state, "40P01") != 0)
            return of_bad_id(r, e, state);
    }
    return e;
}

/* A form that is wrong stays in its page. False where it has none, or that fails. */
static bool show_again(struct request *r, struct reply *p, enum err e)
{
    struct req *q = &r->req;
    const struct problem why = q->ctx.problem;
    if (!q->route || !q->route->again || !q->session || r->status || req_is_fragment(q) ||
        (e != ERR_INVALID && e != ERR_CONFLICT))
        return false;
    begin_reply(r, p);
    q->ctx.problem = why;
    p->status = err_status(e);
    db_begin_reading(q->ctx.db, q->ctx.tenant_id);
    if (db_end(q->ctx.db, q->route->again(q, p)) == OK)
        return true;
    q->ctx.problem = why;
    return false;
}

static void refuse(struct request *r, struct reply *p, enum err e)
{
    if (show_again(r, p, e))
        return;
    const struct route *route = r->req.route;
    if (r->status == 401 && route && route->kind == ROUTE_PAGE) {
        problem_login(r, p);
        return;
    }
    if (r->redirect) {
        begin_reply(r, p);
        if (reply_redirect(p, r->redirect) == OK)
            return;
    }
    problem_reply(r, p, e);
}

static void tell(const struct request *r, const struct reply *p, int64_t began)
{
    const struct app *app = r->web->app;
    log_info("request", "method", r->method_name ? r->method_name : "-", "route",
             r->req.route ? r->req.route->path : "-", "status", NUM(p->status), "ms",
             NUM(app->now_ms(app) - began), "tenant", r->req.ctx.tenant_id, NULL);
}

void web_handle(struct web *w, struct arena *a, char **env,
                size_t (*read)(void *from, char *to, size_t n), void *from, struct buf *out)
{
    struct request *r = arena_new_of(a, struct request);
    struct reply reply;
    int64_t began = w->app->now_ms(w->app);
    r->web = w;
    r->body = (struct body_reader){ read, from };
    r->req.ctx = (struct ctx){ .app = w->app, .arena = a, .db = w->db };
    r->req.ctx.work_id = uuid7(w->app, a);
    log_scope("requestId", r->req.ctx.work_id);
    begin_reply(r, &reply);
    enum err e = request_parse(r, env);
    if (e == OK)
        e = guard(r);
    if (e == OK)
        e = work(r, &reply);
    if (e != OK)
        refuse(r, &reply, e);
    reply_write(&reply, r->head, out);
    tell(r, &reply, began);
    log_scope(NULL, NULL);
}
