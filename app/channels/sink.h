/* The sink: messages kept instead of sent, whatever their channel. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

struct sink_message {
    const char *channel; /* "EMAIL", "SMS" */
    const char *communication_id, *message_id, *recipient, *subject, *content_type;
    struct str text; /* goes into the blob store */
};

/* Keeps a message once under its message_id, in a transaction of its own; *fresh: it was not there.
 */
enum err sink_keep(struct ctx *c, const struct sink_message *m, bool *fresh) must_check;
