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

/* Its place among them; -1: none of them, or NULL. */
int channel_of(const char *name);
