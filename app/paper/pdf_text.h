/* What a PDF of others says, read by poppler in a child without rights. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

#define PDF_TEXT_PAGES 50
#define PDF_TEXT_MAX ((size_t)256 << 10)

/* The text of its first pages, in the arena: valid UTF-8, PDF_TEXT_MAX bytes at most. Empty where
   it has none, as a scan, and where it cannot be read within limits. ERR_RETRY, ERR_INTERNAL as
   pdf_child_run. */
enum err pdf_text(struct ctx *c, struct str pdf, const char **out) must_check;
