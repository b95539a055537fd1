/* The one list of domains. */
#include "access/access.h"
#include "inbox/inbox.h"
#include "main/domain.h"
#include "track/track.h"
#include "web/domain.h"

const struct domain *const domains[] = {
    &web_domain,   &access_domain, &inbox_domain,  &events_domain,
    &house_domain, &track_domain,  &import_domain, NULL,
};
