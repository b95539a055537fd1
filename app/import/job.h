/* Imports as work of the worker.

   track.import {importId, goodRowsOnly} commits one in a transaction of its own: all of it or
   nothing, with the job's end. A second connection keeps the job's lease and tells how far it is. A
   worker that dies leaves it IMPORTING for the next claim. What a person can mend ends as FAILED
   with its reason; what may pass is QUEUED again, and FAILED with the job parked after the last
   try. */
#pragma once

#include "jobs/jobs.h"

extern const struct job_kind import_jobs[];      /* name NULL at the end */
extern const struct schedule import_schedules[]; /* name NULL at the end */
