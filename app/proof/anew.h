/* Bundles without those whose proof ended or who are to be forgotten. By the worker's role, outside
   a transaction; j, which may be NULL, is touched. */
#pragma once

#include "jobs/jobs.h"
#include "proof/imported.h"

#include <json-c/json.h>

/* Adds to an array the ids of those messages of a bundle in which the person stands. Of one that is
   not there, or cannot be read, none. */
enum err bundle_tells(struct ctx *c, struct job *j, const char *sha256, const struct sought *who,
                      struct json_object *ids) must_check;

struct anew {
    const char *archive_id;
    const char *forgotten;        /* ids, a JSON array, of messages that go from it; "[]": none */
    const char *const *addresses; /* a file in which one of them stands goes; NULL at the end */
    const char *erasure_id;       /* which notes it; NULL: nobody's */
};

/* Writes a bundle anew without what `forgotten` and `addresses` say, and without messages that are
   no more: first the new file, then, in one transaction, its row, which keeps its id, and the audit
   trail, which tells of both files; the old one is swept as nothing names it. A file stays with the
   last message that names it. A bundle of which nothing is left goes; one that cannot be read goes
   where somebody is forgotten, and else stays and is logged. Nothing is done where nobody of those
   is in it. ERR_RETRY: somebody else wrote it meanwhile. */
enum err bundle_anew(struct ctx *c, struct job *j, const struct anew *how) must_check;

/* Those of which a message lost its proof since they were written. */
enum err bundles_catch_up(struct ctx *c, struct job *j) must_check;
