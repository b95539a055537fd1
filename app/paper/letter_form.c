/* The forms of letters: where windows of envelopes are; paper and its weight. */
#include "paper/letter.h"

#include <string.h>

/* DIN 5008:2020, form B (form A 18 mm higher): address field 85 x 45 mm, 20 mm from the left and 45
   mm from the top, of it 17.7 mm for the return address and endorsements and 27.3 mm for the
   address, text from 25 mm; information block 75 mm wide from 125 mm, 50 mm from the top; the
   subject 8.46 mm below the field; margins 25 and 20 mm; folds at 105 and 210 mm (A: 87 and 192),
   hole mark at 148.5 mm. The window of DIN 680 is 90 x 45 mm.

   SN 010130:2016 as the Swiss post reads it: address 85.5 x 25.5 mm, 60 mm from the top, 22 mm
   (left) or 118 mm (right) from the left edge; window 100 x 45 mm.

   Envelope #10 (9 1/2 x 4 1/8 in), window 4 1/2 x 1 1/8 in, 7/8 in from the left and 1/2 in from
   the bottom edge (USPS DMM 601.6.3). A third of a Letter sheet, 8 1/2 x 3 2/3 in, moves in it by 1
   in and 0.46 in; 22.2 to 111.1 mm by 63.5 to 80.4 mm of it show wherever it lies.

   The code stands in the window, so that a letter that comes back need not be opened. */
static const struct letter_window windows[LETTER_FORMS] = {
    [LETTER_DIN_A] = { "din-5008-a", "DIN 5008 form A", .page_width = 210, .page_height = 297,
                       .window = { 20, 27, 85, 45 }, .sender = { 25, 28.5, 78, 4 },
                       .notes = { 25, 33.5, 64, 9 }, .address = { 25, 44.7, 78, 27.3 },
                       .code = { 91, 32, 12.7, 12.7 }, .info = { 125, 32, 65, 40 }, .head_y = 10,
                       .subject_y = 80.46, .left = 25, .right = 20, .folds = { 87, 192 },
                       .hole = 148.5 },
    [LETTER_DIN_B] = { "din-5008-b", "DIN 5008 form B", .page_width = 210, .page_height = 297,
                       .window = { 20, 45, 85, 45 }, .sender = { 25, 46.5, 78, 4 },
                       .notes = { 25, 51.5, 64, 9 }, .address = { 25, 62.7, 78, 27.3 },
                       .code = { 91, 50, 12.7, 12.7 }, .info = { 125, 50, 65, 40 }, .head_y = 15,
                       .subject_y = 98.46, .left = 25, .right = 20, .folds = { 105, 210 },
                       .hole = 148.5 },
    [LETTER_SWISS_LEFT] = { "swiss-left", "Swiss, window left", .page_width = 210,
                            .page_height = 297, .window = { 20, 46, 90, 42 },
                            .sender = { 22, 48, 70, 4 }, .notes = { 22, 52.5, 70, 7 },
                            .address = { 22, 60, 85.5, 25.5 }, .code = { 94, 47, 12.7, 12.7 },
                            .info = { 125, 60, 65, 30 }, .head_y = 15, .subject_y = 103, .left = 22,
                            .right = 20 },
    [LETTER_SWISS_RIGHT] = { "swiss-right", "Swiss, window right", .page_width = 210,
                             .page_height = 297, .window = { 116, 46, 90, 42 },
                             .sender = { 118, 48, 70, 4 }, .notes = { 118, 52.5, 70, 7 },
                             .address = { 118, 60, 85.5, 25.5 }, .code = { 190.5, 47, 12.7, 12.7 },
                             .info = { 22, 60, 80, 30 }, .head_y = 15, .subject_y = 103, .left = 22,
                             .right = 20 },
    [LETTER_US_10] = { "us-10", "US #10, window left", .page_width = 215.9, .page_height = 279.4,
                       .window = { 22.2, 51.9, 88.9, 40.2 }, .notes = { 25.4, 57, 70, 5.5 },
                       .address = { 25.4, 63.5, 68, 16.9 }, .code = { 97, 65.5, 12.7, 12.7 },
                       .info = { 135, 52, 55.5, 40 }, .head_y = 15, .subject_y = 98, .left = 25.4,
                       .right = 25.4 },
};

const struct letter_window *letter_window(enum letter_form form)
{
    return (unsigned)form < LETTER_FORMS ? &windows[form] : NULL;
}

bool letter_form_of(const char *name, enum letter_form *out)
{
    for (unsigned i = 0; name && i < LETTER_FORMS; i++)
        if (strcmp(windows[i].name, name) == 0) {
            *out = (enum letter_form)i;
            return true;
        }
    return false;
}

int letter_sheets(int pages, bool duplex)
{
    return duplex ? (pages + 1) / 2 : pages;
}

double letter_grams(const struct letter_paper *paper, enum letter_form form, int pages)
{
    const struct letter_window *w = letter_window(form);
    double area = w ? w->page_width * w->page_height / 1e6 : 0;
    double gsm = paper->gsm > 0 ? paper->gsm : 80;
    double envelope = paper->envelope_grams > 0 ? paper->envelope_grams : 5;
    return letter_sheets(pages, paper->duplex) * area * gsm + envelope;
}
