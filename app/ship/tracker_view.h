/* A shipment's tracker, for its page. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* Adds to a shipment's document `tracker`, where it has one, and `trackable`: whether a button for
   one is shown. */
enum err tracker_view(struct ctx *c, struct json_object *shipment) must_check;
