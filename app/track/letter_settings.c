/* How a tenant's letters look, weigh and cost: what it set, else what is usual where it is. */
#include "track/letter_settings.h"

#include "base/json.h"
#include "db/db.h"
#include "track/letter_settings.sql.h"

#include <string.h>

const int letter_steps[LETTER_STEPS] = { 20, 50, 100, 250, 500, 1000 };

const char *const letter_form_names[] = { "DIN5008A",    "DIN5008B", "SWISS_LEFT",
                                          "SWISS_RIGHT", "US10",     NULL };

static const struct letter_form_name forms[] = {
    { "DIN5008A", "DIN 5008 form A: address high", LETTER_DIN_A },
    { "DIN5008B", "DIN 5008 form B: address low", LETTER_DIN_B },
    { "SWISS_LEFT", "Swiss, window left", LETTER_SWISS_LEFT },
    { "SWISS_RIGHT", "Swiss, window right", LETTER_SWISS_RIGHT },
    { "US10", "US #10 envelope, US Letter", LETTER_US_10 },
};

const struct letter_form_name *letter_form_named(const char *name)
{
    for (size_t i = 0; name && i < sizeof(forms) / sizeof(forms[0]); i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

/* What is usual where the buildings are; the last row elsewhere. */
static const struct custom {
    const char *country, *form, *currency;
} customs[] = {
    { "CH", "SWISS_LEFT", "CHF" }, { "LI", "SWISS_LEFT", "CHF" }, { "US", "US10", "USD" },
    { "CA", "US10", "CAD" },       { "GB", "DIN5008B", "GBP" },   { "", "DIN5008B", "EUR" },
};

static const struct custom *custom_of(const char *country)
{
    const struct custom *c = customs;
    while (*c->country && strcmp(c->country, country) != 0)
        c++;
    return c;
}

/* ---- what may be set ---- */

#define AT(member) offsetof(struct letter_settings, member)
#define PRICE(name, class, step, grams, of)                                                        \
    {                                                                                              \
        name, FIELD_INT, AT(price) + sizeof(long) * ((class) * LETTER_STEPS + (step)),             \
            .min = 0, .max = 10000000, .absent = -1,                                               \
            .help = "Postage of " of " up to " grams " g, in minor units. Absent: not known."      \
    }
#define PRICES(name, class, of)                                                                    \
    PRICE(name "20", class, 0, "20", of), PRICE(name "50", class, 1, "50", of),                    \
        PRICE(name "100", class, 2, "100", of), PRICE(name "250", class, 3, "250", of),            \
        PRICE(name "500", class, 4, "500", of), PRICE(name "1000", class, 5, "1000", of)

static const struct field fields[] = {
    { "senderName", FIELD_TEXT, AT(sender_name), .required = true, .max = 80,
      .help = "First line of the letterhead." },
    { "senderLines", FIELD_TEXTS, AT(sender_lines), .max = 80,
      .help = "Further lines of the letterhead, at most 7: street, place, telephone." },
    { "form", FIELD_CHOICE, AT(form), .required = true, .values = letter_form_names,
      .help = "Where the window of the envelope is." },
    { "duplex", FIELD_BOOL, AT(duplex), .help = "Printed on both sides of the paper." },
    { "paperGsm", FIELD_INT, AT(paper_gsm), .min = 50, .max = 250, .absent = 80,
      .help = "Grams of a square metre of paper. Absent: 80." },
    { "envelopeGrams", FIELD_INT, AT(envelope_grams), .min = 1, .max = 100, .absent = 5,
      .help = "Weight of an envelope. Absent: 5." },
    { "place", FIELD_TEXT, AT(place), .max = 60, .help = "Before the date." },
    { "footer", FIELD_TEXT, AT(footer), .max = 500, .help = "At the end of each letter." },
    { "country", FIELD_TEXT, AT(country), .min = 2, .max = 2,
      .help = "The sender's, ISO 3166: letters to others name the country." },
    { "currency", FIELD_TEXT, AT(currency), .min = 3, .max = 3,
      .help = "Of the prices, ISO 4217." },
    PRICES("priceLetter", PRICE_LETTER, "a letter"),
    PRICES("priceRegistered", PRICE_REGISTERED, "a registered letter"),
    { "priceSheet", FIELD_INT, AT(price_sheet), .min = 0, .max = 10000000, .absent = -1,
      .help = "Paper and print of a sheet, in minor units. Absent: not known." },
    { .name = NULL },
};

const struct input letter_settings_input = { "LetterSettingsInput", sizeof(struct letter_settings),
                                             fields };

/* ---- as a document ---- */

static struct json_object *list_of(const char *const *texts)
{
    struct json_object *list = json_object_new_array();
    for (; texts && *texts; texts++)
        json_object_array_add(list, json_object_new_string(*texts));
    return list;
}

static struct json_object *value_of(const struct field *f, const void *from)
{
    const char *at = (const char *)from + f->offset;
    const char *text;
    const char **texts;
    bool truth;
    long n;
    switch (f->kind) {
    case FIELD_INT:
        memcpy(&n, at, sizeof(n));
        return n < 0 ? NULL : json_object_new_int64(n);
    case FIELD_BOOL:
        memcpy(&truth, at, sizeof(truth));
        return json_object_new_boolean(truth);
    case FIELD_TEXTS:
        memcpy(&texts, at, sizeof(texts));
        return list_of(texts);
    case FIELD_TEXT:
    case FIELD_UUID:
    case FIELD_EMAIL:
    case FIELD_CHOICE:
    case FIELD_TIME:
    case FIELD_JSON:
    case FIELD_OBJECT:
    case FIELD_OBJECTS:
        break;
    }
    memcpy(&text, at, sizeof(text));
    return json_text_new(text);
}

struct json_object *letter_settings_document(struct ctx *c, const struct letter_settings *s)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    for (const struct field *f = fields; f->name; f++)
        json_put(d, f->name, true, value_of(f, s));
    return d;
}

/* ---- what is set ---- */

static struct json_object *usual(struct ctx *c, const PGresult *row)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    const char *country = row_text(row, 0, "country");
    const struct custom *custom = custom_of(country);
    json_set_text(d, "senderName", row_text(row, 0, "tenant"));
    json_set_text(d, "form", custom->form);
    json_set_bool(d, "duplex", true);
    json_set_text(d, "place", row_text(row, 0, "city"));
    json_set_text(d, "country", *country ? country : NULL);
    json_set_text(d, "currency", custom->currency);
    return d;
}

