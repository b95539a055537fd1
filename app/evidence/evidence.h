/* Evidence packs: what is known of a communication as a ZIP that a stranger can check by himself.

   A pack holds summary.pdf in the message's language, message.json, timeline.jsonl with what each
   event's hash is made of, the files of the content, of what was attached and of what proves it,
   SHA256SUMS, manifest.json and README.txt, which tells how to check it. Nothing in it tells who
   made it or when: the same facts make the same bytes. What retention took is named as removed. */
#pragma once

#include "base/domain.h"
#include "evidence/zip.h"

extern const struct domain evidence_domain;

#define EVIDENCE_FORMAT "track-center-evidence/1"
#define EVIDENCE_SET_FORMAT "track-center-evidence-set/1" /* of many packs */

/* One pack, in the transaction at hand: its file in the store, and an entry of the audit trail.
   ERR_NOT_FOUND: absent or not granted. */
enum err evidence_make(struct ctx *c, const char *id, struct blob *out) must_check;

struct evidence_part {
    const char *manifest; /* its SHA-256 */
    size_t size;          /* of the manifest */
};
/* Adds the entries of a pack below `folder` ("" or "name/"), which must not be there yet. What it
   needs is in c's arena. ERR_NOT_FOUND as above, with nothing added. */
enum err evidence_add(struct ctx *c, struct zip *z, const char *folder, const char *id,
                      struct evidence_part *out) must_check;

/* How to check a pack, as its README.txt. */
extern const char evidence_readme[];
