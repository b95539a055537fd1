/* PDF files of our own making put behind one another, object by object, in little memory. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <stdio.h>

struct pdf_chunk {
    struct str pdf; /* as pdf_merge writes one: no object streams, lengths of streams in place */
    bool new_sheet; /* a blank page before it where it would begin on an even one */
    int pages;      /* of it */
    double width, height; /* of its last page, in points: a blank one behind it is as large */
    int page;             /* answered: where it begins, from 1 */
};

/* Sets where each begins. */
void pdf_places(struct pdf_chunk *chunks, size_t count);

/* Writes one file of all; no more is kept than where each object stands. False where a chunk is not
   what it should be, or nothing more can be written. */
bool pdf_join(struct arena *a, FILE *to, struct pdf_chunk *chunks, size_t count);
