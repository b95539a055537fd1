/* What all ways of e-mail share: who it is from, and in words why it was refused. */
#include "channels/email.h"

#include "base/json.h"

#include <string.h>

struct email email_from_account(const struct channel_account *account, const struct email *e)
{
    struct email out = *e;
    if (!out.from_address)
        out.from_address = json_text(account->settings, "from");
    if (!out.from_name)
        out.from_name = json_text(account->settings, "fromName");
    if (!out.reply_to)
        out.reply_to = json_text(account->settings, "replyTo");
    const char *receipts = json_text(account->settings, "readReceipts");
    out.read_receipt = receipts && strcmp(receipts, "on") == 0;
    return out;
}

const char *email_refusal(const struct ctx *c, enum err e)
{
    if (c->problem.n)
        return arena_printf(c->arena, "The field %s %s.", c->problem.faults[0].field,
                            c->problem.faults[0].message);
    return e == ERR_RETRY ? "The message could not be kept just now." : "The message was refused.";
}
