/* Front's application webhooks, and the conversations that may be an order's. */
#pragma once

#include "inbox/inbox.h"

#include <json-c/json.h>

#define FRONT_HOOK_PATH "/api/webhooks/front"

extern const struct hook thread_hooks[];

/* Adds to the page of an order what may be its conversation: suggestions, anySuggestions. */
enum err view_suggestions(struct ctx *c, struct json_object *order) must_check;
