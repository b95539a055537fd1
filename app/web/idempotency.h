/* Idempotency-Key: the same unsafe call twice is carried out once and answered twice alike. */
#pragma once

#include "web/request.h"

/* Takes the key of the request, if it has one, in the transaction at hand. A key is its caller's:
   others may use the same. *replayed: the answer of the first call is in the reply. ERR_CONFLICT:
   the first is under way; ERR_INVALID: the key was used for another request, or is none. */
enum err idempotency_take(struct request *r, struct reply *p, bool *replayed) must_check;

/* Keeps the answer in the same transaction. */
enum err idempotency_keep(struct request *r, const struct reply *p) must_check;
