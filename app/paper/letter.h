/* Letters: one letter as a PDF, its address in the window of its envelope; paper and weight; the
   2D code by which a letter that comes back is known. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- where things stand on the first page ---- */

enum letter_form {
    LETTER_DIN_A,       /* DIN 5008 form A: address high, A4 */
    LETTER_DIN_B,       /* DIN 5008 form B: address low, A4 */
    LETTER_SWISS_LEFT,  /* SN 010130, window left, A4 */
    LETTER_SWISS_RIGHT, /* SN 010130, window right, A4 */
    LETTER_US_10,       /* envelope #10 with standard left window, US Letter */
    LETTER_FORMS
};

/* Millimetres from the left and upper edge of the paper. */
struct letter_box {
    double x, y, width, height;
};

struct letter_window {
    const char *name;  /* as settings keep it: "din-5008-b" */
    const char *title; /* as people know it: "DIN 5008 form B" */
    double page_width, page_height;
    struct letter_box window;  /* what may be seen through the window: nothing else goes here */
    struct letter_box sender;  /* one small line: where the post takes it back to */
    struct letter_box notes;   /* endorsements: "Registered" */
    struct letter_box address; /* LETTER_ADDRESS_LINES lines fit */
    struct letter_box code;    /* the 2D code with its quiet zone */
    struct letter_box info;    /* date and references */
    double head_y;             /* the sender's letterhead ends above info and window */
    double subject_y;          /* the subject's line begins here */
    double left, right;        /* margins of the text */
    double folds[2], hole;     /* marks at the left edge; 0: none */
};

/* NULL for what is no form. */
const struct letter_window *letter_window(enum letter_form form);

/* False where no form has this name. */
bool letter_form_of(const char *name, enum letter_form *out);

/* ---- a letter ---- */

#define LETTER_ADDRESS_LINES 6
#define LETTER_SENDER_LINES 8

struct letter_info {
    const char *label, *value; /* "Reference", "4711" */
};

/* Texts are UTF-8 of any script; a text that runs from right to left is set so. NULL: without. */
struct letter {
    const char *communication_id; /* uuid, becomes the 2D code; NULL: no code */
    const char *language;         /* "de-CH": the words we add ("page 1 of 2") and the setting */
    enum letter_form form;
    const char *const *sender; /* the letterhead: name, street, place, telephone; at most
                                  LETTER_SENDER_LINES, the first one stands out */
    size_t sender_count;
    const char *sender_line;    /* above the address; NULL: the first three of sender, with dots */
    const char *endorsement;    /* above the address: "Einschreiben", "Registered" */
    const char *const *address; /* name, street, post code and place, country */
    size_t address_count;       /* over LETTER_ADDRESS_LINES: ERR_INVALID; lines too wide are set
                                   narrower or smaller, never cut */
    const char *date;           /* as it is printed: "30. April 2026", see date_text */
    const struct letter_info *info;
    size_t info_count;
    const char *subject;
    const char *markdown;          /* message_source's */
    const struct str *attachments; /* PDF files: they follow as pages, of their own size */
    size_t attachment_count;
    bool duplex; /* attachments begin on a new sheet: a blank page before them where needed */
};

struct letter_pdf {
    struct str bytes; /* in the arena */
    int pages;        /* all of the file */
    int own_pages;    /* without attachments and blank pages */
    int unknown; /* characters that no installed font has: a letter to look at before it goes */
};

/* The same letter gives the same bytes. ERR_INVALID with a fault on address, subject, markdown or
   attachments (not UTF-8, too many lines, a PDF that is broken, encrypted or too large: see
   paper/pdf.h). Everything a run of letters can share (fonts, layouts) is kept in the process
   between calls. */
enum err letter_write(struct ctx *c, const struct letter *l, struct letter_pdf *out) must_check;

/* ---- paper ---- */

struct letter_paper {
    double gsm;            /* grams of a square metre; 0: 80 */
    double envelope_grams; /* 0: 5, a window envelope DL or C6/5 */
    bool duplex;           /* printed on both sides */
};

/* Sheets that so many pages take. */
int letter_sheets(int pages, bool duplex);

/* Grams of the letter in its envelope: 80 g/m² makes 4.99 g of a sheet of A4. */
double letter_grams(const struct letter_paper *paper, enum letter_form form, int pages);

/* ---- the 2D code ---- */

/* "TC1:" 26 characters ":" 1 character. The 26 are the UUID's 128 bits, the first one holding
   three, in Crockford's base32 (0-9 A-Z without I L O U). The last is the check: of the 26
   characters as elements a0 … a25 of GF(2^5) with x^5 + x^2 + 1, the sum of a_i times x^(26-i), as
   one more such character. One wrong character is always found, and so are two that changed
   places. All of it is of the alphanumeric set of ISO/IEC 18004, so that a QR code of version 2
   (25 x 25) at level M holds it. */
#define LETTER_CODE_LENGTH 32

/* False where it is no uuid. */
bool letter_code_write(const char *uuid, char out[LETTER_CODE_LENGTH + 1]);

/* The uuid of a code; lower case, and O for 0, I or L for 1 are understood, as people type them.
   False where anything is wrong. */
bool letter_code_read(const char *code, char uuid[37]);
