/* What the pages of bulk actions show beside their documents. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* Adds words and looks: label, icon, tone, title, stage (plan, approve, moving, over), left, and of
   the items and exclusions theirs. */
void bulk_show(struct ctx *c, struct json_object *bulk);
