/* The tabs of a building and year. */
#pragma once

#include "track/view.h"

/* One tab: of /track itself, or a page of another room that takes building and year. */
struct track_tab {
    const char *name, *word;
    const char *path; /* NULL: /track?tab=<name> */
    enum role role;   /* at least */
};

extern const char *const track_tab_names[]; /* of /track itself; NULL at the end */

/* Adds the tabs that the role of c may open, each with word, href and selected, the flag in<Name>
   of the one that is shown, and barred {word, needs, role} where the one asked for is for others.
 */
void tabs_show(struct ctx *c, const struct track_query *q, struct json_object *to);

/* Where a tab is that is not of /track itself; NULL: it is, or the role of c may not open it. */
const char *tab_elsewhere(struct ctx *c, const struct track_query *q);

/* The path of the tab that is shown: "/track" or that of another room. */
const char *tab_path(struct ctx *c, const struct track_query *q);

/* Whether the page shows this tab; units where none is asked for. */
bool tab_is(const struct track_query *q, const char *name);
