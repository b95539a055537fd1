/* UUIDs: version 7 for everything that leaves the system (RFC 9562 §5.7). */
#pragma once

#include "base/app.h"
#include "base/arena.h"

#include <stdbool.h>

/* A new one, lower case with hyphens, in the arena. */
const char *uuid7(struct app *app, struct arena *a);

/* Whether text is a UUID of any version: 36 characters, hyphens in their places. */
bool uuid_valid(const char *text);
