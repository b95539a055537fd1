/* The one list of domains. */
#include "main/domain.h"

#include "access/access.h"

const struct domain *const domains[] = { &access_domain, NULL };
