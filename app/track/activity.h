/* What happened lately in a building and year. */
#pragma once

#include "track/view.h"

/* Queues the statement of a page of events (within db_batch, or alone); the query names building
   and year. ERR_INVALID: the cursor is not of this list. */
enum err activity_ask(struct ctx *c, const struct track_query *q, PGresult **rows) must_check;

/* Adds events and next to a document, its link leading to `path`. */
void activity_show(struct ctx *c, const struct track_query *q, const char *path,
                   const PGresult *rows, struct json_object *to);

/* Adds days and next for the page: of each day what failed and what people did first, and the rest
   by kind. */
void activity_show_days(struct ctx *c, const struct track_query *q, const PGresult *rows,
                        struct json_object *to);
