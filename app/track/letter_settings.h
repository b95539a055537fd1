/* How a tenant's letters look, weigh and cost. */
#pragma once

#include "paper/letter.h"
#include "web/input.h"

#include <json-c/json.h>

#define LETTER_STEPS 6

/* Grams up to which a price holds, and the classes that have prices. */
extern const int letter_steps[LETTER_STEPS];
enum { PRICE_LETTER, PRICE_REGISTERED, PRICE_CLASSES };

struct letter_settings {
    const char *sender_name;
    const char **sender_lines; /* street, place, telephone; NULL at the end */
    const char *form;          /* "DIN5008B" */
    bool duplex;
    long paper_gsm, envelope_grams;
    const char *place;                       /* before the date; NULL: none */
    const char *footer;                      /* at the end of each letter; NULL: none */
    const char *country;                     /* of the sender: "CH"; letters abroad name theirs */
    const char *currency;                    /* of the prices */
    long price[PRICE_CLASSES][LETTER_STEPS]; /* minor units; -1: not known */
    long price_sheet;                        /* paper and print of one; the same */
    const char *today;                       /* where the tenant is: "2026-04-30" */
};

/* What the API and the page may set; the database keeps the same words. */
extern const struct input letter_settings_input;
extern const char *const letter_form_names[]; /* NULL at the end */

struct letter_form_name {
    const char *name, *title;
    enum letter_form form;
};
const struct letter_form_name *letter_form_named(const char *name);

/* Those of the tenant at hand; what it has not set is as usual in the country of its buildings.
 *out lives as long as the arena. */
enum err letter_settings_load(struct ctx *c, const struct letter_settings **out) must_check;

/* The same as a document: a member for each field of the input. */
struct json_object *letter_settings_document(struct ctx *c, const struct letter_settings *s);

/* The lines of the letterhead; answers how many. */
size_t letter_sender(struct arena *a, const struct letter_settings *s, const char *const **out);

struct letter_paper letter_paper_of(const struct letter_settings *s);

/* Postage in minor units of a letter of so many grams; -1: no price is known. */
long letter_price(const struct letter_settings *s, bool registered, double grams);
