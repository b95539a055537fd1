/* Forgetting one person: asked for by an admin, done by the worker, told by a certificate. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"

#include <json-c/json.h>

struct person { /* one of them; NULL: not given */
    const char *email, *phone, *unit_id;
};

/* Asks for it: its row and job. ERR_INVALID: not one of the three is given, or it is no address
   that a message can have; ERR_CONFLICT names the hold that stands against it. */
enum err erasure_ask(struct ctx *c, const struct person *asked,
                     struct json_object **out) must_check;

enum err erasure_get(struct ctx *c, const char *id, struct json_object **out) must_check;

/* The latest, as rows of {id, state, …}. */
enum err erasures_list(struct ctx *c, struct json_object **out) must_check;

/* The job proof.erase. */
enum err erasure_run(struct job *j) must_check;
