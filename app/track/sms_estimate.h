/* What SMS cost before they are sent. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <libpq-fe.h>
#include <stdint.h>

/* The prices of the tenant's SMS account. */
struct sms_prices {
    struct json_object *settings; /* NULL: no account, or none that is on */
    bool dry_run;                 /* there is none */
};
enum err sms_prices_load(struct ctx *c, struct sms_prices *out) must_check;
const char *sms_prices_currency(const struct sms_prices *p); /* NULL: none is set */

/* {text, encoding, units, parts, foreign, warning, cost, currency, dryRun} of a text, by the prices
   of the tenant's SMS account; cost and currency null where it sets none, dryRun: there is none. */
enum err sms_estimate_text(struct ctx *c, const char *text, struct json_object **out) must_check;

/* {messages, parts, inSeveralParts, unicode, withoutNumber, suppressed, cost, currency, dryRun,
   warning, example} of the SMS of a batch that are to be sent; the example is one of the longest,
   as sms_estimate_text tells it; warning and example null where there is none. ERR_NOT_FOUND:
   absent or not granted. */
enum err sms_estimate_batch(struct ctx *c, const char *batch_id,
                            struct json_object **out) must_check;

/* Whether the actor may see the batch whose cost is asked for. ERR_NOT_FOUND: absent or not
 * granted.
 */
enum err cost_may_see(struct ctx *c, const char *batch_id) must_check;

/* ---- of many ---- */

#define SMS_LONG_SHOWN 20

struct sms_tally {
    int64_t messages; /* that go: with a number, and nothing against it */
    int64_t parts, several, unicode, without, suppressed;
    int64_t micros, unpriced; /* of those with a price; messages without one */
    int most;                 /* parts of the example */
    const char *example;
    const char *warning; /* of the first one that has any */
    struct {
        int row;           /* of the first that take several parts */
        const char *words; /* "2 parts of UCS-2: “ł” (U+0142)" */
    } longs[SMS_LONG_SHOWN];
    int longs_count;
};

/* Adds what rows of messages come to, each written as it would be sent: the columns of
   sms_estimate_rows. */
enum err sms_tally_add(struct ctx *c, PGresult *rows, const struct sms_prices *prices,
                       struct sms_tally *t) must_check;

/* The same of what is due of a batch; *rows are its rows. */
enum err sms_tally_batch(struct ctx *c, const char *batch_id, const struct sms_prices *prices,
                         PGresult **rows, struct sms_tally *t) must_check;
