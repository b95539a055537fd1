/* The documents that pages and the API show: buildings, years, units, a unit's communications. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <libpq-fe.h>

/* What a list of units is asked for; texts are NULL where not asked. */
struct track_query {
    const char *building, *unit, *channel, *status, *search, *sort, *direction, *after, *before;
    const char *tab;  /* one of track_tab_names */
    const char *find; /* part of a building, for the side list */
    long year;        /* 0: not asked */
};

/* A path with what is set of the query: "/track?building=…&year=2025". */
const char *query_href(struct ctx *c, const char *path, const struct track_query *q);

/* Queues the statement of a page of units (within db_batch, or alone); the query names building and
   year. ERR_INVALID: the cursor is not of this list. */
enum err units_ask(struct ctx *c, const struct track_query *q, PGresult **rows) must_check;

/* Adds units, next and previous to a document; links lead to `path`. For the page /track each unit
   has its href there and the words, icons and tones that pages show. */
void units_show(struct ctx *c, const struct track_query *q, const char *path, const PGresult *rows,
                struct json_object *to);

struct unit_rows {
    PGresult *unit, *communications, *events, *deliveries;
};

/* Queues the statements of a unit's document; its year NULL is the latest. */
enum err unit_ask(struct ctx *c, const char *unit_id, const char *year,
                  struct unit_rows *rows) must_check;

/* The document of a unit, for a page with words, icons and tones; NULL where it is absent or not
   granted. */
struct json_object *unit_show(struct ctx *c, const struct unit_rows *rows, bool page);

/* ---- whole documents; ERR_NOT_FOUND where the building or unit is absent or not granted ---- */
enum err buildings_document(struct ctx *c, const struct track_query *q,
                            struct json_object **out) must_check;
enum err years_document(struct ctx *c, const char *building_id,
                        struct json_object **out) must_check;
enum err units_document(struct ctx *c, const struct track_query *q,
                        struct json_object **out) must_check;
enum err unit_document(struct ctx *c, const char *unit_id, const char *year,
                       struct json_object **out) must_check;
enum err activity_document(struct ctx *c, const struct track_query *q,
                           struct json_object **out) must_check;
/* What a tab of /track shows of it that is a page of another room: {building, year, tabs,
   buildings, years, …} of the building, year and tab of the query, with links that lead there. */
enum err side_document(struct ctx *c, const struct track_query *q,
                       struct json_object **out) must_check;
enum err page_document(struct ctx *c, const struct track_query *asked,
                       struct json_object **out) must_check;
