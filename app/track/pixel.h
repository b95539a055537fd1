/* The open pixel: GET /o/TOKEN.gif. */
#pragma once

#include "web/web.h"

/* Always the same 43 bytes, whoever asks. What loads it may be a machine: the event is of grade X
   and moves no status. */
enum err pixel_show(struct req *r, struct reply *p) must_check;

/* The address of a communication's pixel by its token. */
const char *pixel_url(struct ctx *c, const char *token);
