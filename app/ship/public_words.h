/* What the page of a parcel for everybody says, in its languages. */
#pragma once

#include "carriers/scan.h"

struct public_words {
    const char *language, *name; /* "de", "Deutsch" */
    struct {
        const char *title;    /* of the page: "Your parcel is on its way" */
        const char *sentence; /* beneath it; NULL: none */
        const char *label;    /* of a scan: "On its way" */
    } status[PARCEL_STATUS_COUNT];
    const char *carrier, *number, *expected, *delivered, *scans;
    const char *rehearsal;                  /* of a dry run */
    const char *unknown, *unknown_sentence; /* no such parcel */
};

/* By language; a NULL language at the end. The first is what is shown where nothing else is known.
 */
extern const struct public_words public_words[];

/* Of a language, "de-CH" as "de"; NULL: there are none. */
const struct public_words *public_words_of(const char *language);
