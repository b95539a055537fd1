/* The pages of rules, and their form, where each status is a field of its own. */
#pragma once

#include "notify/team.h"
#include "web/web.h"

struct team_tell {
    bool on[16]; /* by the place in team_statuses */
};
extern const struct input team_tell_input;

struct team_form {
    struct team_rule rule;        /* but for the statuses */
    const struct team_tell *tell; /* NULL: none was ticked */
};

handler team_page, team_new_page, team_new_again, team_add_page, team_rule_page, team_rule_again,
    team_set_page, team_remove_page, team_test_page, team_retry_page;
