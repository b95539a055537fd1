/* What a domain gives the programs: one value each, listed in main/domains.c. */
#pragma once

struct route;
struct job_kind;
struct reaction;
struct schedule;
struct hook;

struct domain {
    const char *name;
    const struct route *routes;       /* path NULL at the end; NULL: none. So for all below */
    const struct job_kind *jobs;      /* name NULL at the end */
    const struct reaction *reactions; /* event NULL at the end */
    const struct schedule *schedules; /* name NULL at the end */
    const struct hook *hooks;         /* provider NULL at the end */
};

extern const struct domain *const domains[]; /* NULL at the end */
