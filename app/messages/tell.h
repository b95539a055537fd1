/* Who is told of a view by e-mail: when something comes into it, or each day at eight. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"

extern const char *const tell_whens[]; /* "nonempty", "daily"; NULL at the end */

/* The actor is told of the view from now on; tell NULL: no more. With its audit entry. ERR_DENIED:
   not a person; ERR_NOT_FOUND: neither one's own nor shared; ERR_CONFLICT: the tenant has no
   account for e-mail to be told through. */
enum err view_tell(struct ctx *c, const char *view_id, const char *tell) must_check;

/* The job of one who wants to be told: looks at the view with that person's grants, sends the
   e-mail where there is something to tell, and adds itself for the next time; where there was
   nothing it is put back to then. */
enum err view_look(struct job *j) must_check;
