/* Tracking numbers and carriers as they are kept. Pure. */
#include "ship/shipment.h"

#include <ctype.h>
#include <string.h>

const char *tracking_number_of(struct arena *a, const char *text)
{
    size_t n = 0;
    char *out = arena_zalloc(a, strlen(text) + 1, 1);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (isspace(*p))
            continue;
        if (*p >= 0x80 || (!isalnum(*p) && !strchr("-_/.", *p)))
            return NULL;
        out[n++] = (char)toupper(*p);
    }
    return n >= 1 && n <= TRACKING_NUMBER_MOST ? out : NULL;
}

const char *carrier_code_of(struct arena *a, const char *text)
{
    size_t n = 0;
    char *out = arena_zalloc(a, strlen(text) + 1, 1);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p >= 0x80 || (!isalnum(*p) && !strchr("-_. ", *p)))
            return NULL;
        out[n++] = *p == ' ' ? '-' : (char)tolower(*p);
    }
    return n >= 1 && n <= CARRIER_CODE_MOST && isalnum((unsigned char)*out) ? out : NULL;
}
