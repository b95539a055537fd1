/* The routes of the room, for its domain. */
#pragma once

#include "web/web.h"

extern const struct route proof_routes[];
