/* Taking webhooks in: verified one by one, kept together in one commit. */
#pragma once

#include "db/db.h"
#include "inbox/inbox.h"

struct domain;

/* The most that are kept in one commit, and the bytes of bodies in all after which no further one
   is added to it. */
#define INTAKE_MOST 64
#define INTAKE_BYTES ((size_t)4 << 20)
#define HOOK_BODY_LIMIT ((size_t)1 << 20)

struct delivery {
    struct hook_request request;
    /* Set by intake_take: */
    const struct hook *hook; /* NULL: no such address */
    const struct hook_account *account;
    const char *dedupe_key;
    bool keep, failed; /* failed: a fault of ours; the sender is to try again */
    int retry_after;   /* seconds, where failed; 0: soon */
    struct hook_answer answer;
};

struct intake;

/* Knows the hooks of the domains; lives as long as the arena. */
struct intake *intake_new(struct app *app, struct arena *a, struct db *db,
                          const struct domain *const *list);

/* Verifies each of n deliveries, keeps those that are to be kept in one transaction, and decides
   every answer. What is acknowledged is committed; a faulty neighbour spoils nobody. */
void intake_take(struct intake *in, struct arena *a, struct delivery *const *deliveries, size_t n);
