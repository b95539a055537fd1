/* Of this room only: the circuit breaker and the call log behind http_send. */
#pragma once

#include "http/http.h"

/* An account all of whose calls of late went well, and when its breaker said so. */
struct breaker_memory {
    char account[512];
    int64_t asked_ms;
};

/* Whether a call may go out. ERR_LIMITED while open, with the seconds to wait; an open breaker
   whose time has come lets one caller through as its probe. *well: all of late went well, so that
   another success has nothing to change: callers of one provider need not queue for its row. Of
   such a one a quarter of a second is not asked again. */
enum err breaker_enter(struct ctx *c, const struct http_call *call, struct breaker_memory *memory,
                       int *retry_after, bool *well) must_check;

/* Counts an outcome and writes the log row of one try, both in one transaction of their own. */
struct try_record {
    const struct http_call *call;
    const struct http_answer *answer;
    int duration_ms;
    bool failed;  /* counts against the provider */
    bool well;    /* and all before it was well, as breaker_enter says */
    bool dry_run; /* not sent: says nothing of the provider */
};
enum err try_note(struct ctx *c, const struct try_record *t) must_check;
