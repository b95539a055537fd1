/* Checks a row of a billing file, field by field, then the fields against each other. */
#include "import/row.h"

#include "base/utf8.h"
#include "track/text.h"

#include <strings.h>

struct check {
    struct arena *arena;
    const struct row_rules *rules;
    struct import_row *row;
    struct str raw[IMPORT_FIELDS];
    row_fault *fault;
    void *to;
    bool good;
};

const char *cell_shown(struct arena *a, struct str cell)
{
    size_t n = 0, left = CELL_SHOWN;
    while (n < cell.n && left--)
        (void)char_next(cell, &n);
    char *text = arena_printf(a, "%.*s%s", (int)n, cell.n ? cell.p : "", n < cell.n ? "…" : "");
    for (char *p = text; *p; p++)
        *p = (unsigned char)*p < ' ' || *p == 0x7F ? ' ' : *p;
    return text;
}

static void tell(struct check *c, enum import_field f, const char *reason)
{
    c->good = false;
    c->fault(c->to, c->row->line, (int)f, column_header(c->rules->columns, f),
             cell_shown(c->arena, c->raw[f]), reason);
}

const char *cell_problem(struct str text, size_t max)
{
    for (size_t at = 0; at < text.n;) {
        unsigned c = char_next(text, &at);
        if (c < ' ' || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029)
            return "This holds a line break or another control character.";
        if (c == NO_CHARACTER)
            return "This holds a character that could not be read: is the file damaged?";
    }
    return utf8_length(text) > max ? "This is too long." : NULL;
}

/* Exports put ' before what a spreadsheet would take for a formula: one is taken away again. */
static struct str without_guard(struct str text)
{
    if (text.n > 1 && text.p[0] == '\'' && strchr("=+-@", text.p[1]))
        return (struct str){ text.p + 1, text.n - 1 };
    return text;
}

static struct str trimmed(struct str text)
{
    while (text.n && (text.p[0] == ' ' || text.p[0] == '\t'))
        text = (struct str){ text.p + 1, text.n - 1 };
    while (text.n && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
        text.n--;
    return text;
}

struct str cell_text(struct str cell)
{
    return without_guard(trimmed(cell));
}

struct str row_cell(const struct import_columns *columns, const struct str *cells, size_t n,
                    enum import_field f)
{
    int column = columns->of[f];
    return column >= 0 && (size_t)column < n ? cell_text(cells[column]) : STR("");
}

static void take(struct check *c, const struct str *cells, size_t n)
{
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        c->raw[f] = row_cell(c->rules->columns, cells, n, (enum import_field)f);
        const char *why = cell_problem(c->raw[f], import_field_kinds[f].max);
        if (why)
            tell(c, (enum import_field)f, why);
        else
            c->row->text[f] = arena_strndup(c->arena, c->raw[f].p, c->raw[f].n);
        if (!c->raw[f].n && import_field_kinds[f].required)
            tell(c, (enum import_field)f, "This must not be empty.");
    }
}

/* Whether a field has a readable value. */
static bool given(const struct check *c, enum import_field f)
{
    return *c->row->text[f] != '\0';
}

/* A value that a reader refused: told, and left empty. */
static void refuse(struct check *c, enum import_field f, const char *why)
{
    if (!why)
        return;
    tell(c, f, why);
    c->row->text[f] = "";
}

/* The name of a retention policy; "inbox" is that of what providers post. */
static const char *read_hint(struct arena *a, struct str text, const char **out)
{
    char *hint = arena_strndup(a, text.p, text.n);
    for (char *p = hint; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    if (strspn(hint, "abcdefghijklmnopqrstuvwxyz0123456789_-") != text.n)
        return "A retention hint has only the letters a to z, digits, - and _.";
    if (strcmp(hint, "inbox") == 0)
        return "This is the name of the policy for what providers post.";
    *out = hint;
    return NULL;
}

typedef const char *reader(struct arena *a, struct str text, const char **out);

static void read_plain_fields(struct check *c)
{
    static const struct {
        enum import_field field;
        reader *read;
    } readers[] = {
        { COLUMN_EMAIL, read_email },
        { COLUMN_COUNTRY, read_country },
        { COLUMN_DUE_DATE, read_date },
        { COLUMN_RETENTION_HINT, read_hint },
    };
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        enum import_field f = readers[i].field;
        if (given(c, f))
            refuse(c, f, readers[i].read(c->arena, str_of(c->row->text[f]), &c->row->text[f]));
    }
    if (given(c, COLUMN_PHONE))
        refuse(c, COLUMN_PHONE,
               read_phone(c->arena, str_of(c->row->text[COLUMN_PHONE]),
                          c->row->text[COLUMN_COUNTRY], &c->row->text[COLUMN_PHONE]));
}

