/* Amounts: currencies with their decimals, and how languages write them. */
#include "base/money.h"

#include "base/buf.h"

#include <string.h>

/* ISO 4217, active codes, by their number of decimals. */
static const char two_decimals[] =
    " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWL ";
static const char no_decimals[] =
    " BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ";
static const char three_decimals[] = " BHD IQD JOD KWD LYD OMR TND ";

struct manner { /* of writing amounts */
    const char *thousands, *point;
};

static struct manner manner_of(const char *currency, const char *language)
{
    if (strcmp(currency, "CHF") == 0)
        return (struct manner){ "\u2019", "." };
    if (strcmp(language, "de") == 0 || strcmp(language, "es") == 0)
        return (struct manner){ ".", "," };
    if (strcmp(language, "fr") == 0)
        return (struct manner){ "\u202f", "," };
    return (struct manner){ ",", "." };
}

int money_decimals(const char *currency)
{
    const char *code = strlen(currency) == 3 ? currency : "?";
    static const struct {
        const char *codes;
        int decimals;
    } kinds[] = { { two_decimals, 2 }, { no_decimals, 0 }, { three_decimals, 3 } };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (const char *p = kinds[i].codes; (p = strstr(p, code)); p++)
            if (p[-1] == ' ' && p[3] == ' ')
                return kinds[i].decimals;
    return -1;
}

static int decimals_of(const char *currency)
{
    int n = currency ? money_decimals(currency) : -1;
    return n < 0 ? 2 : n;
}

/* The whole units in groups of three. */
static void put_whole(struct buf *b, const struct manner *m, bool minus, uint64_t units)
{
    const char *whole = arena_printf(b->arena, "%llu", (unsigned long long)units);
    if (minus)
        buf_puts(b, "\u2212");
    for (size_t left = strlen(whole); left; left--) {
        buf_putc(b, whole[strlen(whole) - left]);
        if (left > 1 && left % 3 == 1)
            buf_puts(b, m->thousands);
    }
}

static uint64_t size_of(int64_t n)
{
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

const char *money_text(struct arena *a, int64_t minor, const char *currency, const char *language)
{
    struct manner m = manner_of(currency, language);
    struct buf b = buf_in(a);
    int decimals = decimals_of(currency);
    uint64_t scale = decimals == 0 ? 1 : decimals == 3 ? 1000 : 100;
    put_whole(&b, &m, minor < 0, size_of(minor) / scale);
    if (decimals)
        buf_printf(&b, "%s%0*llu", m.point, decimals, (unsigned long long)(size_of(minor) % scale));
    buf_printf(&b, "\u00a0%s", currency);
    return b.p;
}

/* ---- millionths ---- */

int64_t money_micros(int64_t minor, const char *currency)
{
    static const int64_t each[] = { 1000000, 100000, 10000, 1000 };
    return minor * each[decimals_of(currency)];
}

int64_t money_micros_read(const char *text)
{
    int64_t n = 0;
    size_t whole = text ? strspn(text, "0123456789") : 0;
    const char *p = text + whole;
    if (whole == 0 || whole > 6)
        return -1;
    for (size_t i = 0; i < whole; i++)
        n = n * 10 + (text[i] - '0');
    size_t decimals = *p == '.' ? strspn(++p, "0123456789") : 0;
    if (p[decimals] || decimals > 6)
        return -1;
    for (size_t i = 0; i < 6; i++)
        n = n * 10 + (i < decimals ? p[i] - '0' : 0);
    return n;
}

/* The digits behind the point: at least so many, more where it takes them to be exact. */
static const char *decimals_text(struct arena *a, uint64_t micros, int least)
{
    char *text = arena_printf(a, "%06llu", (unsigned long long)(micros % (uint64_t)MONEY_MICROS));
    int n = 6;
    while (n > least && text[n - 1] == '0')
        n--;
    text[n] = '\0';
    return text;
}

const char *money_micros_text(struct arena *a, int64_t micros, const char *currency,
                              const char *language)
{
    const char *code = currency ? currency : "";
    struct manner m = manner_of(code, language);
    struct buf b = buf_in(a);
    const char *decimals = decimals_text(a, size_of(micros), decimals_of(currency));
    put_whole(&b, &m, micros < 0, size_of(micros) / (uint64_t)MONEY_MICROS);
    if (*decimals)
        buf_printf(&b, "%s%s", m.point, decimals);
    if (*code)
        buf_printf(&b, "\u00a0%s", code);
    return b.p;
}

const char *money_micros_number(struct arena *a, int64_t micros)
{
    return arena_printf(a, "%s%llu.%s", micros < 0 ? "-" : "",
                        (unsigned long long)(size_of(micros) / (uint64_t)MONEY_MICROS),
                        decimals_text(a, size_of(micros), 2));
}
