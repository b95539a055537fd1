/* What a carrier is asked of a shipment: documents, a pickup, to take it back or bring it back. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"
#include "web/shape.h"

#include <json-c/json.h>
#include <stdbool.h>

enum act {
    ACT_LABEL,
    ACT_MANIFEST,
    ACT_INVOICE,
    ACT_PICKUP,
    ACT_CANCEL,
    ACT_RETURN,
    ACT_NDR,
    ACT_SERVICEABILITY,
    ACT_COUNT
};

extern const char *const act_names[];   /* by act, as in addresses; NULL at the end */
extern const char *const ndr_answers[]; /* "re-attempt", …; NULL at the end */

/* What may be told with it; texts are NULL where not given. */
struct act_input {
    const char *action, *comments, *deferred_on; /* of ACT_NDR */
    const char *pickup_on;                       /* of ACT_PICKUP: a day */
    const char *pickup_postal_code;              /* of ACT_SERVICEABILITY; NULL: the account's */
};

/* Has the carrier asked by the worker; *id is that of the act, or of the one alike that waits.
   ERR_CONFLICT, with the reason: the carrier or the shipment's state does not allow it; ERR_INVALID
   names the field; ERR_NOT_FOUND: no such shipment. */
enum err act_ask(struct ctx *c, const char *shipment_id, enum act act, const struct act_input *in,
                 const char **id) must_check;

/* {acts}: those of a shipment, the newest 50 first. ERR_NOT_FOUND: no such shipment. */
enum err act_list(struct ctx *c, const char *shipment_id, struct json_object **out) must_check;
enum err act_get(struct ctx *c, const char *shipment_id, const char *id,
                 struct json_object **out) must_check;

struct act_document {
    const char *sha256, *content_type, *name; /* name: of the file, "label 29050011223344.pdf" */
};

/* ERR_NOT_FOUND: none came of it. */
enum err act_document(struct ctx *c, const char *shipment_id, const char *id,
                      struct act_document *out) must_check;

/* Adds to a shipment, as it is shown, `acts` and what its page may ask for: `canAsk`, and of each
   act `ask<Act>` where its state allows it; `poll` where one waits. */
enum err act_put(struct ctx *c, struct json_object *shipment) must_check;

/* Whether a carrier can be asked what came of one whose answer was lost. */
bool act_can_be_looked_for(enum act act);

/* The job ship.carrier_act {actId}. One that may not be done twice is looked for, and waited for,
   before it is called again; where nobody can tell it ends as `unknown`. */
enum err act_run(struct job *j) must_check;

extern const struct shape act_shape, act_list_shape;
