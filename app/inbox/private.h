/* What the files of the inbox share. */
#pragma once

#include "main/domain.h"

extern const struct job_kind inbox_jobs[];
