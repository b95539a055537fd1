/* A named statement, as the build makes it from a .sql file (sql2h.awk). */
#pragma once

#include <stdbool.h>

struct sql {
    const char *name; /* unique in the product */
    const char *text; /* parameters as $1, $2, … */
    int nparams;
    const char *const *params; /* their names */
    bool anew;                 /* planned at each call, as its parameters decide on the plan */
};

/* Every statement of the product, NULL at the end: made by the build. */
extern const struct sql *const sql_all[];
