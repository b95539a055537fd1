/* The pages about legal holds. */
#pragma once

#include "web/web.h"

struct hold_of { /* what a link fills the form in with; NULL: nothing */
    const char *scope, *value;
};

/* Adds scopeWord, keeps, none and isPerson to a hold as pages show it. */
void hold_dress(struct ctx *c, struct json_object *hold);

handler page_hold_new, page_hold_again; /* the form, and again where it was wrong */
handler page_hold_add;                  /* leads to the hold's page */
handler page_hold, page_hold_lift;      /* one, with what lifting it would free */
