/* Checks of texts. */
#include "web/checks.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

bool text_clean(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return false;
    }
    return utf8_valid(text);
}

bool text_blank(struct str text)
{
    static const char *const wide[] = { "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
                                        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
                                        "\xe3\x80\x80", "\xef\xbb\xbf", NULL };
    for (size_t i = 0, n; i < text.n; i += n) {
        const char *p = text.p + i;
        n = utf8_char(p, text.n - i);
        bool space = n == 1 && strchr(" \t\r\n", *p);
        /* U+2000 to U+200B: the spaces of all widths, down to none */
        space |= n == 3 && memcmp(p, "\xe2\x80", 2) == 0 && (unsigned char)p[2] <= 0x8b;
        for (int w = 0; n && wide[w]; w++)
            space |= n == strlen(wide[w]) && memcmp(p, wide[w], n) == 0;
        if (!space)
            return false;
    }
    return true;
}

static bool domain_valid(const char *p)
{
    size_t label = 0, n = strlen(p);
    if (n == 0 || n > 253)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        bool letter = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c > 127;
        if (c == '.' ? label == 0 : !letter && c != '-')
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return label > 0;
}

bool email_valid(const char *text)
{
    const char *at = strrchr(text, '@');
    if (!at || at == text || at - text > 64 || strlen(text) > 254)
        return false;
    for (const char *p = text; p < at; p++)
        if ((unsigned char)*p <= 0x20 || *p == 0x7f || strchr("@<>,;:\\\"()[]", *p))
            return false;
    return utf8_valid(str_of(text)) && domain_valid(at + 1);
}

/* Reads exactly n digits; -1 for anything else. */
static int digits(const char **p, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return -1;
        value = value * 10 + (**p - '0');
    }
    return value;
}

static bool expect(const char **p, const char *any)
{
    return **p && strchr(any, *(*p)++);
}

static bool day_valid(int year, int month, int day)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && leap);
}

static bool zone_valid(const char *p)
{
    if (*p == 'Z' || *p == 'z')
        return p[1] == '\0';
    if (!expect(&p, "+-"))
        return false;
    int hour = digits(&p, 2);
    if (hour < 0 || hour > 23 || !expect(&p, ":"))
        return false;
    int minute = digits(&p, 2);
    return minute >= 0 && minute <= 59 && *p == '\0';
}

bool time_valid(const char *p)
{
    int year = digits(&p, 4);
    if (year < 0 || !expect(&p, "-"))
        return false;
    int month = digits(&p, 2);
    if (month < 0 || !expect(&p, "-"))
        return false;
    int day = digits(&p, 2);
    if (!day_valid(year, month, day) || !expect(&p, "Tt"))
        return false;
    int hour = digits(&p, 2);
    if (hour < 0 || hour > 23 || !expect(&p, ":"))
        return false;
    int minute = digits(&p, 2);
    if (minute < 0 || minute > 59 || !expect(&p, ":"))
        return false;
    int second = digits(&p, 2);
    if (second < 0 || second > 60)
        return false;
    if (*p == '.') {
        if (digits((p++, &p), 1) < 0)
            return false;
        p += strspn(p, "0123456789");
    }
    return zone_valid(p);
}
