/* SMS in track: what is sent, what it costs, what comes back; and whom nothing is sent to. */
#pragma once

#include "base/domain.h"
#include "inbox/inbox.h"
#include "track/send_way.h"

#define ACS_HOOK_PATH "/api/track/providers/sms"
#define TWILIO_HOOK_PATH "/api/track/providers/twilio/sms"

extern const struct domain sms_domain;

extern const struct hook sms_hooks[]; /* provider NULL at the end */

/* The text of a loaded communication, as it is sent. */
enum err sms_text(struct sending *s, const char **out) must_check;
