/* The outbox: messages kept here because no provider is configured, as their recipients see them.
 */
#pragma once

#include "web/web.h"

extern const struct input outbox_query;

handler outbox_list, outbox_show, outbox_body, outbox_raw, outbox_attachment;

/* A message's HTML, which may hold anything, for a frame without scripts, forms or remote content;
   its text where it has no HTML. */
enum err reply_framed(struct reply *p, struct str html, struct str text) must_check;
