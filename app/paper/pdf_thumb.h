/* A small picture of a PDF's first page, drawn by a child that can do no harm. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

#define PDF_THUMB_WIDTH 160
#define PDF_THUMB_HEIGHT 226

/* A PNG of at most that width and height. ERR_INVALID: nothing of it can be drawn: it is damaged,
   has a password, asks for more time or memory than any honest one, or needs fonts that it does not
   bring along, for the child opens none of ours. */
enum err pdf_thumb(struct ctx *c, struct str pdf, struct str *png) must_check;
