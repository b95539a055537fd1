/* Making packs: what the files of this room share. */
#pragma once

#include "evidence/inclusion.h"
#include "evidence/zip.h"

struct pack_manifest {
    const char *id; /* of the communication, as its row has it */
    const char *sha256;
    size_t size;
};
/* Adds the entries of a pack below `folder` ("" or "name/"), which must not be there yet. What it
   needs is in c's arena. Below a folder it has no README.txt: the set has one. ERR_NOT_FOUND:
   absent or not granted; nothing was added. */
enum err pack_add(struct ctx *c, struct zip *z, struct day_trees *trees, const char *folder,
                  const char *id, struct pack_manifest *out) must_check;

/* The name in a pack of a row of evidence_files: "attachments/2.pdf". */
const char *evidence_file_name(struct arena *a, const PGresult *files, int i);
