/* A small demo: three buildings, two years, twelve units each, in every state. */
#pragma once

#include "base/ctx.h"

/* Loads it into the tenant at hand, in a transaction of its own. ERR_CONFLICT: the tenant has
   buildings already. The same every time but for ids and times. */
enum err demo_load(struct ctx *c) must_check;

/* In a transaction: from here on it is the demo's person who acts, an agent who left the house. */
enum err demo_act(struct ctx *c) must_check;
