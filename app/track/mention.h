/* Mentions: notes that name colleagues, "@Ada Lovelace" or "@ada@example.com", who find them by
   mentions:me and, where there is an account for it, are told of them by e-mail. What names nobody
   who works here is plain text. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"
#include "web/shape.h"

#include <json-c/json.h>

struct mentions {
    struct json_object *spans;  /* [{userId, at, length}]: where in the note, in bytes */
    struct json_object *people; /* [{userId, email}]: to be told, each once */
    bool told;                  /* there is an account to tell them through */
};

/* Whom a note (NULL: none) names that the actor writes to a communication. ERR_INVALID: a fault of
   `note` says who may not see the message, or of whose name there are two. */
enum err mentions_read(struct ctx *c, const char *communication_id, const char *note,
                       struct mentions *out) must_check;

/* Keeps them with the note just written and adds the jobs that tell them: in its transaction. */
enum err mentions_keep(struct ctx *c, const char *communication_id,
                       const struct mentions *m) must_check;

/* Whom a note to it can name: {people: [{userId, name, email, mention}], toldByEmail}, without the
   actor. The caller knows that he sees it. */
enum err mentions_possible(struct ctx *c, const char *communication_id,
                           struct json_object **out) must_check;

/* A note in pieces: [{text, whose}], `text` with the name of one who is named, and `whose` his name
   now or, where that was written, his address; null in what names nobody. `spans`, JSON:
   [{at, length, name}] in order; NULL: there are none, and no pieces either. */
struct json_object *mention_parts(struct arena *a, const char *note, const char *spans);

/* The first "@word" of a note that names nobody; NULL: there is none. */
const char *mention_missed(struct arena *a, const char *note, const char *spans);

/* The job that tells one of those whom a note names. */
enum err mention_tell(struct job *j) must_check;

extern const struct shape mentioned_shape, mentionable_shape;
