/* Trackers: shipments that Ship24 is asked to track, since it tells of no other. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"

#include <json-c/json.h>

extern const struct domain trackers_domain;

struct tracker_new {
    const char *courier_code; /* Ship24's own; NULL: it finds it out */
    const char *account_id;   /* NULL: the first account of Ship24 */
};

/* Has a shipment tracked; what is tracked or waits for it stays as it is. Audited. ERR_CONFLICT: it
   has no number that Ship24 takes, is a dry run, or is over; or no account has an API key. */
enum err tracker_want(struct ctx *c, const char *shipment_id,
                      const struct tracker_new *n) must_check;

/* The tracker of a shipment. ERR_NOT_FOUND: it has none. */
enum err tracker_get(struct ctx *c, const char *shipment_id, struct json_object **out) must_check;

/* Has Ship24 asked what it knows, or for all it has posted once more. ERR_CONFLICT: it does not
   track it. */
enum err tracker_look(struct ctx *c, const char *shipment_id) must_check;
enum err tracker_resend(struct ctx *c, const char *shipment_id) must_check;

/* The jobs. ship.enrol {accountId}: what is wanted is looked for where it may have been made, and
   made where it is not. ship.track_results and ship.resend {shipmentId}. ship.trackers: of every
   tenant, what is due. */
enum err tracker_enrol(struct job *j) must_check;
enum err tracker_results(struct job *j) must_check;
enum err tracker_resent(struct job *j) must_check;
enum err trackers_due(struct job *j) must_check;
