/* What the domain gives the programs. */
#include "base/domain.h"
#include "notify/notify.h"

const struct domain notify_domain = { .name = "notify" };
