/* Whether an account at Shiprocket works. */
#pragma once

#include "carriers/carrier.h"

/* As `check` of struct carrier: signs in and looks at the list of orders, of which nothing is kept.
 */
enum err shiprocket_check(struct carrier_call *call, const char **said,
                          struct carrier_result *out) must_check;
