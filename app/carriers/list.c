/* The one list of carriers. */
#include "carriers/carrier.h"
#include "carriers/ship24.h"

#include <string.h>

const char *const carrier_names[] = { "shiprocket", NULL };

static const struct {
    const char *name, *title;
    const struct carrier *real, *stand_in;
} carriers[] = {
    { "shiprocket", "Shiprocket", &carrier_shiprocket, &carrier_stand_in },
    { "ship24", "Ship24", &carrier_ship24, NULL }, /* tracks what others carry */
};

#define CARRIERS (sizeof(carriers) / sizeof(carriers[0]))

const struct carrier *carrier_of(const char *name, bool dry_run)
{
    for (size_t i = 0; i < CARRIERS; i++)
        if (strcmp(carriers[i].name, name) == 0)
            return dry_run ? carriers[i].stand_in : carriers[i].real;
    return NULL;
}

const char *carrier_title(const char *name)
{
    for (size_t i = 0; i < CARRIERS; i++)
        if (strcmp(carriers[i].name, name) == 0)
            return carriers[i].title;
    return name;
}
