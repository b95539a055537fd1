/* Adds up what a sending costs: a line for what is paid for, a sum for each currency. */
#include "track/cost.h"

#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "db/db.h"
#include "track/cost.sql.h"
#include "track/labels.h"
#include "track/letter.h"
#include "track/send.sql.h"

#include <string.h>

#define KINDS 32

enum line { LINE_SMS, LINE_LETTER, LINE_REGISTERED, LINE_SHEETS, LINES };

static const struct {
    const char *channel, *label, *of;
} looks[LINES] = {
    [LINE_SMS] = { "SMS", "SMS", "parts" },
    [LINE_LETTER] = { "LETTER", "Postage", "letters" },
    [LINE_REGISTERED] = { "LETTER_WITH_RECEIPT", "Postage, registered", "letters" },
    [LINE_SHEETS] = { "LETTER", "Paper and print", "sheets" },
};

static const char *const channels[] = { "SMS", "LETTER", "LETTER_WITH_RECEIPT", NULL };
static const char *const counted[] = { "parts", "letters", "sheets", NULL };
static const char *const lacking[] = { "price", "pages", NULL };

struct sum {
    int64_t messages, count, micros;
    int64_t unpriced; /* messages that no price is set for */
    int64_t unread;   /* whose files were not looked into */
    const char *currency;
};

struct cost {
    struct ctx *c;
    struct sms_prices prices;
    const struct letter_settings *letters;
    struct sum sums[LINES];
    struct own { /* pages of the letter alone */
        const char *language, *template;
        int pages; /* 0: it cannot be set */
    } own[KINDS];
    int own_count;
};

enum err cost_begin(struct ctx *c, struct cost **out)
{
    struct cost *k = arena_new_of(c->arena, struct cost);
    *k = (struct cost){ .c = c };
    enum err e = sms_prices_load(c, &k->prices);
    if (e == OK)
        e = letter_settings_load(c, &k->letters);
    if (e != OK)
        return e;
    for (enum line i = 0; i < LINES; i++)
        k->sums[i].currency =
            i == LINE_SMS ? sms_prices_currency(&k->prices) : k->letters->currency;
    *out = k;
    return OK;
}

static void add_tally(struct cost *k, const struct sms_tally *t)
{
    struct sum *s = &k->sums[LINE_SMS];
    s->messages += t->messages;
    s->count += t->parts;
    s->micros += t->micros;
    s->unpriced += t->unpriced;
}

enum err cost_add_sms(struct cost *k, PGresult *rows)
{
    struct sms_tally t = { 0 };
    enum err e = sms_tally_add(k->c, rows, &k->prices, &t);
    add_tally(k, &t);
    return e;
}

/* ---- letters ---- */

/* The letter of a sample without its files. */
static enum err set_sample(struct cost *k, const char *id, int *pages)
{
    struct job none = { .ctx = *k->c };
    struct sending s = { .job = &none, .id = id };
    struct letter_made made = { .sheets = 0 };
    enum err e = db_query(k->c->db, k->c->arena, send_load, &s.row, .communication_id = id);
    if (e == OK && rows_count(s.row))
        e = letter_compose(&s, k->letters, &made);
    *pages = e == OK ? made.pdf.pages : 0;
    return e == ERR_INVALID ? OK : e;
}

static enum err own_pages(struct cost *k, const PGresult *rows, int row, int *pages)
{
    const char *language = row_text(rows, row, "language");
    const char *template = row_text(rows, row, "template");
    for (int i = 0; i < k->own_count; i++)
        if (strcmp(k->own[i].language, language) == 0 &&
            strcmp(k->own[i].template, template) == 0) {
            *pages = k->own[i].pages;
            return OK;
        }
    enum err e = set_sample(k, row_text(rows, row, "sample"), pages);
    if (e == OK && k->own_count < KINDS)
        k->own[k->own_count++] = (struct own){ language, template, *pages };
    return e;
}

