/* The shapes of what bulk actions answer with. */
#pragma once

#include "web/shape.h"

extern const struct shape bulk_shape, bulk_list_shape;
