/* Cursors: where a list goes on, told to clients as a text they cannot read and need not. */
#pragma once

#include "base/ctx.h"

/* A cursor for the list `purpose` that holds n texts. */
const char *cursor_make(struct ctx *c, const char *purpose, size_t n, const char *const *values);

/* The texts of a cursor made for the same list, into values; NULL as text leaves them NULL.
   ERR_INVALID with a fault for `after`: not made here. */
enum err cursor_read(struct ctx *c, const char *purpose, const char *text, size_t n,
                     const char **values) must_check;
