/* Backpressure: what is refused while the disk or the queue is too full. */
#include "web/pressure.h"

#include "base/settings.h"
#include "web/web.sql.h"

#define GIB (1ULL << 30)
#define WAITING_MOST 50000
#define OLDEST_SECONDS (15 * 60)
#define PAGES_EVERY_MS 1000
#define DISK_EVERY_MS 1000

struct pressure {
    struct app *app;
    struct db *db;
    const char *queue; /* NULL: all */
    int most, every_ms;
    int64_t disk_ms, queue_ms; /* when it was looked at; 0: never */
    enum room room;
    long long waiting, oldest_seconds;
};

struct pressure *pressure_new(struct app *app, struct arena *a, struct db *db, const char *queue,
                              int most, int every_ms)
{
    struct pressure *p = arena_new_of(a, struct pressure);
    *p = (struct pressure){
        .app = app, .db = db, .queue = queue, .most = most, .every_ms = every_ms
    };
    return p;
}

struct pressure *pressure_of_pages(struct app *app, struct arena *a, struct db *db)
{
    return pressure_new(app, a, db, NULL, WAITING_MOST, PAGES_EVERY_MS);
}

static bool due(const struct pressure *p, int64_t *last_ms, int every_ms)
{
    int64_t now = p->app->now_ms(p->app), age = now - *last_ms;
    if (*last_ms && age >= 0 && age < every_ms)
        return false;
    *last_ms = now;
    return true;
}

static bool below(unsigned long long left, unsigned long long part, unsigned long long cap)
{
    return left < (part < cap ? part : cap);
}

enum room pressure_room(struct pressure *p)
{
    unsigned long long left, size;
    if (!due(p, &p->disk_ms, DISK_EVERY_MS))
        return p->room;
    p->room = !p->app->disk(p->app, &left, &size) ? ROOM_ENOUGH
              : below(left, size / 20, 2 * GIB)   ? ROOM_NONE
              : below(left, size / 10, 8 * GIB)   ? ROOM_LITTLE
                                                  : ROOM_ENOUGH;
    return p->room;
}

/* A database that does not answer refuses the request by itself. */
static void look(struct pressure *p, struct arena *a)
{
    PGresult *rows;
    if (!due(p, &p->queue_ms, p->every_ms))
        return;
    p->waiting = p->oldest_seconds = 0;
    if (db_query(p->db, a, web_waiting, &rows, .queue = p->queue,
                 .most = arena_printf(a, "%d", p->most + 1)) != OK)
        return;
    p->waiting = row_int(rows, 0, "waiting");
    p->oldest_seconds = row_int(rows, 0, "oldest_seconds");
}

bool pressure_too_many(struct pressure *p, struct arena *a)
{
    look(p, a);
    return p->waiting > p->most;
}

long long pressure_oldest_seconds(struct pressure *p, struct arena *a)
{
    look(p, a);
    return p->oldest_seconds;
}

static enum err refuse(struct request *r, int status, enum err e, const char *detail)
{
    r->status = status;
    r->req.ctx.problem.retry_after = PRESSURE_RETRY_SECONDS;
    return ctx_refuse(&r->req.ctx, e, "%s", detail);
}

/* People go on while a slow provider has its queue; programs would only make it longer. */
static bool is_overloaded(struct request *r)
{
    struct pressure *p = r->web->pressure;
    struct arena *a = r->req.ctx.arena;
    return pressure_too_many(p, a) ||
           (r->req.route->kind == ROUTE_API && pressure_oldest_seconds(p, a) > OLDEST_SECONDS);
}

enum err guard_pressure(struct request *r)
{
    const struct route *route = r->req.route;
    if (method_safe(r->req.method) || route->kind == ROUTE_OPEN || route->always)
        return OK;
    enum room room = pressure_room(r->web->pressure);
    if (room == ROOM_NONE)
        return refuse(r, 507, ERR_RETRY, "The server's disk is nearly full: it can only be read.");
    if (room == ROOM_LITTLE && route->files)
        return refuse(r, 507, ERR_RETRY, "The server's disk is too full for uploads.");
    if (route->queues && is_overloaded(r))
        return refuse(r, 429, ERR_LIMITED,
                      "Too much work is waiting. Try again when some of it is done.");
    return OK;
}
