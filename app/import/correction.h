/* Corrections of single cells: kept beside the file of an import, which stays as it was uploaded.
 */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <stdbool.h>

#define CORRECTIONS_MAX 5000 /* of an import */

struct import_mend {
    long line;
    const char *column; /* as the file's header writes it, or a field of the import's preview */
    const char *value;  /* "": the cell is emptied */
    bool alike;         /* and in all rows that are listed with the same error of the same value */
};

/* Corrects a cell, once more where it was corrected, and previews the import anew; a value that the
   file has there takes a correction back. ERR_INVALID: no row on that line, no such column, too
   long a value, too many corrections; else as of import_open (kept.h). */
enum err import_correct(struct ctx *c, const char *id, const struct import_mend *mend) must_check;

/* Takes a correction back, or all that put the same value in the place of the same in its column,
   and previews the import anew. ERR_NOT_FOUND; ERR_CONFLICT. */
enum err import_take_back(struct ctx *c, const char *id, const char *correction_id,
                          bool alike) must_check;

/* [{id, line, column, value, was, correctedAt, correctedByName}], by line. */
enum err import_corrections(struct ctx *c, const char *id, struct json_object **out) must_check;
