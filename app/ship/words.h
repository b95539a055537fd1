/* How pages name the statuses of shipments and orders, events, and what customers were told. */
#pragma once

#include "track/labels.h"

/* Word, icon and tone by the name kept in the database; a plain one where it is unknown. */
const struct label *parcel_label(const char *status);
const struct label *order_label(const char *status);
const struct label *parcel_event_label(const char *type);
const struct label *notice_state_label(const char *state);

/* "shipped" as a title: "Shipped". */
const char *notice_type_word(const char *type);

/* Why nobody was told, as a sentence: "Its order has no conversation."; an unknown reason stays
   as it is, NULL is NULL. */
const char *notice_reason_words(const char *reason);

/* Its word, icon and tone as "label", "icon" and "tone" of an object. */
void label_set(struct json_object *to, const struct label *l);

/* Who tells an event, in words: "told by the carrier". */
const char *parcel_source_word(const char *source);
