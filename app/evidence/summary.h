/* The summary of an evidence pack: one or two pages in plain words, in the message's language. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

#include <libpq-fe.h>

struct summary {
    const PGresult *one, *events, *attempts, *files; /* of evidence_message, _events, … */
    const char *root_day, *root;                     /* NULL: none yet */
};

/* The same rows make the same bytes. */
enum err summary_write(struct ctx *c, const struct summary *s, struct str *pdf) must_check;
