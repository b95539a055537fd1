/* What the import pages show beside the document: labels, choices, amounts in words. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* Adds the words, icon and tone of its state to each row of import_list: {label, icon, tone}. */
void import_view_list(struct json_object *list);

/* Whether an import is under way; adds `moving` {waiting} where it is. */
bool import_view_moving(struct json_object *import);

/* Adds to the view of an import `kinds`, its errors by column and reason: [{key, column, sentence,
   count, advice, correctable, rows, bulk, more, moreLines}], where rows are [{line, who, says, was,
   reason, cell}] and bulk, values that several lines of a kind have, [{line, n, says, cell}]; cell
   is what a form needs to correct it, {line, column, value, max, label, select: {options} or null},
   null where it cannot be: `open` says whether anything can. And `corrections`, those that do the
   same together: [{id, n, lines, column, was, value, who, at}]. */
void import_view_errors(struct ctx *c, struct json_object *import, bool open,
                        struct json_object *view);

/* Adds `view` to an import of import_get: {channels: [{label, n}], amounts: [text], years, fields:
   [{field, label, required, options: [{column, selected}]}], open, canAll, canGood,
   hasErrors, hasWarnings, askColumns, year, delimiterName}. */
void import_view_add(struct ctx *c, struct json_object *import);
