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

int channel_of(const char *name)
{
    for (int i = 0; name && i < CHANNEL_COUNT; i++)
        if (strcmp(channel_names[i], name) == 0)
            return i;
    return -1;
}