static void read_money(struct check *c)
{
    int exponent = -1;
    const char **currency = &c->row->text[COLUMN_CURRENCY];
    if (given(c, COLUMN_CURRENCY))
        refuse(c, COLUMN_CURRENCY, read_currency(c->arena, str_of(*currency), currency, &exponent));
    if (!given(c, COLUMN_AMOUNT_DUE)) {
        *currency = "";
        return;
    }
    if (!c->raw[COLUMN_CURRENCY].n)
        tell(c, COLUMN_CURRENCY, "An amount needs its currency.");
    if (exponent < 0)
        return;
    struct str text = str_of(c->row->text[COLUMN_AMOUNT_DUE]);
    refuse(c, COLUMN_AMOUNT_DUE, read_amount(text, exponent, &c->row->amount_minor));
    c->row->has_amount = given(c, COLUMN_AMOUNT_DUE);
}

/* What each channel cannot do without. */
static void need(struct check *c, enum import_field f, const char *reason)
{
    if (!c->raw[f].n)
        tell(c, f, reason);
}

/* The name of a message template; an empty one is the usual one. */
static void find_template(struct check *c)
{
    static const struct message_kind usual[] = { { .name = MESSAGE_USUAL }, { .name = NULL } };
    const char **name = &c->row->text[COLUMN_TEMPLATE];
    struct buf there = buf_in(c->arena);
    if (!given(c, COLUMN_TEMPLATE))
        *name = MESSAGE_USUAL;
    for (const struct message_kind *m = c->rules->messages ? c->rules->messages : usual; m->name;
         m++) {
        if (strcasecmp(m->name, *name) == 0) {
            *name = m->name;
            c->row->message = m;
            return;
        }
        buf_printf(&there, "%s%s", there.n ? ", " : "", m->name);
    }
    tell(c, COLUMN_TEMPLATE,
         arena_printf(c->arena, "There is no such template. There are: %s.", there.p));
}

/* One that the message is not there in is good: it falls to another (channels/message.h). */
static void read_row_language(struct check *c)
{
    const struct message_kind *m = c->row->message;
    const char **language = &c->row->text[COLUMN_LANGUAGE];
    const char *why =
        given(c, COLUMN_LANGUAGE) ? read_language(c->arena, str_of(*language), language) : NULL;
    if (why && m && m->languages)
        why = arena_printf(c->arena, "%s Messages are there in %s.", why,
                           message_languages(c->arena, m));
    refuse(c, COLUMN_LANGUAGE, why);
}

static void read_channels(struct check *c)
{
    struct str text = str_of(c->row->text[COLUMN_DELIVERY_PREFERENCE]);
    if (!text.n)
        return;
    refuse(c, COLUMN_DELIVERY_PREFERENCE, read_preference(c->arena, text, &c->row->channels));
    unsigned set = c->row->channels;
    if (set & 1u << CHANNEL_EMAIL)
        need(c, COLUMN_EMAIL, "Delivery by e-mail needs an address.");
    if (set & 1u << CHANNEL_SMS)
        need(c, COLUMN_PHONE, "Delivery by SMS needs a phone number.");
    if (!(set & (1u << CHANNEL_LETTER | 1u << CHANNEL_LETTER_WITH_RECEIPT)))
        return;
    need(c, COLUMN_STREET, "Delivery by letter needs a street.");
    need(c, COLUMN_POSTAL_CODE, "Delivery by letter needs a postal code.");
    need(c, COLUMN_CITY, "Delivery by letter needs a city.");
}

static void find_row_year(struct check *c)
{
    struct import_row *row = c->row;
    row->year = c->rules->year;
    if (row->year)
        return;
    if (c->raw[COLUMN_YEAR].n) {
        refuse(c, COLUMN_YEAR, read_year(c->raw[COLUMN_YEAR], &row->year));
        return;
    }
    row->year = find_year(str_of(row->text[COLUMN_SUBJECT]));
    if (!row->year)
        row->year = find_year(str_of(row->text[COLUMN_REFERENCE]));
    if (!row->year)
        row->year = find_year(str_of(c->rules->file_name));
    if (!row->year)
        tell(c, COLUMN_YEAR,
             "No billing year in the subject, the reference or the file's name: give the year.");
}

bool row_check(struct arena *a, const struct row_rules *rules, long line, const struct str *cells,
               size_t n, row_fault *fault, void *to, struct import_row *out)
{
    *out = (struct import_row){ .line = line };
    struct check c = { .arena = a, .rules = rules, .row = out, .fault = fault, .to = to };
    c.good = true;
    for (int f = 0; f < IMPORT_FIELDS; f++)
        out->text[f] = "";
    for (size_t i = rules->columns->n; i < n; i++) {
        if (!cells[i].n)
            continue;
        fault(to, line, -1, "", cell_shown(a, cells[i]),
              "The row has more cells than the header: is a text with the delimiter not quoted?");
        return false;
    }
    take(&c, cells, n);
    read_plain_fields(&c);
    read_money(&c);
    read_channels(&c);
    find_row_year(&c);
    find_template(&c);
    read_row_language(&c);
    return c.good;
}
