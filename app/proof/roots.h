/* Daily roots: one hash over all a tenant's events of a day (UTC) and all days before it. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"
#include "proof/merkle.h"

/* Makes the roots of all days that ended and have none, oldest first, empty days too; *made counts
   them. Outside a transaction. j may be NULL; else its lease is kept. */
enum err roots_make(struct ctx *c, struct job *j, int *made) must_check;

/* Reads the events of a day into the tree, page by page, in the transaction at hand or outside one.
   m is prepared by the caller. */
enum err roots_tree(struct ctx *c, struct job *j, const char *day, struct merkle *m) must_check;

/* What comes before the first day: 32 bytes of zero. */
extern const char root_zero[];
