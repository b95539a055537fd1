/* Whole requests through the dispatcher, without a socket: for tests of any domain's routes. */
#pragma once

#include "pg.h"
#include "web/web.h"

#include "base/domain.h"

#include <stdbool.h>

struct call {
    const char *method, *path;
    const char *query, *type, *body; /* NULL: none; type only goes with a body */
    size_t body_n;                   /* 0: the length of the text */
    const char *cookie;              /* the value of a session, as call_session gives it */
    const char *csrf;                /* of that session; NULL: no header */
    const char *bearer;
    const char *headers[8]; /* further parameters: "HTTP_ORIGIN=…" */
};

struct answer {
    int status;
    const char *headers, *body;
    struct json_object *json; /* of the body, where it is JSON */
};

/* Starts a dispatcher for the domains as track_web; call it after pg_start. */
void call_start(const struct domain *const *list);

/* Valid until the next call. */
const struct answer *call(const struct call *c);

/* A header of the last answer, or NULL. */
const char *answer_header(const char *name);

/* Signs a new user of the role in: fills cookie and csrf of `c`. Answers the user's id. */
const char *call_session(struct call *c, const char *role);
