/* Reading the times of carriers: a table of layouts, then a fraction and a zone. */
#include "carriers/when.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define ZONE_MOST (18 * 60)

enum part { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };

static const char letters[PARTS + 1] = "YMDhms";

/* Longer ones before those that they begin with. */
static const struct {
    const char *pattern;
    bool seconds, no_time;
} layouts[] = {
    { "YYYY-MM-DDThh:mm:ss", true, false }, { "YYYY-MM-DDThh:mm", false, false },
    { "YYYY-MM-DD hh:mm:ss", true, false }, { "DD MM YYYY hh:mm:ss", true, false },
    { "YYYY-MM-DD", false, true },
};

/* What comes after the pattern; NULL: the text does not have it. */
static const char *match(const char *text, const char *pattern, int part[PARTS])
{
    memset(part, 0, PARTS * sizeof(*part));
    for (; *pattern; pattern++, text++) {
        const char *letter = strchr(letters, *pattern);
        if (letter ? !isdigit((unsigned char)*text) : *text != *pattern)
            return NULL;
        if (letter)
            part[letter - letters] = part[letter - letters] * 10 + (*text - '0');
    }
    return text;
}

static bool exists(const int part[PARTS])
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int y = part[YEAR];
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return y >= 1970 && part[MONTH] >= 1 && part[MONTH] <= 12 && part[DAY] >= 1 &&
           part[DAY] <= days[part[MONTH] - 1] + (leap && part[MONTH] == 2) && part[HOUR] < 24 &&
           part[MINUTE] < 60 && part[SECOND] <= 60;
}

/* Milliseconds of ".5" or ".123456"; what comes after it. */
static const char *fraction(const char *text, int *ms)
{
    int unit = 100;
    *ms = 0;
    if (*text != '.' || !isdigit((unsigned char)text[1]))
        return text;
    for (text++; isdigit((unsigned char)*text); text++, unit /= 10)
        *ms += (*text - '0') * unit;
    return text;
}

/* -1: they are none. */
static int two_digits(const char *text)
{
    if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]))
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

bool zone_read(const char *text, int *minutes)
{
    if (!text || (*text != '+' && *text != '-' && strcmp(text, "Z") != 0))
        return false;
    if (*text == 'Z') {
        *minutes = 0;
        return true;
    }
    int hours = two_digits(text + 1);
    if (hours < 0)
        return false;
    const char *rest = text + 3 + (text[3] == ':');
    int more = two_digits(rest);
    if (more < 0 || more > 59 || rest[2] || hours * 60 + more > ZONE_MOST)
        return false;
    *minutes = (*text == '-' ? -1 : 1) * (hours * 60 + more);
    return true;
}

static void tell(int64_t ms, struct moment *out)
{
    struct tm t;
    time_t seconds = (time_t)(ms / 1000);
    (void)gmtime_r(&seconds, &t);
    out->ms = ms;
    size_t n = strftime(out->at, sizeof(out->at), "%Y-%m-%dT%H:%M:%S", &t);
    (void)snprintf(out->at + n, sizeof(out->at) - n, ".%03dZ", (int)(ms % 1000));
}

bool moment_read(const char *text, int zone_minutes, struct moment *out)
{
    int part[PARTS], ms = 0, zone = zone_minutes;
    const char *rest = NULL;
    size_t i = 0;
    for (; text && i < sizeof(layouts) / sizeof(layouts[0]); i++)
        if ((rest = match(text, layouts[i].pattern, part)))
            break;
    if (!rest || !exists(part))
        return false;
    if (layouts[i].seconds)
        rest = fraction(rest, &ms);
    if (*rest && (layouts[i].no_time || !zone_read(rest, &zone)))
        return false;
    struct tm t = { .tm_year = part[YEAR] - 1900,
                    .tm_mon = part[MONTH] - 1,
                    .tm_mday = part[DAY],
                    .tm_hour = layouts[i].no_time ? 12 : part[HOUR],
                    .tm_min = part[MINUTE],
                    .tm_sec = part[SECOND] };
    int64_t at = ((int64_t)timegm(&t) - (int64_t)zone * 60) * 1000 + ms;
    if (at < 0 || at >= INT64_C(253402300800000)) /* the year 10000 */
        return false;
    out->no_time = layouts[i].no_time;
    out->no_zone = !*rest;
    tell(at, out);
    return true;
}