/* n letters of so many pages each. */
static void add_letters(struct cost *k, enum line line, int64_t n, int pages)
{
    const struct letter_settings *s = k->letters;
    const struct letter_paper paper = letter_paper_of(s);
    int64_t sheets = letter_sheets(pages, s->duplex);
    double grams = letter_grams(&paper, letter_form_named(s->form)->form, pages);
    long postage = letter_price(s, line == LINE_REGISTERED, grams);
    struct sum *post = &k->sums[line], *print = &k->sums[LINE_SHEETS];
    post->messages += n;
    post->count += n;
    print->messages += n;
    print->count += n * sheets;
    if (postage < 0)
        post->unpriced += n;
    else
        post->micros += n * money_micros(postage, s->currency);
    if (s->price_sheet < 0)
        print->unpriced += n;
    else
        print->micros += n * sheets * money_micros(s->price_sheet, s->currency);
}

static void add_unread(struct cost *k, enum line line, int64_t n)
{
    k->sums[line].messages += n;
    k->sums[line].count += n;
    k->sums[line].unread += n;
    k->sums[LINE_SHEETS].messages += n;
    k->sums[LINE_SHEETS].unread += n;
}

enum err cost_add_letters(struct cost *k, const PGresult *rows)
{
    enum err e = OK;
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        int own;
        bool registered = strcmp(row_text(rows, i, "channel"), "LETTER_WITH_RECEIPT") == 0;
        enum line line = registered ? LINE_REGISTERED : LINE_LETTER;
        int64_t n = row_int(rows, i, "n");
        e = own_pages(k, rows, i, &own);
        if (e == OK && own && row_text(rows, i, "pages"))
            add_letters(k, line, n,
                        k->letters->duplex
                            ? 2 * (letter_sheets(own, true) + (int)row_int(rows, i, "sheets"))
                            : own + (int)row_int(rows, i, "pages"));
        else if (e == OK)
            add_unread(k, line, n);
    }
    return e;
}

/* ---- as a document ---- */

/* Why a line has no amount; NULL: it has one. */
static const char *why(struct ctx *c, const struct sum *s)
{
    if (s->unread)
        return arena_printf(c->arena, "Files of %lld not looked into yet", (long long)s->unread);
    if (!s->unpriced)
        return NULL;
    if (s->unpriced == s->messages)
        return "No price set";
    return arena_printf(c->arena, "No price set for %lld of %lld", (long long)s->unpriced,
                        (long long)s->messages);
}

/* micros: -1: not known. */
static void put_amount(struct json_object *d, int64_t micros, const char *currency)
{
    json_set(d, "amountMicros", micros < 0 ? NULL : json_object_new_int64(micros));
    json_set_text(d, "currency", micros < 0 ? NULL : currency);
}

static struct json_object *line_of(struct ctx *c, enum line i, const struct sum *s)
{
    struct json_object *d = json_object_new_object();
    const char *reason = why(c, s);
    json_set_text(d, "channel", looks[i].channel);
    json_set_text(d, "label", looks[i].label);
    json_set_int(d, "messages", s->messages);
    json_set_text(d, "of", looks[i].of);
    json_set_int(d, "count", s->count);
    put_amount(d, reason ? -1 : s->micros, s->currency);
    json_set_text(d, "why", reason);
    json_set_text(d, "lacks", s->unread ? "pages" : s->unpriced ? "price" : NULL);
    return d;
}

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The sum of all lines of a line's currency, told at the first of them. */
static struct json_object *total_of(struct cost *k, enum line at)
{
    int64_t micros = 0;
    for (enum line i = 0; i < LINES; i++) {
        const struct sum *s = &k->sums[i];
        if (!s->messages || why(k->c, s) || !same(s->currency, k->sums[at].currency))
            continue;
        if (i < at)
            return NULL;
        micros += s->micros;
    }
    struct json_object *d = json_object_new_object();
    put_amount(d, micros, k->sums[at].currency);
    return d;
}

struct json_object *cost_document(struct cost *k)
{
    struct json_object *d = json_own(k->c->arena, json_object_new_object()), *total;
    struct json_object *lines = json_object_new_array(), *totals = json_object_new_array();
    bool complete = true;
    for (enum line i = 0; i < LINES; i++) {
        if (!k->sums[i].messages)
            continue;
        json_object_array_add(lines, line_of(k->c, i, &k->sums[i]));
        bool known = !why(k->c, &k->sums[i]);
        complete = complete && known;
        if (known && (total = total_of(k, i)))
            json_object_array_add(totals, total);
    }
    json_set(d, "lines", lines);
    json_set(d, "totals", totals);
    json_set_bool(d, "complete", complete);
    return d;
}

