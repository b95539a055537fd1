/* Which way an e-mail goes, and who it is from. */
#include "channels/email.h"

#include "base/json.h"

#include <string.h>

static const struct email_way *const ways[] = { &email_smtp, &email_graph, &email_sink };

const struct email_way *email_way_of(const char *provider)
{
    for (size_t i = 0; provider && i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i]->provider, provider) == 0)
            return ways[i];
    return &email_sink;
}

struct email email_from_account(const struct email_account *account, const struct email *e)
{
    struct email out = *e;
    if (!out.from_address)
        out.from_address = json_text(account->settings, "from");
    if (!out.from_name)
        out.from_name = json_text(account->settings, "fromName");
    if (!out.reply_to)
        out.reply_to = json_text(account->settings, "replyTo");
    return out;
}

const char *email_refusal(const struct ctx *c, enum err e)
{
    if (c->problem.n)
        return arena_printf(c->arena, "The field %s %s.", c->problem.faults[0].field,
                            c->problem.faults[0].message);
    return e == ERR_RETRY ? "The message could not be kept just now." : "The message was refused.";
}
