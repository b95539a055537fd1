/* When something happened, as people and programs say it. */
#pragma once

#include "base/ctx.h"

#define WHEN_HELP "RFC 3339; or without a zone, of the tenant's own: 2026-05-12T10:30."

/* A time of RFC 3339, or a local one to the minute or day in the tenant's zone, as RFC 3339 in UTC;
   NULL stays NULL. ERR_INVALID names the field: not a time, or in the future. */
enum err when_read(struct ctx *c, const char *field, const char *text, const char **out) must_check;
