/* Saved views: filters of the list of messages under a name, those that everybody has and one's
 * own. */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"
#include "web/shape.h"

#include <json-c/json.h>

#define VIEWS_MOST 50 /* of one person */

struct view {
    const char *name, *q; /* q as in the qualifier bar */
    const char *columns;  /* names with commas between; NULL: the usual ones */
    bool shared;          /* everybody of the tenant sees it who sees its buildings; agents share */
};

/* A list of views: those of the house, one's own by name, those others share. With their counts
   where asked: at most 10,000, and then `more`. */
enum err views_list(struct ctx *c, bool counts, struct json_object **out) must_check;

/* The document of one. ERR_NOT_FOUND: absent, or of somebody else and not shared. */
enum err view_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Keep one, change one's own, delete it; each with its audit entry. ERR_INVALID with the faults of
   name and q: taken, or no filter; ERR_DENIED: a viewer shares nothing; ERR_NOT_FOUND: not one's
   own. */
enum err view_add(struct ctx *c, const struct view *v, const char **id) must_check;
enum err view_change(struct ctx *c, const char *id, const struct view *v) must_check;
enum err view_delete(struct ctx *c, const char *id) must_check;

/* Views, figures and the search everywhere: what stands around the list. */
extern const struct domain views_domain;

extern const struct shape saved_view_shape, saved_views_shape;
