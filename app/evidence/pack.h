/* What the files of this room share. */
#pragma once

#include "base/arena.h"

#include <libpq-fe.h>

/* The name in a pack of a row of evidence_files: "attachments/2.pdf". */
const char *evidence_file_name(struct arena *a, const PGresult *files, int i);
