/* Reads amounts, dates and years, and the channels a recipient prefers. */
#include "track/value.h"

#include "track/text.h"

#include <stdio.h>

/* ---- amounts ---- */

enum { DIGITS_MAX = 15, MARKS_MAX = 8 };

/* A number taken apart: its digits, and where marks stood between them. */
struct number {
    char digits[DIGITS_MAX];
    int n;
    bool negative;
    struct mark {
        unsigned c;
        int at; /* digits before it */
    } marks[MARKS_MAX];
    int marks_n;
};

static bool is_mark(unsigned c)
{
    return c == '.' || c == ',' || c == '\'' || c == ' ' || c == 0x2019 || c == 0xA0 || c == 0x202F;
}

static bool is_minus(unsigned c)
{
    return c == '-' || c == 0x2212 || c == 0x2013;
}

static bool take_character(struct number *x, unsigned c, bool first, bool last)
{
    if (c >= '0' && c <= '9' && x->n < DIGITS_MAX) {
        x->digits[x->n++] = (char)c;
        return true;
    }
    if (is_minus(c) && (first || last) && !x->negative) {
        x->negative = true;
        return true;
    }
    if (c == '+' && first)
        return true;
    if (!is_mark(c) || x->marks_n == MARKS_MAX)
        return false;
    x->marks[x->marks_n++] = (struct mark){ c, x->n };
    return true;
}

static bool take_apart(struct str text, struct number *out)
{
    struct number x = { .n = 0 };
    for (size_t at = 0; at < text.n;) {
        bool first = at == 0;
        unsigned c = char_next(text, &at);
        if (!take_character(&x, c, first, at == text.n))
            return false;
    }
    *out = x;
    return x.n > 0;
}

/* Groups of three, all parted by the same mark, from mark `n` - 1 back to the first. */
static bool is_grouped(const struct number *x, int n, int end)
{
    for (int i = n - 1; i >= 0; i--) {
        if (end - x->marks[i].at != 3 || x->marks[i].c != x->marks[0].c)
            return false;
        end = x->marks[i].at;
    }
    return n == 0 || (end >= 1 && end <= 3);
}

/* The number of decimals, -1: no number, -2: two ways to read it. */
static int decimals_of(const struct number *x, int exponent)
{
    if (x->marks_n == 0)
        return 0;
    const struct mark *last = &x->marks[x->marks_n - 1];
    bool can_part = last->c == '.' || last->c == ',';
    bool repeated = x->marks_n > 1 && x->marks[0].c == last->c;
    int after = x->n - last->at;
    if (!can_part || repeated)
        return is_grouped(x, x->marks_n, x->n) ? 0 : -1;
    if (x->marks_n == 1 && after == 3 && exponent != 3 && last->at >= 1 && last->at <= 3)
        return exponent == 0 ? 0 : -2;
    return is_grouped(x, x->marks_n - 1, last->at) && after > 0 ? after : -1;
}

const char *read_amount(struct str text, int exponent, int64_t *out)
{
    struct number x;
    if (!take_apart(text, &x))
        return "This is not an amount.";
    int decimals = decimals_of(&x, exponent);
    if (decimals == -1)
        return "This is not an amount.";
    if (decimals == -2)
        return "This can be read in two ways: write the decimals too, as in 1'234.00.";
    int64_t minor = 0;
    for (int i = 0; i < x.n; i++) {
        int place = i - (x.n - decimals); /* of the decimals, from 0 */
        if (place >= exponent && x.digits[i] != '0')
            return "The amount has more decimals than its currency.";
        if (place < exponent)
            minor = minor * 10 + (x.digits[i] - '0');
    }
    for (int i = decimals; i < exponent; i++)
        minor *= 10;
    *out = x.negative ? -minor : minor;
    return NULL;
}

/* ---- dates and years ---- */

/* Up to `most` digits as a number; -1 where there are none. */
static int digits(const char **p, int most)
{
    int n = 0, value = 0;
    for (; n < most && **p >= '0' && **p <= '9'; n++, (*p)++)
        value = value * 10 + (**p - '0');
    return n ? value : -1;
}

static bool is_date(int y, int m, int d)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (y < 1900 || y > 2999 || m < 1 || m > 12 || d < 1)
        return false;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return d <= days[m - 1] + (m == 2 && leap);
}

