/* What the web room itself gives the programs: health, the API's description. */
#pragma once

#include "base/domain.h"

extern const struct domain web_domain;
