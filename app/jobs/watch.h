/* A job's second connection: keeps its lease and tells how far it is, while the first is in the
   midst of something long. */
#pragma once

#include "jobs/jobs.h"

struct job_watch {
    struct job lease; /* the job on the second connection, with an arena of its own */
    int64_t looked_ms;
};

/* Opens nothing yet; ends with the job's arena. `name` is the application_name. */
struct job_watch *job_watch_new(struct job *j, const char *name);

/* To be asked as often as one likes: at most once a second it prolongs the lease and runs `tell`,
   in one transaction. ERR_CONFLICT: the lease is lost; or what `tell` answers: stop. */
enum err job_watch_look(struct job_watch *w, enum err (*tell)(struct ctx *c, void *of),
                        void *of) must_check;
