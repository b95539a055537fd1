/* Reads what has a standard: currencies, countries, languages, phone numbers, e-mail addresses. */
#include "base/money.h"
#include "track/text.h"
#include "track/value.h"

#include <idn2.h>

/* " CHF " in upper case from two or three letters; NULL for anything else. */
static char *code_of(struct arena *a, struct str text, size_t letters)
{
    char *code = arena_printf(a, " %.*s ", (int)(text.n > letters ? 0 : text.n), text.p);
    if (text.n != letters)
        return NULL;
    for (char *p = code + 1; p <= code + letters; p++) {
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
        if (*p < 'A' || *p > 'Z')
            return NULL;
    }
    return code;
}

const char *read_currency(struct arena *a, struct str text, const char **out, int *exponent)
{
    const char *code = code_of(a, text, 3);
    const char *plain = code ? arena_strndup(a, code + 1, 3) : "";
    int decimals = money_decimals(plain);
    if (decimals < 0)
        return "This is not a currency: write its code, as in CHF or EUR.";
    *out = plain;
    *exponent = decimals;
    return NULL;
}

/* ---- names of countries and languages ---- */

static const char countries[] =
    " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW ";

static const char languages[] =
    " aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da "
    "de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy "
    "hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg "
    "li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or "
    "os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta "
    "te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ";

struct known {
    const char *code, *names; /* folded, each between two spaces */
};

static const struct known country_names[] = {
    { "CH", " schweiz suisse switzerland svizzera svizra " },
    { "DE", " deutschland allemagne germany germania d " },
    { "AT", " osterreich oesterreich autriche austria a " },
    { "FR", " frankreich france francia f " },
    { "IT", " italien italie italy italia i " },
    { "LI", " liechtenstein furstentumliechtenstein fl " },
    { "LU", " luxemburg luxembourg " },
    { "BE", " belgien belgique belgium belgie " },
    { "NL", " niederlande paysbas netherlands nederland thenetherlands " },
    { "ES", " spanien espagne spain espana " },
    { "PT", " portugal " },
    { "GB", " grossbritannien royaumeuni unitedkingdom uk greatbritain vereinigteskonigreich " },
    { "IE", " irland irlande ireland " },
    { "DK", " danemark denmark danmark daenemark " },
    { "SE", " schweden suede sweden sverige " },
    { "NO", " norwegen norvege norway norge " },
    { "FI", " finnland finlande finland suomi " },
    { "PL", " polen pologne poland polska " },
    { "CZ", " tschechien tchequie czechia czechrepublic cesko " },
    { "US", " usa etatsunis unitedstates vereinigtestaaten unitedstatesofamerica " },
    { NULL, NULL },
};

static const struct known language_names[] = {
    { "de", " deutsch german allemand tedesco ger deu d " },
    { "fr", " franzosisch franzoesisch french francais francese fre fra f " },
    { "it", " italienisch italian italien italiano ita i " },
    { "en", " englisch english anglais inglese eng e " },
    { "rm", " ratoromanisch raetoromanisch romansh romanche rumantsch roh " },
    { "es", " spanisch spanish espagnol espanol spa " },
    { "pt", " portugiesisch portuguese portugais portugues por " },
    { "nl", " niederlandisch niederlaendisch dutch neerlandais nederlands nld " },
    { "tr", " turkisch tuerkisch turkish turc turkce tur " },
    { NULL, NULL },
};

static const char *known_code(struct arena *a, const struct known *names, struct str text)
{
    const char *word = arena_printf(a, " %s ", fold(a, text, false));
    for (; names->code; names++) {
        if (word[1] != ' ' && strstr(names->names, word))
            return names->code;
    }
    return NULL;
}

const char *read_country(struct arena *a, struct str text, const char **out)
{
    const char *code = code_of(a, text, 2);
    if (code && strstr(countries, code)) {
        *out = arena_strndup(a, code + 1, 2);
        return NULL;
    }
    const char *known = known_code(a, country_names, text);
    if (!known)
        return "This is not a country: write its code, as in CH or DE.";
    *out = known;
    return NULL;
}

const char *read_language(struct arena *a, struct str text, const char **out)
{
    size_t n = 0;
    while (n < text.n && text.p[n] != '-' && text.p[n] != '_')
        n++;
    const char *known = known_code(a, language_names, text);
    const char *code = known ? known : fold(a, (struct str){ text.p, n }, false);
    if (strlen(code) != 2 || !strstr(languages, arena_printf(a, " %s ", code)))
        return "This is not a language: write its code, as in de or fr.";
    *out = code;
    return NULL;
}

/* ---- phones (E.164) ---- */

