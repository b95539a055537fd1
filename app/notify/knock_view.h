/* Who says when customers are told, for those who set it up. */
#pragma once

#include "base/ctx.h"
#include "web/shape.h"

#include <json-c/json.h>

extern const struct shape knock_view_shape;

/* Of the tenant at hand; holds no secret. */
enum err knock_view(struct ctx *c, struct json_object **out) must_check;
