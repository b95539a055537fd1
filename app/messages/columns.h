/* The columns of the list of messages beside the recipient: which are shown, and in what order.
   The state, where it is the first of them, stands before the recipient. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* Adds columns: [{colName, colWord, colClass, colShown, is<Name>: true}] as they are named in
   texts, each a name or several with commas between (texts NULL or empty: the usual ones), without
   a leading state, which is lead (else null); allColumns: all that are named and then those not
   shown; and columnsText: the names, null for the usual.
   ERR_INVALID: a fault of `columns`. */
enum err columns_add(struct ctx *c, const char *const *texts, struct json_object *to) must_check;

/* The same check for a text that is kept. */
enum err columns_check(struct ctx *c, const char *text) must_check;
