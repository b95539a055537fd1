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
    if (strcmp(language, "de") == 0)
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

const char *money_text(struct arena *a, int64_t minor, const char *currency, const char *language)
{
    struct manner m = manner_of(currency, language);
    struct buf b = buf_in(a);
    int decimals = money_decimals(currency);
    if (decimals < 0)
        decimals = 2;
    uint64_t scale = decimals == 0 ? 1 : decimals == 3 ? 1000 : 100;
    uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    const char *whole = arena_printf(a, "%llu", (unsigned long long)(size / scale));
    if (minor < 0)
        buf_puts(&b, "\u2212");
    for (size_t left = strlen(whole); left; left--) {
        buf_putc(&b, whole[strlen(whole) - left]);
        if (left > 1 && left % 3 == 1)
            buf_puts(&b, m.thousands);
    }
    if (decimals)
        buf_printf(&b, "%s%0*llu", m.point, decimals, (unsigned long long)(size % scale));
    buf_printf(&b, "\u00a0%s", currency);
    return b.p;
}
