/* The channels a communication can go by. */
#pragma once

enum channel {
    CHANNEL_EMAIL,
    CHANNEL_SMS,
    CHANNEL_LETTER,
    CHANNEL_LETTER_WITH_RECEIPT, /* registered: who took it signs for it */
    CHANNEL_COUNT
};

/* "EMAIL", …: as in the database. */
extern const char *const channel_names[CHANNEL_COUNT + 1]; /* NULL at the end */
const char *channel_name(int channel);

/* "e-mail", "registered letters": so many of a channel's messages, within a sentence. */
const char *channel_noun(int channel, long long n);

/* Its place among them; -1: none of them, or NULL. */
int channel_of(const char *name);
