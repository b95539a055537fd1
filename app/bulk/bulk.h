/* Bulk actions: one deed over many communications, planned, confirmed and done as an object.

   A plan takes a snapshot: its items are what a filter meant, or what was named, at that moment and
   within the actor's grants; later arrivals do not join. It tells what it leaves out and why, and
   is confirmed within ten minutes with its token by who made it; over settings.bulk_type_over items
   with their number typed, over settings.bulk_approve_over with a second person. The job bulk.run
   {bulkId} does it in small transactions that hold each item's deed with its result: a worker that
   dies leaves none half-done, and the next one goes on. Export and evidence are a file: what they
   become is an export, of whose end they have theirs and their items' results. It can be paused,
   resumed and cancelled; hold and release, tag and untag can be taken back for ten minutes after
   their end. */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"
#include "jobs/jobs.h"

#include <json-c/json.h>

extern const struct domain bulk_domain;
extern const char *const bulk_actions[], *const bulk_states[], *const bulk_item_states[];

#define BULK_MOST 100000 /* items of one */
#define BULK_PLAN_SECONDS 600

struct bulk_new {
    const char *action;         /* one of bulk_actions */
    struct json_object *filter; /* as messages/filter.h makes it; NULL: */
    const char *const *ids;     /* of communications, NULL at the end */
    const char *of;             /* what that plan of the same actor was about; NULL */
    const char *channel;        /* of resend, by another way; NULL */
    const char *mark;           /* of mark: what was seen or done */
    const char *format;         /* of export: one of export_row_formats */
    const char *note;           /* NULL */
    const char *tag;            /* of tag and untag */
};

/* Plans it, in the transaction at hand. ERR_INVALID names the field; more than BULK_MOST is one. */
enum err bulk_plan(struct ctx *c, const struct bulk_new *n, const char **id) must_check;

struct bulk_items {
    const char *state; /* only of this one; NULL: all */
    const char *after; /* cursor; NULL */
};

/* The document of bulk/shapes.c with a page of items. ERR_NOT_FOUND: absent, or of somebody else
   and not for those who see only some buildings. */
enum err bulk_get(struct ctx *c, const char *id, const struct bulk_items *items,
                  struct json_object **out) must_check;

/* The newest fifty, without items. */
enum err bulk_list(struct ctx *c, struct json_object **out) must_check;

/* Each in the transaction at hand, with its audit entry. ERR_NOT_FOUND as above; ERR_CONFLICT with
   a sentence where its state does not allow it; ERR_DENIED where it is for somebody else. */
struct bulk_proof {
    const char *token;
    long count; /* as typed; 0: not */
};
enum err bulk_confirm(struct ctx *c, const char *id, const struct bulk_proof *proof) must_check;
enum err bulk_approve(struct ctx *c, const char *id) must_check;
enum err bulk_pause(struct ctx *c, const char *id) must_check;
enum err bulk_resume(struct ctx *c, const char *id) must_check;
enum err bulk_cancel(struct ctx *c, const char *id) must_check; /* what is done stays done */
/* Another action that takes back what this one did. */
enum err bulk_undo(struct ctx *c, const char *id, const char **undo_id) must_check;

/* ---- jobs ---- */
enum err bulk_run(struct job *j) must_check;
enum err bulk_tend(struct job *j) must_check;
