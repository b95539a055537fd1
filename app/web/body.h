/* Reading and checking the body of a request. */
#pragma once

#include "web/request.h"

/* Reads it within the route's limits: the raw text into req.body; an urlencoded or multipart form
   into r->form and req.uploads. ERR_INVALID with the status set: 400, 413, 415. */
enum err body_read(struct request *r) must_check;

/* Fills req.input by the route's table, from the query of a GET, else from the body. */
enum err body_input(struct request *r) must_check;

/* Reads the raw text of a body of at most `limit` bytes into req.body. */
enum err body_read_raw(struct request *r, size_t limit) must_check;