static const struct {
    const char *prefix;
    char country[3];
    bool trunk; /* a leading 0 that is dropped abroad */
} dialling[] = {
    { "41", "CH", true },   { "423", "LI", false }, { "49", "DE", true },   { "43", "AT", true },
    { "33", "FR", true },   { "39", "IT", false },  { "352", "LU", false }, { "32", "BE", true },
    { "31", "NL", true },   { "44", "GB", true },   { "353", "IE", true },  { "34", "ES", false },
    { "351", "PT", false }, { "45", "DK", false },  { "46", "SE", true },   { "47", "NO", false },
    { "358", "FI", true },  { "48", "PL", false },  { "420", "CZ", false }, { "1", "US", false },
    { "1", "CA", false },
};
_Static_assert(sizeof(dialling) / sizeof(dialling[0]) == PHONES_MOST, "one number of each");

/* Digits, and a + at the start; NULL where anything else but the usual marks stands. */
static char *bare_number(struct arena *a, struct str text)
{
    struct buf out = buf_in(a);
    buf_room(&out, text.n)[0] = '\0';
    for (size_t at = 0; at < text.n;) {
        if (text.n - at >= 3 && out.n && memcmp(text.p + at, "(0)", 3) == 0) {
            at += 3;
            continue;
        }
        unsigned c = char_next(text, &at);
        if ((c >= '0' && c <= '9') || (c == '+' && out.n == 0))
            buf_putc(&out, (char)c);
        else if (c >= 0x80 ? c != 0xA0 && c != 0x202F && c != 0x2011 : !strchr(" -./()'", (int)c))
            return NULL;
    }
    return out.p;
}

static const char *national(struct arena *a, const char *number, const char *country)
{
    for (size_t i = 0; i < PHONES_MOST; i++) {
        if (strcmp(dialling[i].country, country) != 0)
            continue;
        if (dialling[i].trunk && *number != '0')
            return NULL;
        return arena_printf(a, "+%s%s", dialling[i].prefix, number + dialling[i].trunk);
    }
    return NULL;
}

const char *read_phone(struct arena *a, struct str text, const char *country, const char **out)
{
    const char *number = bare_number(a, text);
    if (!number)
        return "This is not a phone number.";
    if (strncmp(number, "00", 2) == 0)
        number = arena_printf(a, "+%s", number + 2);
    else if (*number != '+')
        number = national(a, number, country);
    if (!number)
        return "The country of this phone number is not known: write it as in +41791234567.";
    size_t n = strlen(number) - 1;
    if (n < 8 || n > 15 || number[1] == '0')
        return "This is not a phone number: it has too few or too many digits.";
    *out = number;
    return NULL;
}

int read_phones(struct arena *a, struct str text, const char *out[PHONES_MOST])
{
    int n = 0;
    if (!read_phone(a, text, "", &out[0]))
        return 1;
    for (size_t i = 0; i < PHONES_MOST; i++)
        if (!read_phone(a, text, dialling[i].country, &out[n]))
            n++;
    return n;
}

/* ---- e-mail addresses ---- */

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Labels of letters, digits and inner hyphens; at least two, the last not of digits alone. */
static bool is_domain(const char *p, size_t n)
{
    size_t labels = 0, length = 0;
    bool letters = false;
    for (size_t i = 0; i <= n; i++) {
        if (i == n || p[i] == '.') {
            if (length == 0 || length > 63 || p[i - 1] == '-')
                return false;
            labels++;
            length = 0;
            letters = letters && i == n;
        } else if (is_letter_or_digit(p[i]) || (p[i] == '-' && length)) {
            length++;
            letters = letters || p[i] > '9';
        } else {
            return false;
        }
    }
    return labels >= 2 && letters && n <= 253;
}

static bool is_local_part(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool dot = p[i] == '.' && i && i + 1 < n && p[i - 1] != '.';
        if (!dot && !is_letter_or_digit(p[i]) && (!p[i] || !strchr("!#$%&'*+-/=?^_`{|}~", p[i])))
            return false;
    }
    return n > 0 && n <= 64;
}

static bool is_ascii(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)p[i] >= 0x80)
            return false;
    }
    return true;
}

/* A domain as the DNS knows it; NULL where it is none. */
static const char *ascii_domain(struct arena *a, const char *domain)
{
    uint8_t *found = NULL;
    if (is_ascii(domain, strlen(domain)))
        return domain;
    if (idn2_lookup_u8((const uint8_t *)domain, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
        IDN2_OK)
        return NULL;
    const char *copy = arena_strdup(a, (const char *)found);
    idn2_free(found);
    return copy;
}

const char *read_email(struct arena *a, struct str text, const char **out)
{
    const char *copy = arena_strndup(a, text.p, text.n), *at = strrchr(copy, '@');
    size_t n = at ? (size_t)(at - copy) : 0;
    const char *domain = at ? ascii_domain(a, at + 1) : NULL;
    if (!is_ascii(copy, n))
        return "Before the @ of an e-mail address only letters without accents can stand.";
    if (!domain || !is_local_part(copy, n) || !is_domain(domain, strlen(domain)))
        return "This is not an e-mail address.";
    *out = arena_printf(a, "%.*s@%s", (int)n, copy, domain);
    return NULL;
}
