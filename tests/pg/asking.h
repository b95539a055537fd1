/* Asking the API as somebody, and the worker's turn. */
#pragma once

#include "jobs/jobs.h"
#include "pg/call.h"

#include <string.h>

/* Of what the next call overwrites. */
static inline void keep(char *to, const char *text)
{
    assert_non_null(text);
    memcpy(to, text, strlen(text) + 1);
}

/* All jobs that are due, and no more. */
static inline void work(void)
{
    static const int never;
    struct ctx *c = pg_ctx("track_worker");
    jobs_work(pg_app(), c->db, &never, true);
}

static inline const struct answer *ask(const struct call *who, const char *method, const char *path,
                                       const char *body)
{
    struct call c = *who;
    c.method = method;
    c.path = path;
    c.type = body ? "application/json" : NULL;
    c.body = body;
    return call(&c);
}
