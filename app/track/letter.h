/* The letter that a communication becomes: address, words and files put on paper. */
#pragma once

#include "store/store.h"
#include "track/letter_settings.h"
#include "track/send_way.h"

struct letter_made {
    struct letter_pdf pdf;
    int sheets;
    double grams;     /* in its envelope */
    struct blob blob; /* where it is kept; set by who keeps it */
};

/* Sets the letter of a communication that is loaded, its files following as pages. ERR_INVALID: it
   can never be one, s->result.sentence says what is missing or wrong, by file name. */
enum err letter_compose(struct sending *s, const struct letter_settings *settings,
                        struct letter_made *out) must_check;

/* Keeps a letter that was made, as that of an attempt, in the transaction at hand; its blob is in
   the store. */
enum err letter_keep(struct ctx *c, const char *communication_id, const char *attempt_no,
                     const struct letter_made *made) must_check;

/* Makes and keeps the letter of a communication without sending it, in the transaction at hand. */
enum err letter_make(struct ctx *c, const char *communication_id) must_check;

struct letter_shown {
    const char *sha256;    /* of the file in the store, where the letter was made; else NULL */
    struct str bytes;      /* set now, where it was not */
    const char *file_name; /* "letter-1.01.pdf" */
};

/* The letter of a communication whose channel is one and that the actor may see: the one made for
   its attempt, else as it would be made now. ERR_NOT_FOUND; ERR_INVALID with the problem's
   sentence: it cannot be made. */
enum err letter_show(struct ctx *c, const char *communication_id,
                     struct letter_shown *out) must_check;
