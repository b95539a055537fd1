/* The pages about retention: what is set, what would go, what goes and went. */
#pragma once

#include "proof/retention.h"
#include "web/web.h"

struct policy_form {
    struct retention_policy policy; /* its hint NULL: of a plan for now */
    const char *token;
};

struct erase_form {
    const char *email, *token; /* the token NULL: to be asked back */
};

handler page_retention, page_erase, page_erase_again;
handler page_policy, page_policy_again; /* sets one, by its plan if it removes */
handler page_plan;                      /* what is to be confirmed */
handler page_removal_ask, page_removal_again, page_removal; /* now, and what went */
