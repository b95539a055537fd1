/* Running a delivery exactly once, whatever dies on the way: which call to a carrier comes next,
   and when one may be repeated. Knows no database.

   A call is begun only after that it begins was written. Where its outcome is not known, as no
   answer came or the worker died, it rests for the settle time, is looked for at the carrier, rests
   once more and is looked for again; only what was surely not there twice is repeated, with the
   same reference. */
#pragma once

#include "base/ctx.h"
#include "carriers/carrier.h"

#include <stdbool.h>
#include <stdint.h>

enum run_step { RUN_CREATE, RUN_AWB, RUN_PICKUP, RUN_SAVE, RUN_DONE };

enum run_state {
    RUN_RUNNING,
    RUN_WAITING, /* goes on by itself, later */
    RUN_FAILED,  /* goes on when a person says so */
    RUN_SAVED,   /* a shipment */
    RUN_CANCELLED
};

extern const char *const run_step_names[], *const run_state_names[]; /* NULL at the end */

/* What went wrong with a step. */
struct run_failure {
    const char *step;  /* of run_step_names, or "cancel" */
    const char *kind;  /* "refused", "unknown", "limited", "unreachable" */
    const char *retry; /* "none", "waits", "exhausted" */
    int64_t next_ms;   /* of the epoch: when it is tried again, where it waits */
    const struct carrier_result *said;
};

/* A delivery that somebody asked for: one an order and parcel, but for those cancelled. */
struct reservation {
    const char *id, *order_id, *purchase_order_id, *carrier;
    const char *account_id; /* at the carrier; NULL in a dry run */
    const char *our_ref;
    int parcel; /* 1, 2, … of its order */
    bool dry_run;
    struct json_object *asked;   /* the input it was asked for with */
    struct json_object *request; /* of struct parcel */
    enum run_state state;
    enum run_step step; /* that is open */
    int64_t begun_ms;   /* of a call whose outcome is not known: its begin, or when that was told;
                           0: there is none */
    int tries;          /* calls of this step that may have been carried out */
    int looks;          /* how often the one not known was looked for in vain */
    bool cancelling;    /* a person wants it back */
    struct parcel_known known;
    struct json_object *results; /* {create, awb, pickup}: the carrier's answers */
    int64_t fence;
    const char *shipment_id;       /* once saved */
    const struct run_failure *why; /* what `save` keeps with it; NULL: nothing went wrong */
};

struct delivery_storage {
    void *of;
    /* Adds `wanted` where its order has no live one of that parcel. ERR_CONFLICT: it has; *out is
       that one, as it stands. */
    enum err (*reserve)(void *of, struct ctx *c, const struct reservation *wanted,
                        struct reservation *out);
    enum err (*get)(void *of, struct ctx *c, const char *id, struct reservation *out);
    /* Writes how far it is, with r->why, if nobody has written since it was read; r->fence goes up.
       ERR_CONFLICT: somebody has: stop. With RUN_SAVED it makes the shipment and sets shipment_id;
       ERR_INVALID, with the problem's sentence: that cannot be made. With RUN_SAVED, RUN_FAILED and
       RUN_CANCELLED the job ends. All of it in one transaction. */
    enum err (*save)(void *of, struct ctx *c, struct reservation *r);
};

struct delivery_run {
    struct carrier_call *call;
    const struct carrier *carrier;
    const struct delivery_storage *storage;
    struct reservation *r;
    int64_t settle_ms;
    bool last_try; /* what would be tried again has failed now */
    /* Set with ERR_RETRY: */
    int wait_seconds; /* 0: as long as the caller waits by itself */
    bool settling;    /* nothing failed: the time has not come */
};

/* Goes on from the open step. OK: it is saved, failed or cancelled, as r->state says. ERR_RETRY:
   call it again later. ERR_CONFLICT: somebody else has written. Others: the storage's. */
enum err delivery_drive(struct delivery_run *run) must_check;
