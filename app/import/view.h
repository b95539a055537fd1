/* What the import pages show beside the document: labels, choices, amounts in words. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* Adds the words, icon and tone of its state to each row of import_list: {label, icon, tone}. */
void import_view_list(struct json_object *list);

/* Whether an import is under way; adds `moving` {waiting} where it is. */
bool import_view_moving(struct json_object *import);

/* Adds `view` to an import of import_get: {channels: [{label, n}], amounts: [text], years, fields:
   [{field, label, required, options: [{column, selected}]}], open, canAll, canGood,
   hasErrors, hasWarnings, askColumns, year, delimiterName}. */
void import_view_add(struct ctx *c, struct json_object *import);
