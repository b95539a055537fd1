/* A communication's document as its page shows it. */
#pragma once

#include "track/communication.h"

/* Adds words, icons, tones and links, and the timeline grouped by attempt. */
void communication_dress(struct ctx *c, struct json_object *d,
                         const struct communication_text *text);

/* Adds what the first button is, as the communication's actions allow: helps {word, channel}, to
   send it by `other` (NULL: no channel) where its own is refused, or resendHelps where it went
   wrong; neither where sending again would help nobody. */
void communication_help(struct json_object *d, bool refused, const char *other);

/* Moves the dialogue with a mail server out of an event's detail into the event, with lockIcon,
   lockTone, lockWords, connected. */
void communication_dialogue(struct arena *a, struct json_object *event);

/* Adds tabs and looks, the ways its content is shown, each with its link; what is chosen of both,
   and inContent … for the tab. */
extern const char *const communication_looks[]; /* NULL at the end */
void communication_tabs(struct ctx *c, const char *id, const struct list_place *from,
                        struct json_object *d);

/* Adds waited to events that came an hour or more after what they waited for, a minute or more
   after a try that was delayed: "3 h 12 min: The receiving server asked to wait. Tried again as
   planned." Rows of communication_events, as in the document's events. */
void communication_waits(struct ctx *c, const PGresult *events, struct json_object *d);

/* Adds parts to notes that name somebody (mention_parts). Rows of communication_notes, as in the
   document's notes. */
void communication_mentions(struct ctx *c, const PGresult *notes, struct json_object *d);

/* Adds rawView to events, beforeView and afterView to history (see json_view), the latest first as
   far as a page holds. Rows of communication_events and communication_audit, as in the document. */
void communication_views(struct ctx *c, const PGresult *events, const PGresult *audit,
                         struct json_object *d);

/* Adds eventCalls to the events that calls to a provider led to: [{method, url, status, error,
   durationMs, supportRef, request, response, lockIcon, lockTone, lockWords}]. Rows of
   communication_calls, as in the document's calls. */
void communication_event_calls(struct ctx *c, const PGresult *calls, struct json_object *d);

/* Adds related: [{kind, word, icon, title, at, relatedHref, relatedStatus, relatedTone}], nothing
   of buildings that are not granted. */
enum err communication_related(struct ctx *c, const char *id, struct json_object *to) must_check;
