/* What the web room itself gives the programs: health, the API's description. */
#pragma once

#include "main/domain.h"

extern const struct domain web_domain;
