/* Reports by way of Microsoft Graph: the hook, and what keeps its subscriptions alive. */
#pragma once

#include "inbox/inbox.h"
#include "jobs/jobs.h"

extern const struct hook graph_hooks[]; /* provider NULL at the end */

/* Jobs. track.graph_subscribe {accountId}, track.graph_sweep {accountId}; track.graph_tend adds the
   first for every account of every tenant. */
enum err graph_subscribe(struct job *j) must_check;
enum err graph_sweep(struct job *j) must_check;
enum err graph_tend(struct job *j) must_check;
