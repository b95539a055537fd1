/* Which way an e-mail goes. */
#include "channels/email.h"

#include <string.h>

static const struct email_way *const ways[] = { &email_smtp, &email_graph, &email_sink };

const struct email_way *email_way_of(const char *provider)
{
    for (size_t i = 0; provider && i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i]->provider, provider) == 0)
            return ways[i];
    return &email_sink;
}