enum err cost_of_batch(struct ctx *c, const char *batch_id, struct json_object **out)
{
    struct cost *k;
    PGresult *letters, *sms;
    struct sms_tally t = { 0 };
    enum err e = cost_may_see(c, batch_id);
    if (e == OK)
        e = cost_begin(c, &k);
    if (e == OK)
        e = sms_tally_batch(c, batch_id, &k->prices, &sms, &t);
    if (e == OK)
        e = db_query(c->db, c->arena, cost_letters, &letters, .batch_id = batch_id);
    if (e == OK)
        e = cost_add_letters(k, letters);
    if (e != OK)
        return e;
    add_tally(k, &t);
    *out = cost_document(k);
    return OK;
}

/* ---- on a page ---- */

static void show_amounts(struct ctx *c, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        struct json_object *micros = json_get(one, "amountMicros");
        json_set_text(one, "amount",
                      micros ? money_micros_text(c->arena, json_object_get_int64(micros),
                                                 json_text(one, "currency"), "en")
                             : NULL);
    }
}

/* "412 parts". */
static const char *words_of(struct ctx *c, struct json_object *line)
{
    long long n = json_object_get_int64(json_get(line, "count"));
    const char *of = json_text(line, "of");
    return arena_printf(c->arena, "%lld %.*s", n, (int)strlen(of) - (n == 1), of);
}

/* By which flag the page says what to do about it. */
static const char *lack_of(struct json_object *line)
{
    if (strcmp(json_text(line, "lacks"), "pages") == 0)
        return "lacksPages";
    return strcmp(json_text(line, "channel"), "SMS") == 0 ? "lacksSmsPrice" : "lacksLetterPrice";
}

void cost_show(struct ctx *c, struct json_object *d)
{
    struct json_object *lines = json_get(d, "lines"), *totals = json_get(d, "totals");
    size_t n = json_object_array_length(lines);
    show_amounts(c, lines);
    show_amounts(c, totals);
    for (size_t i = 0; i < n; i++) {
        struct json_object *line = json_object_array_get_idx(lines, i);
        json_set_text(line, "words", words_of(c, line));
        if (json_text(line, "lacks"))
            json_set_bool(d, lack_of(line), true);
    }
    json_set_bool(d, "any", n > 0);
    json_set_bool(d, "unknown", n > 0 && json_object_array_length(totals) == 0);
}

/* ---- shape ---- */

#define AMOUNT(null)                                                                               \
    { "amountMicros", SHAPE_COUNT, .help = "Millionths of the currency: exact.",                   \
      .nullable = (null) },                                                                        \
    {                                                                                              \
        "currency", SHAPE_TEXT, .nullable = true                                                   \
    }

static const struct member line_members[] = {
    { "channel", SHAPE_CHOICE, .values = channels },
    { "label", SHAPE_TEXT, .help = "What it is, in words.", .example = "Postage" },
    { "messages", SHAPE_COUNT, .help = "Messages it is about." },
    { "of", SHAPE_CHOICE, .help = "What is paid for.", .values = counted },
    { "count", SHAPE_COUNT, .help = "How many of that." },
    AMOUNT(true),
    { "why", SHAPE_TEXT, .help = "Why there is no amount.", .example = "No price set",
      .nullable = true },
    { "lacks", SHAPE_CHOICE,
      .help = "What an amount needs: a price, or files that were looked into.", .values = lacking,
      .nullable = true },
    { .name = NULL },
};
static const struct shape line_shape = { "CostLine", "What is paid for.", line_members };

static const struct member total_members[] = { AMOUNT(false), { .name = NULL } };
static const struct shape total_shape = { "CostTotal", "A sum.", total_members };

static const struct member cost_members[] = {
    { "lines", SHAPE_LIST, .help = "E-mails are not charged one by one.", .of = &line_shape },
    { "totals", SHAPE_LIST, .help = "Of the lines with an amount, by currency.",
      .of = &total_shape },
    { "complete", SHAPE_BOOL, .help = "Whether every line has an amount." },
    { .name = NULL },
};
const struct shape cost_shape = { "Cost", "What a sending costs before it is done.", cost_members };
