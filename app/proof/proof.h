/* Proof: checking that nothing was changed, a root over each day, and what is kept for how long. */
#pragma once

#include "base/domain.h"

extern const struct domain proof_domain;
