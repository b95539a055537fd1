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

/* What the HTTP status of a provider's answer means; `pause`: seconds to wait where it names none.
 */
struct sms_status {
    int status;
    enum err e;
    const char *sentence;
    int pause;
};

/* Of a status that the list lacks: what 400 means of any refusal (4xx), 500 of all others. The list
   has both. */
const struct sms_status *sms_status_of(const struct sms_status *list, int status);
