/* The one list of domains. */
#include "main/domain.h"

#include "access/access.h"
#include "web/domain.h"

const struct domain *const domains[] = { &web_domain, &access_domain, NULL };
