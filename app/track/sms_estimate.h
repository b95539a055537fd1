/* What SMS cost before they are sent. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* {text, encoding, units, parts, foreign, warning, cost, currency, dryRun} of a text, by the prices
   of the tenant's SMS account; cost and currency null where it sets none, dryRun: there is none. */
enum err sms_estimate_text(struct ctx *c, const char *text, struct json_object **out) must_check;

/* {messages, parts, inSeveralParts, unicode, withoutNumber, suppressed, cost, currency, dryRun,
   warning, example} of the SMS of a batch that were not sent yet; the example is one of the
   longest, as sms_estimate_text tells it; warning and example null where there is none.
   ERR_NOT_FOUND: absent or not granted. */
enum err sms_estimate_batch(struct ctx *c, const char *batch_id,
                            struct json_object **out) must_check;
