/* What a sending costs before it is done: SMS by their parts, letters by weight and sheets. Amounts
   are whole millionths of a currency; what has no price is said so, and never counted as nothing.
 */
#pragma once

#include "track/sms_estimate.h"
#include "web/shape.h"

struct cost;

enum err cost_begin(struct ctx *c, struct cost **out) must_check;

/* Adds SMS: rows as sms_tally_add wants them. */
enum err cost_add_sms(struct cost *k, PGresult *rows) must_check;

/* Adds letters: rows of `channel`, `language`, `n` letters, whose files have so many `pages` and so
   many `sheets` where both sides are printed (null: not looked into yet), and `sample`, one of
   them. Pages of their own are those of the sample: the first of a language is set for it. */
enum err cost_add_letters(struct cost *k, const PGresult *rows) must_check;

/* cost_shape. */
struct json_object *cost_document(struct cost *k);

/* Adds what its table on a page (track/cost.mustache) shows beside it. */
void cost_show(struct ctx *c, struct json_object *document);

extern const struct shape cost_shape;

/* That of all that is due of a batch. ERR_NOT_FOUND: absent or not granted. */
enum err cost_of_batch(struct ctx *c, const char *batch_id, struct json_object **out) must_check;
