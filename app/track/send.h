/* The job track.send_communication. */
#pragma once

#include "jobs/jobs.h"

/* Arguments: communicationId, channel, resend (optional), initiatedById (optional). Sends the
   attempt at hand where it is ENQUEUED and of that channel; else there is nothing to do. */
enum err send_communication(struct job *j) must_check;
