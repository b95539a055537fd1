/* The lines of an address, and how countries are named in it. */
#include "track/postal.h"

#include <stdbool.h>
#include <string.h>

static const struct country {
    const char *code, *name;
    bool city_first;
} countries[] = {
    { "AD", "ANDORRA", false },
    { "AE", "UNITED ARAB EMIRATES", true },
    { "AL", "ALBANIA", false },
    { "AR", "ARGENTINA", false },
    { "AT", "AUSTRIA", false },
    { "AU", "AUSTRALIA", true },
    { "BA", "BOSNIA AND HERZEGOVINA", false },
    { "BE", "BELGIUM", false },
    { "BG", "BULGARIA", false },
    { "BR", "BRAZIL", false },
    { "CA", "CANADA", true },
    { "CH", "SWITZERLAND", false },
    { "CN", "CHINA", false },
    { "CY", "CYPRUS", false },
    { "CZ", "CZECHIA", false },
    { "DE", "GERMANY", false },
    { "DK", "DENMARK", false },
    { "EE", "ESTONIA", false },
    { "ES", "SPAIN", false },
    { "FI", "FINLAND", false },
    { "FR", "FRANCE", false },
    { "GB", "UNITED KINGDOM", true },
    { "GR", "GREECE", false },
    { "HR", "CROATIA", false },
    { "HU", "HUNGARY", false },
    { "IE", "IRELAND", true },
    { "IL", "ISRAEL", false },
    { "IN", "INDIA", true },
    { "IS", "ICELAND", false },
    { "IT", "ITALY", false },
    { "JP", "JAPAN", true },
    { "LI", "LIECHTENSTEIN", false },
    { "LT", "LITHUANIA", false },
    { "LU", "LUXEMBOURG", false },
    { "LV", "LATVIA", false },
    { "MC", "MONACO", false },
    { "ME", "MONTENEGRO", false },
    { "MK", "NORTH MACEDONIA", false },
    { "MT", "MALTA", true },
    { "MX", "MEXICO", false },
    { "NL", "NETHERLANDS", false },
    { "NO", "NORWAY", false },
    { "NZ", "NEW ZEALAND", true },
    { "PL", "POLAND", false },
    { "PT", "PORTUGAL", false },
    { "RO", "ROMANIA", false },
    { "RS", "SERBIA", false },
    { "SE", "SWEDEN", false },
    { "SG", "SINGAPORE", true },
    { "SI", "SLOVENIA", false },
    { "SK", "SLOVAKIA", false },
    { "TH", "THAILAND", true },
    { "TR", "TÜRKIYE", false },
    { "UA", "UKRAINE", true },
    { "US", "UNITED STATES OF AMERICA", true },
    { "XK", "KOSOVO", false },
    { "ZA", "SOUTH AFRICA", true },
};

static const struct country *find(const char *code)
{
    for (size_t i = 0; code && i < sizeof(countries) / sizeof(countries[0]); i++)
        if (strcmp(countries[i].code, code) == 0)
            return &countries[i];
    return NULL;
}

size_t postal_lines(struct arena *a, const struct postal *p, const char *home,
                    const char *const **out)
{
    const char **lines = arena_zalloc(a, POSTAL_LINES, sizeof(*lines));
    bool foreign = *p->country && home && strcmp(p->country, home) != 0;
    const struct country *there = find(*p->country ? p->country : home);
    size_t n = 0;
    lines[n++] = p->name;
    lines[n++] = p->street;
    lines[n++] = there && there->city_first ? arena_printf(a, "%s %s", p->city, p->code)
                                            : arena_printf(a, "%s %s", p->code, p->city);
    if (foreign)
        lines[n++] = find(p->country) ? find(p->country)->name : p->country;
    *out = lines;
    return n;
}
