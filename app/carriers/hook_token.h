/* The secret part of the address that carriers post to. Shiprocket takes no address that holds
   "shiprocket", "kartrocket", "sr" or "kr" anywhere: of 26 characters, none is s, k or r. */
#pragma once

#include "base/app.h"
#include "base/arena.h"

#include <stdbool.h>

#define HOOK_TOKEN_LENGTH 26

/* A new one: 26 of 33 characters, by chance alike. */
const char *hook_token_new(struct app *app, struct arena *a);
bool hook_token_valid(const char *text);

/* Whether Shiprocket takes an address, in whatever case the words stand. Pure. */
bool hook_address_allowed(const char *address);
