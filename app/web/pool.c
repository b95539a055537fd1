/* The loop of a page child. */
#include "web/pool.h"

#include "base/arena.h"
#include "base/settings.h"
#include "db/db.h"
#include "web/front.h"
#include "web/web.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#define BLOATED_KIB (128L * 1024)
#define KEPT_BYTES (8 << 20)

long pool_lifetime(const struct app *app)
{
    long most = app->settings->max_requests;
    return most - getpid() % (most / 10 + 1);
}

bool pool_bloated(void)
{
    struct rusage used;
    return getrusage(RUSAGE_SELF, &used) == 0 && used.ru_maxrss > BLOATED_KIB;
}

/* A request that takes longer than any may dies with its child, by SIGALRM. */
static void answer(struct web *web, struct arena *a, struct front_request *r, unsigned seconds)
{
    struct buf out = buf_in(a);
    alarm(seconds);
    web_handle(web, a, front_env(r), front_read, r, &out);
    alarm(0);
    front_finish(r, out.p, out.n);
    arena_reset(a);
}

/* Memory of one request serves the next: handed back to the kernel it would be faulted in anew. */
static void keep_memory(void)
{
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
}

int page_pool_run(void *pool, volatile const int *stop)
{
    keep_memory();
    struct page_pool *p = pool;
    struct arena *own = arena_new((size_t)8 << 20), *work = arena_new(REQUEST_ARENA);
    struct db *db = db_new(p->app, p->app->settings->database_url, "track-web");
    struct web *web = web_new(p->app, own, db, p->domains);
    struct front *front = front_new(own, p->socket, 1);
    long left = pool_lifetime(p->app);
    for (struct front_request *r; left > 0 && (r = front_wait(front, stop)); left--) {
        answer(web, work, r, (unsigned)p->app->settings->request_seconds);
        if (pool_bloated())
            break;
    }
    db_free(db);
    arena_free(work);
    arena_free(own);
    return 0;
}
