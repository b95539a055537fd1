/* The shapes of what the API of imports answers. */
#pragma once

#include "web/shape.h"

extern const struct shape imports_shape, import_shape;
