/* A piece of work: what an operation on a noun needs, whether a request, a job or a command asks
 * for it. */
#pragma once

#include "base/app.h"
#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>

struct db;

/* Least to most; the zero role is nobody, so that a route without a role is closed. */
enum role { ROLE_NOBODY = 0, ROLE_PUBLIC, ROLE_VIEWER, ROLE_AGENT, ROLE_ADMIN, ROLE_OWNER };

enum actor_kind {
    ACTOR_SYSTEM,
    ACTOR_USER,
    ACTOR_CLIENT,
    ACTOR_WORKER,
    ACTOR_PROVIDER,
    ACTOR_RECIPIENT
};

struct actor {
    enum actor_kind kind;
    enum role role;
    const char *id;     /* uuid of the user or API client, else NULL */
    const char *name;   /* as shown on timelines */
    bool all_buildings; /* false: only those granted to it (building_grants) */
};

#define PROBLEM_FAULTS 32

/* Why something was refused, as a person may know it (RFC 9457). */
struct problem {
    const char *detail; /* one sentence */
    int retry_after;    /* seconds; 0: unknown */
    int n;
    struct fault {
        const char *field, *message;
    } faults[PROBLEM_FAULTS];
};

struct ctx {
    struct app *app;
    struct arena *arena;
    struct db *db;
    const char *tenant_id; /* uuid; NULL before it is known */
    const char *work_id;   /* request or job id */
    struct actor actor;
    struct problem problem;
};

/* Notes what is wrong with a field (further ones than PROBLEM_FAULTS are dropped) and answers
   ERR_INVALID. The texts are copied. */
enum err ctx_fault(struct ctx *c, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the problem's sentence and answers e. */
enum err ctx_refuse(struct ctx *c, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "system", "user", …: as stored in events and the audit trail. */
const char *actor_kind_name(enum actor_kind kind);

/* "viewer", "agent", "admin", "owner"; role_of answers ROLE_NOBODY for another text. */
const char *role_name(enum role role);
enum role role_of(const char *name);
