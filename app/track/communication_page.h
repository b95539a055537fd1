/* A communication's document as its page shows it. */
#pragma once

#include "track/communication.h"

/* Adds words, icons, tones and links, and the timeline grouped by attempt. */
void communication_dress(struct ctx *c, struct json_object *d,
                         const struct communication_text *text);

/* Adds related: [{kind, word, icon, title, at, relatedHref, relatedStatus, relatedTone}], nothing
   of buildings that are not granted. */
enum err communication_related(struct ctx *c, const char *id, struct json_object *to) must_check;