const char *read_date(struct arena *a, struct str text, const char **out)
{
    const char *copy = arena_strndup(a, text.p, text.n), *p = copy;
    bool iso = strcspn(copy, "-./") == 4;
    int first = digits(&p, iso ? 4 : 2);
    char mark = *p;
    if (!mark || !strchr(iso ? "-" : "./", mark))
        return "This is not a date: write 2025-03-31, 31.03.2025 or 31/03/2025.";
    p++;
    int month = digits(&p, 2);
    bool parted = *p == mark;
    p += parted;
    int last = digits(&p, iso ? 2 : 4);
    int year = iso ? first : last, day = iso ? last : first;
    if (!parted || *p)
        return "This is not a date: write 2025-03-31, 31.03.2025 or 31/03/2025.";
    if (!is_date(year, month, day))
        return "There is no such day.";
    *out = arena_printf(a, "%04d-%02d-%02d", year, month, day);
    return NULL;
}

static bool is_digit(struct str text, size_t at)
{
    return at < text.n && text.p[at] >= '0' && text.p[at] <= '9';
}

/* Four digits at `at` with no digit beside them, as a year; 0: none. */
static int year_at(struct str text, size_t at)
{
    if ((at && is_digit(text, at - 1)) || is_digit(text, at + 4))
        return 0;
    int year = 0;
    for (size_t i = at; i < at + 4; i++) {
        if (!is_digit(text, i))
            return 0;
        year = year * 10 + (text.p[i] - '0');
    }
    return year >= 1900 && year <= 2999 ? year : 0;
}

const char *read_year(struct str text, int *out)
{
    int year = text.n == 4 ? year_at(text, 0) : 0;
    if (!year)
        return "This is not a year from 1900 to 2999.";
    *out = year;
    return NULL;
}

int find_year(struct str text)
{
    int found = 0;
    for (size_t at = 0; at + 4 <= text.n; at++) {
        int year = year_at(text, at);
        found = year ? year : found;
    }
    return found;
}

/* ---- channels ---- */

static const struct {
    int channel;
    const char *words; /* folded, each between two spaces */
} preferences[] = {
    { CHANNEL_EMAIL, " email mail epost emailadresse courriel mel courrielelectronique "
                     "courrierelectronique electronique elektronisch peremail paremail " },
    { CHANNEL_SMS, " sms text textmessage textnachricht kurznachricht persms parsms texto " },
    { CHANNEL_LETTER, " letter brief post lettre courrier poste briefpost papier paper apost bpost "
                      "perpost parposte mailing print " },
    { CHANNEL_LETTER_WITH_RECEIPT,
      " letterwithreceipt registered registeredletter registeredmail einschreiben eingeschrieben "
      "einschreibenmitruckschein briefmitruckschein einschreibebrief ruckschein "
      "einschreibenmitrueckschein briefmitrueckschein lettrerecommandee recommande recommandee "
      "lettreavecaccusedereception recommandeavecaccusedereception lettrerecommandeear lrar " },
};

static bool add_channel(struct arena *a, const char *word, size_t n, unsigned *set)
{
    const char *folded = arena_printf(a, " %s ", fold(a, (struct str){ word, n }, false));
    for (size_t i = 0; i < CHANNEL_COUNT && folded[1] != ' '; i++) {
        if (strstr(preferences[i].words, folded)) {
            *set |= 1u << preferences[i].channel;
            return true;
        }
    }
    return false;
}

/* Where the next " und ", " et " or " and " stands, else the end. */
static const char *joint(const char *p, size_t *length)
{
    static const char *const words[] = { " und ", " et ", " and " };
    const char *first = p + strcspn(p, "+,/&;");
    *length = *first != '\0';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *found = strstr(p, words[i]);
        if (found && found < first) {
            first = found;
            *length = strlen(words[i]);
        }
    }
    return first;
}

const char *read_preference(struct arena *a, struct str text, unsigned *out)
{
    const char *p = fold(a, text, true);
    unsigned set = 0;
    for (size_t length = 1; length;) {
        const char *end = joint(p, &length);
        if (!add_channel(a, p, (size_t)(end - p), &set))
            return "This is no way of delivery: write email, sms, letter or letter_with_receipt, "
                   "several with + between them.";
        p = end + length;
    }
    *out = set;
    return NULL;
}
