/* Buildings and their units. */
#pragma once

#include "base/ctx.h"

/* Makes the buildings and units that rows name, an array of {code, name, street, postal, city,
   country, unit} as JSON text; a building that is there takes the newer name. In the transaction at
   hand. */
enum err buildings_upsert(struct ctx *c, struct arena *a, const char *rows) must_check;
