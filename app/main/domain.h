/* What a domain gives the programs: one value each, listed in domains.c. */
#pragma once

#include "events/events.h"
#include "inbox/inbox.h"
#include "jobs/jobs.h"
#include "web/web.h"

struct domain {
    const char *name;
    const struct route *routes;       /* path NULL at the end; NULL: none. So for all below */
    const struct job_kind *jobs;      /* name NULL at the end */
    const struct reaction *reactions; /* event NULL at the end */
    const struct schedule *schedules; /* name NULL at the end */
    const struct hook *hooks;         /* provider NULL at the end */
};

extern const struct domain *const domains[]; /* NULL at the end */

extern const struct domain house_domain; /* house.c */
