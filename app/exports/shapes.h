/* The shapes of what exports answer with. */
#pragma once

#include "web/shape.h"

extern const struct shape export_shape, exports_shape;
