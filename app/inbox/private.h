/* What the files of the inbox share. */
#pragma once

#include "base/domain.h"
#include "inbox/inbox.h"
#include "jobs/jobs.h"
#include "web/web.h"

extern const struct job_kind inbox_jobs[];
