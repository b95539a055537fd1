/* How pages and documents name channels, statuses and events: word, icon and tone of each. */
#pragma once

#include "track/channel.h"
#include "track/track.h"

struct label {
    const char *name, *word, *icon, *tone;
};

extern const struct label channel_labels[CHANNEL_COUNT];
extern const struct label status_labels[STATUS_COUNT];

/* By the name kept in the database; a plain one where it is unknown. */
const struct label *channel_label(const char *name);
const struct label *status_label(const char *name);
const struct label *event_label(const char *name);

/* Who tells an event, in words, by one of event_sources. */
const char *source_label(const char *name);

/* How much a status asks for attention: of a unit's several, the highest is shown. */
int status_weight(const char *name);
