/* Checking that what was written is still what it was: timelines, the audit trail, records of
   what retention took out, daily roots. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"
#include "proof/chain.h"

/* The first thing of its kind that is not as it was written. */
struct finding {
    const char *kind; /* "timeline", "parcel", "audit", "retention" or "day" */
    enum chain_break what;
    const char *sentence;                       /* in plain words, naming it */
    const char *communication_id, *shipment_id; /* NULL where it is about none */
    const char *event_id, *day;                 /* the same, or it is gone */
    long long seq;                              /* of the event or entry; 0: of none */
};

struct verification {
    long long communications, shipments, events, entries, days; /* events of both */
    long long broken, broken_shipments; /* communications, shipments whose timeline does not hold */
    struct finding findings[5];
    int n; /* of findings, one of a kind at most */
};

/* Each checks all of its kind of the tenant at hand, outside a transaction, and adds what it found.
   j may be NULL; else its lease is kept. */
enum err timelines_verify(struct ctx *c, struct job *j, struct verification *v) must_check;
enum err parcels_verify(struct ctx *c, struct job *j, struct verification *v) must_check;
enum err audit_verify(struct ctx *c, struct verification *v) must_check;
enum err purges_verify(struct ctx *c, struct verification *v) must_check;
enum err days_verify(struct ctx *c, struct job *j, struct verification *v) must_check;

/* All of them. */
enum err proof_verify(struct ctx *c, struct job *j, struct verification *out) must_check;

/* "changed", "removed" or "inserted" */
const char *chain_break_name(enum chain_break what);

/* Adds a finding. */
void finding_add(struct verification *v, struct finding f);

/* A finding as documents have it. */
struct json_object *finding_json(const struct finding *f);
