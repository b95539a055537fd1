/* Deliveries of a unit that people record: what no message here tells of. */
#pragma once

#include "base/ctx.h"
#include "web/web.h"

#include <json-c/json.h>
#include <libpq-fe.h>

extern const struct domain delivery_domain; /* …/delivery-record, and its form */

extern const char *const delivery_methods[]; /* NULL at the end */
const char *delivery_method_word(const char *method);

struct delivery {
    long year;
    const char *method; /* one of delivery_methods: with the year, which record */
    const char *dispatched_at, *delivered_at; /* as when_read takes them; NULL: as they were */
    const char *note;                         /* NULL: as it was */
};

/* Makes or changes the record of a unit, year and method, and adds the uploads of the request named
   attachments. ERR_NOT_FOUND: no such unit, or not granted; ERR_INVALID names the fields. */
enum err delivery_put(struct req *r, const char *unit_id, const struct delivery *d) must_check;

/* Queues the statement of a unit's records of a year; NULL is the latest. */
enum err deliveries_ask(struct ctx *c, const char *unit_id, const char *year,
                        PGresult **rows) must_check;

/* They as a list, for a page with words. */
struct json_object *deliveries_show(struct ctx *c, const PGresult *rows, bool page);

extern const struct shape delivery_record_shape;
