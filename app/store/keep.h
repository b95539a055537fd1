/* That a tenant has a blob: rows beside the files, which nobody removes under who names them. */
#pragma once

#include "base/ctx.h"
#include "store/store.h"

#include <json-c/json.h>

/* Notes in the transaction at hand that the tenant has a blob, before anything names it. Until the
   commit nobody removes its file. ERR_RETRY: somebody did since it was put; put it again. */
enum err blob_keep(struct ctx *c, const struct blob *blob) must_check;

/* The same for thousands, [{sha256, size, type}]: noted first, held when all is written that names
   them, last before the commit. Between the two whoever removes one need not wait. */
enum err blobs_note(struct ctx *c, struct json_object *blobs) must_check;
enum err blobs_hold(struct ctx *c, struct json_object *blobs) must_check;
