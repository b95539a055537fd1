/* The shapes of what the API of messages answers. */
#pragma once

#include "web/shape.h"

extern const struct shape messages_shape, messages_count_shape;
