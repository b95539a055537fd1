/* An issue in Jira for what went wrong with a delivery. Failures alike (of one order, step and
   code) have one issue together: it is found by its label before it is made, and the next time a
   comment is added. An issue is made once, whatever fails; a comment at least once. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"

#define ISSUE_JOB "ship.issue" /* {failureId} */

/* Asks for it, in the transaction at hand. ERR_CONFLICT: the failure is resolved, it was asked for
   already, or there is no account at Jira. */
enum err issue_ask(struct ctx *c, const char *failure_id) must_check;

/* The job. */
enum err issue_tell(struct job *j) must_check;

/* "dedupe-" and 16 hexadecimal digits, the same for failures alike. */
const char *issue_label(struct arena *a, const char *tenant, const char *order, const char *step,
                        const char *code);
