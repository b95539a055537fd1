/* Retention: content and personal data end by the clocks of policies; proof stays, but where a
   policy says that it ends as well: then of a message nothing is left but the hashes of its events.
   All in the tenant at hand. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"
#include "web/shape.h"

#include <json-c/json.h>

/* ---- what is set and what was done ---- */

struct retention_policy {
    const char *hint;
    long content_days, person_days, proof_days;
    bool deletes, deletes_proof; /* the last only with the other, and of messages */
};

/* {policies, plan, parts, places, due, planned, held, rows, bytes, runs, removalId} */
enum err retention_document(struct ctx *c, struct json_object **out) must_check;

/* ERR_INVALID with a fault: no hint, or proof would end before what it proves, or of what it does
   not. */
enum err retention_check(struct ctx *c, const struct retention_policy *p) must_check;

/* Sets the policy of a hint, as it is checked. */
enum err retention_set(struct ctx *c, const struct retention_policy *p,
                       struct json_object **out) must_check;

extern const struct shape retention_shape, policy_shape, erasure_shape;

/* ---- doing it, by the worker's role outside a transaction; j may be NULL ---- */

struct retention_done {
    int archives, files, imports; /* bundles made, files unlinked, imports whose files went */
    long long communications, proofs, parcels, inbox_bodies, inbox_requests; /* see struct purge */
};

struct retention_of {
    int64_t at_ms;          /* what is due later does not join */
    const char *removal_id; /* of the removal whose run it is; NULL: by the clocks alone */
};

/* Archives, then takes out what the policies say is to go, then unlinks files that nothing names.
 */
enum err retention_run(struct ctx *c, struct job *j, struct retention_done *out) must_check;
enum err retention_run_of(struct ctx *c, struct job *j, const struct retention_of *of,
                          struct retention_done *out) must_check;

/* One purge in a transaction of its own: the rows, the run with its certificate, the audit trail.
   Either of communications or of parcels, which are orders and shipments without one. The layers
   are "content", "person" or both with a comma between, or of communications "proof" alone, with
   which all of them goes. */
struct purge {
    const char *ids;                                              /* a Postgres array of them */
    const char *layers, *kind, *reason, *archive_id, *removal_id; /* the last two may be NULL */
    int communications, parcels;                                  /* how many; one is 0 */
};
enum err purge_do(struct ctx *c, const struct purge *p) must_check;

/* Unlinks the files of blobs that nothing names and that are older than so many hours; 0: at once,
   those put just now as well. Each is noted with the erasure whose sweep it is; NULL: nobody's. */
enum err files_sweep(struct ctx *c, int hours, const char *erasure_id, int *unlinked) must_check;

/* ---- archives ---- */

struct archive_of {
    const char *batch_id, *building_id, *year, *now_ms;
};

/* Makes the bundle of what is due of a batch and keeps it; its id. */
enum err archive_make(struct ctx *c, struct job *j, const struct archive_of *of,
                      const char **id) must_check;
