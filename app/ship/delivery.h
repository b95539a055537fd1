/* Deliveries: an order's parcel handed to a carrier, once; and what went wrong with them. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"
#include "ship/delivery_run.h"
#include "web/shape.h"

#include <json-c/json.h>
#include <stdbool.h>

/* What a delivery is asked for with; texts are NULL where not given. */
struct delivery_new {
    const char *purchase_order_id; /* NULL: the order's only one; of none, one is made */
    const char *carrier;           /* one of carrier_names; NULL: the account's, or the first */
    const char *account_id;        /* at the carrier; NULL: its first that is on */
    const char *pickup_location;   /* as the carrier knows it */
    const char *pickup_on;         /* a day: 2026-05-12 */
    const char *courier_id;        /* the carrier's; NULL: it chooses */
    const char *payment_method;    /* "prepaid", "cod"; NULL: prepaid */
    long parcel;                   /* 0: 1 */
    long weight_grams, length_mm, breadth_mm, height_mm;
};

extern const char *const payment_methods[]; /* NULL at the end */

/* Reserves a delivery and has it run. *again: there was one, saved, which this is. One that failed
   goes on where it was asked for alike. ERR_CONFLICT: one is under way (*under_way is its id, else
   NULL), failed and was asked for otherwise, or the order takes none; ERR_INVALID names the
   field. */
enum err delivery_add(struct ctx *c, const char *order_id, const struct delivery_new *n,
                      const char **id, bool *again, const char **under_way) must_check;

/* Goes on with one that failed. ERR_CONFLICT: it has not. */
enum err delivery_retry(struct ctx *c, const char *id) must_check;

/* Takes back one that is not saved, at the carrier too; by the worker. ERR_CONFLICT: it is saved,
   or was cancelled. */
enum err delivery_cancel(struct ctx *c, const char *id) must_check;

enum err delivery_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* {deliveries}, of an order, the newest first. ERR_NOT_FOUND: no such order. */
enum err delivery_list(struct ctx *c, const char *order_id, struct json_object **out) must_check;

/* The live one of an order's parcel, or the one cancelled last. */
enum err delivery_of(struct ctx *c, const char *order_id, long parcel,
                     struct json_object **out) must_check;

extern const struct shape delivery_shape, delivery_list_shape;

/* ---- storage (delivery_storage.c) ---- */

/* In Postgres. `of` is the job whose end is in the last step's transaction; NULL for reserve and
   get, which run in the transaction at hand where there is one, else in their own. */
struct delivery_storage delivery_storage_pg(struct job *job);

/* ---- the job (delivery_job.c) ---- */

/* Adds it, in the transaction at hand. */
enum err delivery_job_add(struct ctx *c, const char *id) must_check;
extern const struct job_kind delivery_jobs[];

/* ---- failures (failure.c) ---- */

/* Notes that another asked for a delivery that is under way. In the transaction at hand. */
enum err failure_concurrent(struct ctx *c, const char *delivery_id) must_check;

/* Notes what a run says is wrong, and what of it is over. In the transaction at hand. */
enum err failure_keep(struct ctx *c, const struct reservation *r) must_check;

struct failure_query {
    const char *state; /* "open", "all"; NULL: open */
    const char *after;
};

/* {failures, next}, the newest first, 50 at a time. */
enum err failure_list(struct ctx *c, const struct failure_query *q,
                      struct json_object **out) must_check;

/* Those of a delivery, as an array: the newest 50. */
enum err failures_of(struct ctx *c, const char *delivery_id, struct json_object **out) must_check;
enum err failure_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Goes on with its delivery. ERR_CONFLICT: that has not failed. */
enum err failure_retry(struct ctx *c, const char *id) must_check;

/* Notes that somebody saw to it. ERR_CONFLICT: it was resolved before. */
enum err failure_resolve(struct ctx *c, const char *id) must_check;

extern const char *const failure_states[]; /* "open", "all"; NULL at the end */
extern const struct shape failure_shape, failure_list_shape;
