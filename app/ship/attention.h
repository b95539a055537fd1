/* What a shipment asks of those who look after it. The database keeps it in the row, by the one
   priority written there (shipment_attention in the migrations), wherever the row changes; the
   clock moves it by the job ship.watch. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

struct job;

extern const char *const attention_names[];   /* in the order of the board; NULL at the end */
extern const char *const attention_reasons[]; /* of act_now; NULL at the end */
extern const char *const claim_names[];       /* that have a time; NULL at the end */

/* Moves what the clock has come to; what has been quiet for longer than its lane allows is silent
   from here on: its timeline says so, and SHIPMENT_SILENT is emitted, once for each silence. */
enum err shipments_watch(struct job *j) must_check;

/* Measures the usual time between two scans, of each carrier and of its lanes. */
enum err lanes_make(struct job *j) must_check;

/* Notes that somebody saw to what it asks for, so that it asks for it no more. ERR_CONFLICT: it
   asks for nothing that is seen to here; ERR_NOT_FOUND. */
enum err shipment_answer(struct ctx *c, const char *id, const char *note) must_check;

/* To a shipment's document: attention, attentionReason, attentionAt, claimDueAt, hoursLeft,
   silentSince, expectedOn, expectedUntil, and its estimates, told last first. */
enum err attention_add(struct ctx *c, const char *id, struct json_object *d) must_check;

/* One time that is left to claim something. */
struct claim_term {
    const char *carrier; /* its code; NULL: of all that have none of their own */
    const char *claim;   /* one of claim_names */
    long hours;          /* 0: as if it had never been set */
};

/* {terms: [{carrier, claim, hours, own}]}: of all carriers, then those of single ones. */
enum err terms_get(struct ctx *c, struct json_object **out) must_check;

/* Sets one, and has what waits for it, or waited in vain, looked at anew. ERR_INVALID names the
 * field. */
enum err terms_set(struct ctx *c, const struct claim_term *t) must_check;
