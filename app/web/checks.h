/* Whether a text is what it claims to be: pure checks. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/* Valid UTF-8 without control characters but tab and line ends. */
bool text_clean(struct str text);

/* Nothing but white space, that of Unicode included. */
bool text_blank(struct str text);

/* An address that a mail server could take: one @, RFC 5321 §4.5.3.1 lengths, no spaces. */
bool email_valid(const char *text);

/* A date-time of RFC 3339 §5.6, with its zone. */
bool time_valid(const char *text);
