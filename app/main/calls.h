/* The log of calls to providers, as API. */
#pragma once

#include "web/web.h"

extern const struct route calls_routes[]; /* path NULL at the end */
