/* The job track.send_communication. */
#pragma once

#include "jobs/jobs.h"

/* Arguments: communicationId, channel, resend (optional), initiatedById (optional). Every try of a
   job sends under the same Message-ID, so that what went out twice is seen to be one. */
enum err send_communication(struct job *j) must_check;
