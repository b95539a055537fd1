/* The shapes of what the API of track answers. */
#pragma once

#include "web/shape.h"

extern const struct shape buildings_shape, years_shape, units_shape, unit_shape, batch_shape;
extern const struct shape hold_told_shape, sending_error_shape, kept_file_shape, activity_shape;
