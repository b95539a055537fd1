/* The API described by its own tables, as OpenAPI 3.1. */
#pragma once

#include "web/request.h"

extern const struct shape openapi_shape; /* of itself */

/* The document of all routes that programs call, in stable order, tied to the arena. */
struct json_object *openapi_document(const struct web *w, struct arena *a);
