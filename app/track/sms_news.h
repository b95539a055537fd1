/* What SMS providers tell, applied to timelines and suppressions. */
#pragma once

#include "base/ctx.h"
#include "channels/sms.h"
#include "channels/sms_report.h"

struct sms_origin {
    const char *inbox_id, *mapper;
};

/* Applies one report or incoming message, in a transaction of its own; the same twice changes
   nothing twice. ERR_NOT_FOUND: it is about no message of the tenant. */
enum err sms_apply(struct ctx *c, const struct sms_report *r,
                   const struct sms_origin *from) must_check;
