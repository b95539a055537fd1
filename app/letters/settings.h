/* How letters look, as the API and the page set it. */
#pragma once

#include "track/letter_settings.h"

#include <json-c/json.h>

/* The document of letter_settings_shape. */
enum err settings_get(struct ctx *c, struct json_object **out) must_check;
enum err settings_put(struct ctx *c, const struct letter_settings *s,
                      struct json_object **out) must_check;

/* The same with what the page offers: forms, lines, prices. */
enum err settings_page(struct ctx *c, struct json_object **out) must_check;

/* The sheets of labels as choices: [{value, label, selected}]. */
struct json_object *label_choices(const char *chosen);
