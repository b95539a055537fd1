/* The names of the channels. */
#include "track/channel.h"

#include <stddef.h>
#include <string.h>

const char *const channel_names[CHANNEL_COUNT + 1] = { "EMAIL", "SMS", "LETTER",
                                                       "LETTER_WITH_RECEIPT", NULL };

const char *channel_name(int channel)
{
    return channel_names[channel];
}

const char *channel_noun(int channel, long long n)
{
    static const char *const nouns[CHANNEL_COUNT][2] = {
        { "e-mail", "e-mails" },
        { "SMS", "SMS" },
        { "letter", "letters" },
        { "registered letter", "registered letters" },
    };
    return nouns[channel][n != 1];
}

int channel_of(const char *name)
{
    for (int i = 0; name && i < CHANNEL_COUNT; i++)
        if (strcmp(channel_names[i], name) == 0)
            return i;
    return -1;
}
