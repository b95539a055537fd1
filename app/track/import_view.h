/* What the import pages show beside the document: labels, choices, amounts in words. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* Adds `view` to an import of import_get: {channels: [{label, n}], amounts: [text], years, fields:
   [{field, label, required, options: [{column, selected}]}], open, done, canAll, canGood,
   hasErrors, hasWarnings, askColumns, year, delimiterName}. */
void import_view_add(struct ctx *c, struct json_object *import);
