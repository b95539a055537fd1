/* The words of summaries in the languages that messages are written in. */
#pragma once

#include "track/channel.h"
#include "track/track.h"

struct summary_words {
    const char *title, *message, *to, *address, *about, *by, *state, *reference;
    const char *happened, *when, *what, *grade;
    const char *dry;                            /* for SENT, of what our own stand-in took */
    const char *unprinted;                      /* for SENT, of a letter that is a file */
    const char *recorded;                       /* with a % for the sentence */
    const char *by_person;                      /* likewise for the name */
    const char *attempt, *attempt_to;           /* with a % for its number, its address */
    const char *left_out, *chain, *root, *page; /* with a % for the number or day */
    const char *left_out_one, *chain_one;       /* of a single event */
    const char *removed, *erased;               /* likewise: by a clock, on request */
    const char *grade_means, *hashes, *no_root, *removed_file, *nothing, *how, *utc;
    const char *channels[CHANNEL_COUNT];
    const char *statuses[STATUS_COUNT];
    const char *events[EVENT_TYPE_COUNT];
    const char *grades[6]; /* A B C D X, none */
};

/* Of a language as communications keep it ("de-CH"); English where it is another. */
const struct summary_words *summary_words_of(const char *language);
