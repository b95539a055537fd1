/* When a carrier says that something happened: its layouts, read alike. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_LENGTH 24

struct moment {
    char at[MOMENT_LENGTH + 1]; /* RFC 3339 in UTC: "2026-03-04T07:50:31.000Z" */
    int64_t ms;                 /* the same, of the epoch */
    bool no_time;               /* a day only: its noon is taken */
    bool no_zone;               /* it names none: the zone at hand is taken */
};

/* Reads "2026-03-04", "2026-03-04T17:12:57", "2026-03-04T17:12:57.000Z" or
   "2026-03-04T17:12:57+02:00", to the minute or finer, "2026-03-04 17:12:57" or
   "04 03 2026 17:12:57". zone_minutes, east of UTC, is of those that
   name no zone. False: NULL, no such layout, or no such day or time; *out stays as it is. */
bool moment_read(const char *text, int zone_minutes, struct moment *out);

/* Reads "Z", "+05:30" or "+0530" as minutes east of UTC. False: it is none of them. */
bool zone_read(const char *text, int *minutes);
