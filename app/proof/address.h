/* E-mail addresses and phone numbers in texts: whole ones, however they are written there. Pure.

   The rule is that of holds_address in the database, which looks through its rows by it; a test
   holds the two together. An e-mail address stands by itself: a@b.ch does not in anna@b.ch,
   x.a@b.ch or a@b.ch.example. A number (E.164) stands in any of its forms, +41 79 123 45 67, 0041…,
   41…, 079/123.45.67, and not within more digits; the form without its country only where it has
   seven digits or more. What is escaped as in JSON or in addresses of the web is read, too. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/* The address that somebody wrote as messages have it, in lower case: an e-mail address, or a
   number with its country. NULL and *out, or a sentence that says what is wrong. */
const char *address_read(struct arena *a, const char *text, const char **out);

/* Whether one of the addresses, in lower case, NULL at the end, stands in the text (UTF-8, or any
   bytes). `room` is overwritten: one for many texts. */
bool address_stands(struct str text, const char *const *addresses, struct buf *room);
