/* The loop of a hook child. */
#include "inbox/pool.h"

#include "base/log.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "inbox/intake.h"
#include "web/body.h"
#include "web/front.h"
#include "web/page.h"
#include "web/pool.h"
#include "web/problem.h"

#include <unistd.h>

#define BATCH_ARENA ((size_t)96 << 20)

struct taken {
    struct front_request *from;
    struct request request;
    struct delivery delivery;
    bool good; /* a delivery; else request holds the refusal */
};

struct child {
    struct app *app;
    struct web *web;
    struct intake *intake;
    struct front *front;
    struct arena *arena; /* of the batch */
};

/* Name and value of each header in turn, NULL at the end. */
static const char *const *flat(struct arena *a, const struct pairs *headers)
{
    const char **list = arena_zalloc(a, headers->n * 2 + 1, sizeof(*list));
    for (size_t i = 0; i < headers->n; i++) {
        list[i * 2] = headers->at[i].name;
        list[i * 2 + 1] = headers->at[i].value;
    }
    return list;
}

static void receive(struct child *c, struct front_request *from, struct taken *t)
{
    struct request *r = &t->request;
    t->from = from;
    r->web = c->web;
    r->body = (struct body_reader){ front_read, from };
    r->req.ctx = (struct ctx){ .app = c->app, .arena = c->arena };
    r->req.ctx.work_id = uuid7(c->app, c->arena);
    t->good = request_parse(r, front_env(from)) == OK && body_read_raw(r, HOOK_BODY_LIMIT) == OK;
    if (!t->good)
        return;
    t->delivery.request = (struct hook_request){ .app = c->app,
                                                 .arena = c->arena,
                                                 .path = r->req.path,
                                                 .query_string = r->req.query_string,
                                                 .method = r->method_name,
                                                 .body = r->req.body,
                                                 .headers = flat(c->arena, &r->headers),
                                                 .now_ms = c->app->now_ms(c->app) };
}

/* What is told as a problem document; OK: what the hook says is. */
static enum err refusal(struct taken *t)
{
    const struct delivery *d = &t->delivery;
    struct request *r = &t->request;
    r->req.ctx.problem.retry_after = d->retry_after;
    if (!t->good || !d->hook || d->failed)
        return !t->good ? ERR_INVALID : d->failed ? ERR_RETRY : ERR_NOT_FOUND;
    if (d->keep || d->answer.status < 400)
        return OK;
    r->status = d->answer.status;
    r->allow = 1u << METHOD_POST;
    if (d->answer.fault)
        return ctx_fault(&r->req.ctx, d->answer.field, "%s", d->answer.fault);
    return r->status != 401 ? ERR_INVALID
                            : ctx_refuse(&r->req.ctx, ERR_DENIED,
                                         "No provider account knows the secret or the signature.");
}

static void fill_reply(struct taken *t, struct reply *p)
{
    const struct delivery *d = &t->delivery;
    enum err e = refusal(t);
    if (e != OK) {
        problem_reply(&t->request, p, e);
        return;
    }
    p->status = d->answer.status ? d->answer.status : 200;
    p->content_type = d->answer.content_type;
    for (const char *const *h = d->answer.headers; h && *h; h += 2)
        reply_header(p, h[0], h[1]);
    buf_put(&p->body, d->answer.body.p, d->answer.body.n);
}

static void answer(struct child *c, struct taken *t)
{
    struct buf out = buf_in(c->arena);
    struct reply p = { .req = &t->request.req, .status = 200 };
    const struct delivery *d = &t->delivery;
    p.headers = buf_in(c->arena);
    p.body = buf_in(c->arena);
    fill_reply(t, &p);
    reply_write(&p, t->request.head, &out);
    front_finish(t->from, out.p, out.n);
    log_scope("requestId", t->request.req.ctx.work_id);
    log_info("hook", "provider", d->hook ? d->hook->provider : "-", "status", NUM(p.status),
             "verdict", d->keep ? "keep" : "-", NULL);
    log_scope(NULL, NULL);
}

/* The request at hand and whatever else is waiting: one commit, then each its answer. */
static size_t batch(struct child *c, struct front_request *first)
{
    struct taken *taken[INTAKE_MOST];
    struct delivery *deliveries[INTAKE_MOST] = { NULL };
    size_t n = 0, kept = 0, bytes = 0;
    for (struct front_request *r = first; r; n++) {
        taken[n] = arena_new_of(c->arena, struct taken);
        receive(c, r, taken[n]);
        bytes += taken[n]->request.req.body.n;
        if (taken[n]->good)
            deliveries[kept++] = &taken[n]->delivery;
        r = n + 1 < INTAKE_MOST && bytes < INTAKE_BYTES ? front_take(c->front) : NULL;
    }
    intake_take(c->intake, c->arena, deliveries, kept);
    for (size_t i = 0; i < n; i++)
        answer(c, taken[i]);
    return n;
}

int hook_pool_run(void *pool, volatile const int *stop)
{
    struct hook_pool *p = pool;
    struct arena *own = arena_new((size_t)8 << 20);
    struct db *db = db_new(p->app, p->app->settings->database_url, "track-web hooks");
    struct child c = { .app = p->app, .arena = arena_new(BATCH_ARENA) };
    c.web = web_new(p->app, own, db, p->domains);
    c.intake = intake_new(p->app, own, db, p->domains);
    c.front = front_new(own, p->socket, INTAKE_MOST);
    long left = pool_lifetime(p->app);
    for (struct front_request *r; left > 0 && (r = front_wait(c.front, stop));) {
        alarm((unsigned)p->app->settings->request_seconds);
        left -= (long)batch(&c, r);
        alarm(0);
        arena_reset(c.arena);
    }
    db_free(db);
    arena_free(c.arena);
    arena_free(own);
    return 0;
}
