/* How full the house is: the disk of the store, and the work that waits. Looked at seldom enough to
   cost nothing, so that what is told may be as old as the time between two looks. */
#pragma once

#include "db/db.h"
#include "web/request.h"

#define PRESSURE_RETRY_SECONDS 60

/* Of the disk: below a tenth (or 8 GiB, where that is less) no uploads; below a twentieth (or
   2 GiB) nothing at all is written. */
enum room { ROOM_ENOUGH, ROOM_LITTLE, ROOM_NONE };

struct pressure;

/* Of jobs of one queue, or of all where NULL; "too many" is over `most`. Lives as long as the arena
   and asks once in `every_ms`. */
struct pressure *pressure_new(struct app *app, struct arena *a, struct db *db, const char *queue,
                              int most, int every_ms);

enum room pressure_room(struct pressure *p);
bool pressure_too_many(struct pressure *p, struct arena *a);
/* How long the oldest job has waited beyond its time. */
long long pressure_oldest_seconds(struct pressure *p, struct arena *a);

/* The pressure of the page pool: over 50,000 jobs. */
struct pressure *pressure_of_pages(struct app *app, struct arena *a, struct db *db);

/* The guard: 507 for what the disk has no room for; 429 for what would add jobs to too many, or,
   asked by a program, to those that have waited for a quarter of an hour. */
enum err guard_pressure(struct request *r) must_check;