enum err letter_settings_load(struct ctx *c, const struct letter_settings **out)
{
    PGresult *row;
    const void *filled;
    struct json_object *d;
    const char *why;
    enum err e = db_run(c->db, c->arena, &sql_letter_settings_get, NULL, &row);
    if (e != OK || rows_count(row) == 0)
        return e != OK ? e : ERR_NOT_FOUND;
    const char *set = row_text(row, 0, "settings");
    const struct str text = { set, set ? strlen(set) : 0 };
    if (!set)
        d = usual(c, row);
    else if (json_parse(c->arena, text, &json_request_limits, &d, &why) != OK)
        return ERR_INTERNAL;
    if ((e = input_from_json(c, &letter_settings_input, d, &filled)) != OK)
        return e;
    struct letter_settings *s = arena_new_of(c->arena, struct letter_settings);
    *s = *(const struct letter_settings *)filled;
    s->today = row_text(row, 0, "today");
    *out = s;
    return OK;
}

size_t letter_sender(struct arena *a, const struct letter_settings *s, const char *const **out)
{
    const char **lines = arena_zalloc(a, LETTER_SENDER_LINES, sizeof(*lines));
    size_t n = 0;
    lines[n++] = s->sender_name;
    for (const char *const *at = s->sender_lines; at && *at && n < LETTER_SENDER_LINES; at++)
        lines[n++] = *at;
    *out = lines;
    return n;
}

struct letter_paper letter_paper_of(const struct letter_settings *s)
{
    return (struct letter_paper){ .gsm = (double)s->paper_gsm,
                                  .envelope_grams = (double)s->envelope_grams,
                                  .duplex = s->duplex };
}

long letter_price(const struct letter_settings *s, bool registered, double grams)
{
    const long *prices = s->price[registered ? PRICE_REGISTERED : PRICE_LETTER];
    for (int i = 0; i < LETTER_STEPS; i++)
        if (grams <= letter_steps[i])
            return prices[i];
    return -1;
}
