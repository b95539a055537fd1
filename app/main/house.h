/* The house's own jobs by the clock: partitions, old keys. */
#pragma once

#include "base/domain.h"

extern const struct domain house_domain;
