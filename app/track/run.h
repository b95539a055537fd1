/* Runs: a batch on its way from its data over check, preview, approval and sending to its closing.
 */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"
#include "jobs/jobs.h"

#include <json-c/json.h>
#include <libpq-fe.h>

extern const struct domain runs_domain;

/* What may be done is refused with ERR_CONFLICT and a sentence where the run's state forbids it,
   and answered with ERR_NOT_FOUND where the run is absent or not granted; it is audited, and all is
   one transaction, the caller's. */

/* ---- as documents ---- */

/* {runs, previous, next}, newest first, 50 at a time. */
enum err runs_list(struct ctx *c, const char *after, const char *path,
                   struct json_object **out) must_check;

/* All steps of a run in one document (runs_shape). */
enum err runs_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* A run's phase in a word or two: "Paused"; `sent` are all messages that left, `dry` those of them
   that our own stand-in took. */
const char *runs_phase_word(const char *phase, long long sent, long long dry);

/* The counts and what did not arrive, to be kept or printed (runs_report_shape). */
enum err runs_report(struct ctx *c, const char *id, struct json_object **out) must_check;

/* What was done with it, by whom: [{at, what, actorName, note, messages, sentence}], the latest
   first; of a run that was asked for. */
extern const char *const runs_deeds[]; /* NULL at the end */
enum err runs_log(struct ctx *c, const char *batch_id, struct json_object **out) must_check;

/* What became of the messages of a run, of rows of runs_channels. */
struct json_object *runs_counts(const PGresult *channels);

/* Why a run with such counts cannot be closed: drafts that were not left out, held or waiting
   messages; NULL: it can. */
const char *runs_unfinished(struct ctx *c, struct json_object *counts);

/* One message of a run as its recipient sees it, with its neighbours and the odd ones; the first by
   its unit for NULL. */
enum err runs_preview(struct ctx *c, const char *id, const char *communication_id,
                      struct json_object **out) must_check;

/* The HTML of a message of the run. */
enum err runs_preview_html(struct ctx *c, const char *id, const char *communication_id,
                           const char **out) must_check;

/* ---- check ---- */

/* Adds {errors, warnings, blocking, leftOut} of rows of runs_faults. */
void check_show(struct ctx *c, const PGresult *faults, const PGresult *sizes,
                struct json_object *to);

/* Adds the warning of SMS of several parts. */
enum err check_texts(struct ctx *c, const char *batch_id, struct json_object *check) must_check;

/* ERR_CONFLICT while messages with errors are neither mended nor left out. */
enum err check_gate(struct ctx *c, const char *batch_id) must_check;

/* Leaves messages out of the sending for a fault, one or all of its kind (communication_id NULL),
   or takes them in again; *n counts them. */
enum err runs_leave_out(struct ctx *c, const char *batch_id, const char *kind,
                        const char *communication_id, int *n) must_check;
enum err runs_take_in(struct ctx *c, const char *batch_id, const char *kind,
                      const char *communication_id, int *n) must_check;

/* Has the files of batches looked into (an SQL array of ids), those that were not yet. */
enum err runs_check_files(struct ctx *c, const char *batch_ids) must_check;

/* The job track.check_files {batchId}. */
enum err runs_files_job(struct job *j) must_check;
enum err runs_forget_checks(struct job *j) must_check;

/* ---- recipients ---- */

struct recipient { /* NULL: stays as it is; "": is taken away */
    const char *email, *phone, *street, *postal_code, *city, *country;
};

/* Another address for a communication not yet sent, checked as the import checks it. *out: as it is
   now. ERR_INVALID names the fields; ERR_CONFLICT: it was sent. */
enum err recipient_change(struct ctx *c, const char *communication_id, const struct recipient *r,
                          struct json_object **out) must_check;

/* ---- approval ---- */

extern const char *const approval_decisions[]; /* ask, approve, refuse, withdraw */

/* Asks for a second person's word on all that is due, gives it, or takes the question back. */
enum err runs_decide(struct ctx *c, const char *batch_id, const char *decision,
                     const char *note) must_check;

/* Whether `messages` of a locked batch may be sent: *approval is the id of the yes, NULL where none
   is needed. ERR_CONFLICT else. With a yes, nothing of what is due changes before the commit. */
enum err approval_gate(struct ctx *c, const char *batch_id, long long messages,
                       const char **approval) must_check;

/* Whether one message may leave by itself, released or sent again: ERR_CONFLICT where it never went
   and its run needs a yes that nobody said to it, and, for one that `waits`, where its run is
   paused. Of a locked communication. */
enum err approval_alone(struct ctx *c, const char *communication_id, bool waits) must_check;

/* Adds `approval` to the document of a run. */
enum err approval_show(struct ctx *c, const char *batch_id, struct json_object *to) must_check;

/* ---- sending ---- */

enum err runs_pause(struct ctx *c, const char *batch_id, const char *note) must_check;

/* Goes on: what was paused, or what waits for the first ones. */
enum err runs_resume(struct ctx *c, const char *batch_id) must_check;

/* In the job of a communication: ERR_LIMITED where its run is paused, and the others of its group
   wait too. Called outside a transaction. */
enum err runs_waits(struct job *j, const char *communication_id) must_check;

/* The job track.watch_runs: pauses what goes wrong, lets the others follow the first ones. */
enum err runs_watch_all(struct job *j) must_check;

/* The job track.let_go {batchId}. */
enum err runs_let_go(struct job *j) must_check;

/* A message of the run to the asker's own address, marked as a test. */
enum err runs_test(struct ctx *c, const char *batch_id, const char *communication_id) must_check;

/* The job track.send_test {communicationId, email, testId}. */
enum err runs_test_job(struct job *j) must_check;

/* ---- closing ---- */

enum err runs_close(struct ctx *c, const char *batch_id, const char *note) must_check;
enum err runs_reopen(struct ctx *c, const char *batch_id) must_check;

/* ---- settings of the tenant ---- */

struct runs_settings {
    long approval_threshold, canary_over,
        canary_minutes; /* messages, messages, minutes; 0: never */
};
enum err runs_settings_get(struct ctx *c, struct json_object **out) must_check;
enum err runs_settings_set(struct ctx *c, const struct runs_settings *s) must_check;

/* Locks a batch in the transaction at hand; *row is of batch_lock. */
enum err runs_lock(struct ctx *c, const char *batch_id, PGresult **row) must_check;
