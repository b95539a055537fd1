/* The routes of shipments. */
#include "base/domain.h"
#include "ship/ship.h"

const struct domain ship_domain = { .name = "ship" };
