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

/* Packs of many messages in one ZIP, a folder each, and a manifest of their manifests. Memory stays
   flat but for a line of that for each. */
struct evidence_set;
#define EVIDENCE_SET_MOST 10000

enum err evidence_set_begin(struct ctx *c, struct evidence_set **out) must_check;
/* Adds one as c's actor may see it, in readings of its own. ERR_NOT_FOUND as above: it is left out.
 */
enum err evidence_set_add(struct evidence_set *s, const struct ctx *c, const char *id) must_check;
enum err evidence_set_finish(struct evidence_set *s, struct blob *out) must_check;

/* How to check a pack, as its README.txt. */
const char *evidence_readme(struct arena *a);
