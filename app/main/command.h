/* A command of trackctl: each cmd_*.c gives a table, trackctl.c lists the tables. */
#pragma once

#include "base/ctx.h"

struct command {
    const char *name;  /* "user add": the first words of the command line */
    const char *usage; /* "EMAIL --role ROLE [--name NAME]" */
    const char *help;  /* one sentence */
    bool bare;         /* needs neither settings nor database: ctx is empty but for its arena */
    bool owner;        /* ctx.db is connected as the owner of the tables, else as track_worker */
    /* args[0] is the first word after the name. Answers the exit status: 0 done, 1 refused (the
       problem is printed by trackctl from ctx), 2 wrong usage (trackctl prints the usage). */
    int (*run)(struct ctx *c, int argc, char **args);
};

/* Each ends with a NULL name. */
extern const struct command migrate_commands[];  /* migrate [--status], check-sql */
extern const struct command jobs_commands[];     /* jobs, jobs retry, jobs discard */
extern const struct command settings_commands[]; /* settings */
extern const struct command template_commands[]; /* render TEMPLATE DATA.json */
extern const struct command access_commands[];   /* tenant add, user add, client add, … */
extern const struct command track_commands[];    /* import */
extern const struct command report_commands[];   /* report */
extern const struct command proof_commands[];    /* verify, retention plan, … */
extern const struct command evidence_commands[]; /* evidence verify */
extern const struct command demo_commands[];     /* demo */
