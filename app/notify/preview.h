/* How a notification would read, and a test of it to oneself. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"
#include "web/input.h"

#include <json-c/json.h>

#define NOTICE_TEST_JOB "notify.test" /* {userId, email, type, language, shipmentId, testId} */

struct notice_preview {
    const char *type;
    const char *language;    /* NULL: that of the shipment's customer, else of the house */
    const char *shipment_id; /* NULL: of an example */
};

extern const char *const notice_languages[]; /* there are words in; NULL at the end */

/* {type, language, subject, text, html, trackingUrl}; nobody is told. ERR_INVALID with a fault for
   shipmentId: there is no such shipment. */
enum err notice_preview(struct ctx *c, const struct notice_preview *q,
                        struct json_object **out) must_check;

/* The shipment that a person means by its id, its tracking number or its order's number, the newest
   where it is of several: {shipmentId, trackingNumber, orderId, orderNumber}. ERR_INVALID with a
   fault for `shipment`: there is none. */
enum err notice_shipment(struct ctx *c, const char *named, struct json_object **out) must_check;

/* Has a job send it by e-mail to who asks, and to nobody else: {to, type, language, subject}.
   ERR_CONFLICT: he has no address, or there is no account for e-mail. */
enum err notice_test(struct ctx *c, const struct notice_preview *q,
                     struct json_object **out) must_check;

enum err notice_test_run(struct job *j) must_check;
