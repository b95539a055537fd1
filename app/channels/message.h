/* The texts of a message from its templates: subject, plain text and HTML. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

struct message {
    const char *subject, *text, *html;
};

/* Renders message `name` ("statement") in a language (English where it has none of it).
   ERR_NOT_FOUND: no such message. */
enum err message_render(struct ctx *c, const char *name, const char *language,
                        struct json_object *data, struct message *out) must_check;
