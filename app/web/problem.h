/* Refusals as people and programs see them: error pages and problem documents (RFC 9457). */
#pragma once

#include "web/request.h"

/* Fills the reply with the refusal e of the request. */
void problem_reply(struct request *r, struct reply *p, enum err e);

/* Whether the refusal is read by a person in a browser. */
bool problem_wants_page(const struct request *r);

/* What an unknown caller gets: 401 for programs, the login page for people. */
void problem_login(struct request *r, struct reply *p);

/* Of every problem document. */
extern const struct shape problem_shape;

/* "Not found" of 404, …. */
const char *status_title(int status);
