/* What carriers' codes mean: the worklist of those that nobody could read, and staff's own readings
   of them, which win over the tables built in. */
#pragma once

#include "base/ctx.h"
#include "carriers/scan.h"
#include "jobs/jobs.h"

#include <json-c/json.h>

extern const struct domain codes_domain;

extern const char *const code_meanings[]; /* the statuses of a shipment and "nothing"; NULL last */

/* ---- on the way in ---- */

/* Reads each scan by staff's own mapping, where there is one. In the transaction at hand. */
enum err codes_apply(struct ctx *c, struct scan *list, size_t n) must_check;

/* Puts on the worklist what could not be read; added[i] tells which scans were new. After the
   shipment's lock, in its transaction. */
enum err codes_collect(struct ctx *c, const char *shipment_id, const struct scan *list,
                       const bool *added, size_t n) must_check;

/* ---- the worklist ---- */

struct code_query {
    const char *state; /* "open", "mapped", "all"; NULL: open */
    const char *after;
};

struct code_new {
    const char *carrier, *code, *meaning;
};

/* {codes, next}: those seen last first. */
enum err code_list(struct ctx *c, const struct code_query *q, struct json_object **out) must_check;
enum err code_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Maps a code that need not have been seen yet; audited. ERR_CONFLICT: it is listed already. */
enum err code_add(struct ctx *c, const struct code_new *n, const char **id) must_check;

/* Sets what a code means; NULL: what the built-in tables say. Audited where it is another than it
   was. */
enum err code_map(struct ctx *c, const char *id, const char *meaning) must_check;

/* ---- over what was kept ---- */

/* What a re-run would do now: {scans, shipments, change, stay, notices, complete, changes: [{from,
   to, shipments}]}. Of more than 5,000 scans those looked at, and complete is false. */
enum err code_preview(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Has every scan of a code read anew by its mapping, muted; audited. ERR_CONFLICT: it is not
   mapped, or a re-run is under way. */
enum err code_rerun(struct ctx *c, const char *id) must_check;

/* The job ship.reread {codeId, revision, after}: fifty shipments of a re-run, then the next. */
enum err code_reread(struct job *j) must_check;
