/* Which events of a communication's timeline speak for what its head says of it. */
#pragma once

#include <json-c/json.h>

/* All of them take the communication's document with its events, the latest first, and answer with
   one of these events, borrowed; NULL: there is none. */

/* That which the status stands on: of the status's own grade, the latest that led to it; or that
   tells how it goes on meanwhile, as a delay does. What speaks against the status is none. */
struct json_object *claim_of_status(struct json_object *communication);

/* That it was delivered, in the attempt at hand: the one vouched for best, of equals the first.
   Of inferences none. */
struct json_object *claim_of_delivery(struct json_object *communication);
