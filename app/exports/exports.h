/* Exports: what a filter of communications means, or of shipments, as a file to download.

   The job exports.run {exportId} writes it into the blob store row by row, whole or not at all. A
   worker that dies leaves nothing of it, and the next one begins anew. Each building's year is read
   at one moment, the years one after the other. Who asked sees in it what he might see both when he
   asked and when it is written. The file goes after settings.export_days; its line stays until
   somebody deletes it. One of the format "evidence", which only a bulk action asks for, is a ZIP of
   packs (evidence/evidence.h) in place of rows. Shipments are of no building: asked for, written
   and downloaded are those only by who sees all. */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"
#include "jobs/jobs.h"

#include <json-c/json.h>

extern const struct domain exports_domain;
/* NULL at the end; the row formats are those that a filter alone may ask for. */
extern const char *const export_whats[], *const export_states[], *const export_formats[],
                                                                     *const export_row_formats[];

/* How long a link works that export_get gives. */
#define EXPORT_LINK_SECONDS 3600

struct export_new {
    const char *what;           /* one of export_whats; NULL: communications */
    const char *format;         /* one of export_formats */
    struct json_object *filter; /* as messages/filter.h makes it; {status, carrier, shop} of
                                   shipments, texts, each may be absent */
    const char *listed; /* in words what it is of, where that is named one by one: the caller adds
                           the rows of communication_export_items; NULL: what the filter means */
};

/* Keeps an export with its job, in the transaction at hand, and tells the audit trail. */
enum err export_add(struct ctx *c, const struct export_new *n, const char **id) must_check;

/* The document of exports/shapes.c. Of a file that is there, and whose buildings the actor may all
   see, it has a link. ERR_NOT_FOUND: absent, or of somebody else and not for those who see only
   some buildings. */
enum err export_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* The newest hundred. */
enum err export_list(struct ctx *c, struct json_object **out) must_check;

/* Deletes it and its file; one under way stops. ERR_NOT_FOUND; ERR_DENIED: somebody else's, and the
   actor is no admin. */
enum err export_delete(struct ctx *c, const char *id) must_check;

/* Stops one where it is; one that is resumed begins anew. What has ended meanwhile stays as it is.
   The caller tells the audit trail. Whoever locks one and what it was asked for by locks it first.
 */
enum err export_lock(struct ctx *c, const char *id) must_check;
enum err export_pause(struct ctx *c, const char *id) must_check;
enum err export_resume(struct ctx *c, const char *id) must_check;
enum err export_cancel(struct ctx *c, const char *id) must_check;

/* What became of one that was asked for with `listed`. */
struct export_end {
    const char *id;
    const char *written; /* ids of the communications in its file, as an array of SQL; NULL: none */
    const char *error;   /* why there is no file; NULL: there is one, or it was deleted */
    const struct actor *asker; /* as he stands now; NULL: not known */
};

/* Asked of the room that asks for such ones (bulk/exported.c), in the transaction of the end. */
enum err export_ended(struct ctx *c, const struct export_end *end) must_check;

/* A filter of shipments in words: "Shipments, in transit, by dhl". */
const char *export_shipment_words(struct ctx *c, struct json_object *filter);

/* A filter in words: "Lindenhof 12, 2025, failed or returned, not by SMS". */
enum err export_words(struct ctx *c, struct json_object *filter, const char **out) must_check;

/* ---- jobs ---- */
enum err export_run(struct job *j) must_check;
enum err export_expire(struct job *j) must_check;
