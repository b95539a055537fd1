/* What the codes of the SMS providers mean in plain words. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

struct sms_error {
    const char *provider;
    int code;
    enum err e; /* what a send that is refused with it answers */
    const char *sentence;
    bool bad_address, opted_out;
};

/* Of "acs" (4007) or "twilio" (21610); NULL: not known. */
const struct sms_error *sms_error_of(const char *provider, int code);
