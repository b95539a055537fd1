/* What is kept of an import, for those who change it. */
#pragma once

#include "import/import.h"

/* The import's document, its row locked until the end of the transaction. ERR_NOT_FOUND;
   ERR_CONFLICT: it is under way or COMMITTED. */
enum err import_open(struct ctx *c, const char *id, struct json_object **import) must_check;

/* How its file is read, as its document says; its texts are the document's. */
struct import_options import_options_of(struct ctx *c, struct json_object *import);

/* Reads its files by other options and keeps the preview: PREVIEWED. What the scan says of the
   corrections stands in them. */
enum err import_read_again(struct ctx *c, struct json_object *import,
                           const struct import_options *options) must_check;
