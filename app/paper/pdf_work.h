/* What a child does with PDFs of others: their parts counted, or put into one file, by qpdf. */
#pragma once

#include "paper/pdf.h"

#define PDF_DAMAGED "is damaged"
#define PDF_MENDABLE "is damaged, though readers that mend files show all its pages"
#define PDF_LOCKED "is protected by a password"

struct pdf_source {
    struct str pdf;
    struct _qpdf_data *of;
    int pages;
};

struct pdf_work {
    struct pdf_part *parts;
    size_t count;
    struct pdf_source *sources; /* as many as parts, at most */
    size_t opened;
    struct _qpdf_data *out;
    bool counting; /* nothing is written */
    bool looking;  /* counting, and its sizes are told behind the parts, as a pdf_look */
    bool chunked;  /* written for pdf_join */
    int pages;
    double width, height; /* of the page before, in points: a blank one is as large */
};

/* What the child tells of each part, or of the one at fault. */
struct pdf_told {
    int pages, page;
    double width, height; /* of its last page */
};

/* For pdf_child: prepare opens the output where something is written; work answers a pdf_told for
   each part or, false, the number of the part at fault (an int; the count of parts: none of them)
   and "is damaged". */
void pdf_work_prepare(void *work);
bool pdf_work_run(void *work, struct buf *answer);

/* Whether a look is one that a file can give. Who reads strangers' files may no longer be who we
   started: nothing that it tells is an index or a size unasked. */
bool pdf_look_is_sound(const struct pdf_look *look);
