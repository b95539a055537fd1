/* How pages and documents name channels, statuses and events: word, icon and tone of each. */
#pragma once

#include "track/channel.h"
#include "track/track.h"

#include <libpq-fe.h>

struct label {
    const char *name, *word, *icon, *tone;
};

extern const struct label channel_labels[CHANNEL_COUNT];
extern const struct label status_labels[STATUS_COUNT];

/* By the name kept in the database; a plain one where it is unknown. */
const struct label *channel_label(const char *name);
const struct label *status_label(const char *name);
/* The same, but of what was sent a letter by how far its paper is, one of letter_papers (SQL's
   letter_paper; NULL: no such letter), and what did not leave as the dry run that it was. */
const struct label *standing_label(const char *status, const char *paper, bool dry_run);
/* Of an object with status, paper and dryRun. */
const struct label *standing_of(struct json_object *one);
extern const char *const letter_papers[]; /* NULL at the end */
const struct label *event_label(const char *name);

/* Who tells an event, in words, by one of event_sources. */
const char *source_label(const char *name);

/* "Content removed on 1 Mar 2027 by policy “statement”. Proof is kept.": of a row with removed_on
   and removed_by; NULL: nothing was. */
const char *removed_sentence(struct arena *a, const PGresult *rows, int i);

/* How much a status asks for attention: of a unit's several, the highest is shown. */
int status_weight(const char *name);
