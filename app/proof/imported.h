/* Who stands in a billing file. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <stdbool.h>

/* Whom somebody asks to forget. */
struct sought {
    const char *const *addresses;          /* in lower case, NULL at the end */
    const char *unit_id, *building, *unit; /* of a unit: its id, building's code, number; or NULL */
};

/* Whether one of the addresses stands in a file that was imported (see proof/address.h), or in one
   of the values ([text]) that cells of it were corrected to, or a row is of the unit. A file that
   cannot be read to its end as a billing file is taken to hold all. ERR_NOT_FOUND: it is not there.
 */
enum err import_holds(struct ctx *c, const char *sha256, struct json_object *corrections,
                      const struct sought *who, bool *out) must_check;
