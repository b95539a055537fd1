/* Letters: runs that print and post what is ready, letters that come back, how letters look. */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"
#include "jobs/jobs.h"
#include "web/web.h"

#include <json-c/json.h>

extern const struct domain letters_domain;

/* A run goes MAKING → READY → PRINTED → LODGED → CLOSED; FAILED where its file could not be made,
   CANCELLED before it was printed. A run holds letters of the buildings that its maker was granted;
   only who is granted all of them sees it: its file shows every letter. */
extern const char *const print_run_states[],
    *const print_run_orders[], *const print_separators[],
                                   *const print_labels[],
                                       *const return_reasons[]; /* NULL at the end */

/* ---- runs (run.c) ---- */

struct print_run_new {
    const char *building, *batch; /* uuids; NULL: any */
    long year;                    /* 0: any */
    const char **ids;             /* these communications; NULL: all that are ready */
    const char *order;            /* one of print_run_orders; NULL: walk */
    const char *separators;       /* one of print_separators; NULL: building */
    const char *label_layout;     /* one of print_labels; NULL: the first one */
    long label_start;             /* 0: 1 */
};

/* Takes what is ready and in no run, at most PRINT_RUN_MAX letters, and adds the job that makes the
   file. ERR_CONFLICT: nothing is ready; ERR_INVALID: a letter of `ids` is not. */
#define PRINT_RUN_MAX 5000
enum err print_run_add(struct ctx *c, const struct print_run_new *n, const char **id) must_check;

/* Frees its letters. ERR_CONFLICT: it was printed. */
enum err print_run_cancel(struct ctx *c, const char *id) must_check;

struct print_run_query {
    const char *building, *after;
    long year;
};

/* The documents of shapes.c; the newest fifty. ERR_NOT_FOUND: absent or not granted. */
enum err print_run_get(struct ctx *c, const char *id, struct json_object **out) must_check;
enum err print_run_list(struct ctx *c, const struct print_run_query *q,
                        struct json_object **out) must_check;
enum err print_run_pieces(struct ctx *c, const char *id, long after,
                          struct json_object **out) must_check;

/* Letters that wait for a run, by building and year: [{building, year, letters, sheets, …}]. */
enum err letters_ready(struct ctx *c, const char *building, long year,
                       struct json_object **out) must_check;

/* ---- printing and posting (post.c) ---- */

enum err print_run_printed(struct ctx *c, const char *id) must_check;

struct lodgement {
    long accepted;
    const char *at;        /* RFC 3339; NULL: now, or `on` and `time` */
    const char *on, *time; /* "2026-05-03", "16:12" where the tenant is; NULL */
    const char *missing;   /* numbers of the letters that the post did not take: "3, 17"; NULL */
};

/* Handed in at the post office, with the scan of the stamped slip where there is one; again to
   correct it until the run is closed. Where the post took fewer than there are, no letter is told
   to be handed in before the number is corrected or the missing ones are named; what was told
   before is taken back. A letter is told once, and again where it is better proven. ERR_INVALID:
   as many are not missing; ERR_CONFLICT: not printed yet, or closed. */
enum err print_run_lodged(struct ctx *c, const char *id, const struct lodgement *l,
                          const struct upload *slip) must_check;

/* Letters that were not handed in, or of which nobody knows it, are told so. ERR_INVALID: the post
   took another number, and nobody explains it. */
enum err print_run_close(struct ctx *c, const char *id, const char *explanation) must_check;

/* The number of a registered letter's receipt. */
enum err print_run_receipt(struct ctx *c, const char *id, const char *seq,
                           const char *number) must_check;

/* ---- paper (papers.c) ---- */

enum err print_run_labels(struct ctx *c, const char *id, const char *layout, long start,
                          struct str *pdf) must_check;
enum err print_run_slip(struct ctx *c, const char *id, struct str *pdf) must_check;

/* Keeps both as they are now, in the transaction at hand: from then on they are shown so. */
enum err print_run_keep_papers(struct ctx *c, const char *id) must_check;
enum err print_run_certificate(struct ctx *c, const char *id, struct json_object **out) must_check;

/* ---- letters that came back (returned.c) ---- */

/* *out: {communicationId, recipientName, unit, building, reason, already}. ERR_INVALID: the code is
   none; ERR_NOT_FOUND: no letter of this tenant that the actor may see has it. */
enum err letter_returned(struct ctx *c, const char *code, const char *reason,
                         const struct upload *photo, struct json_object **out) must_check;

/* ---- the job (make.c) ---- */
extern const struct job_kind letters_jobs[];
extern const struct schedule letters_schedules[];

/* Makes a run's file at once, outside any transaction: what its job does. */
enum err print_run_make(struct ctx *c, const char *id) must_check;

/* Makes the letters of a demo that was loaded: the older ones in a run that is closed, the others
   wait. */
enum err letters_demo(struct ctx *c) must_check;
