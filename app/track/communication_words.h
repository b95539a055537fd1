/* What pages say of a communication: what happened, what it means, what can be done. */
#pragma once

#include "base/arena.h"

#include <json-c/json.h>

/* Sets happened, means and can of `to`, by the communication's document. */
void communication_words(struct arena *a, struct json_object *communication,
                         struct json_object *to);
