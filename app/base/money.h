/* Amounts of money: integer minor units and an ISO 4217 code. */
#pragma once

#include "base/arena.h"

#include <stdint.h>

/* Digits after the point of an active currency by its upper-case code: 0, 2 or 3; -1: no such code.
 */
int money_decimals(const char *currency);

/* An amount as the language writes it: 123450 CHF is "1’234.50 CHF", 123450 EUR "1.234,50 EUR" in
   German, "1 234,50 EUR" in French and "1,234.50 EUR" in English. Francs are written the Swiss way
   in every language. */
const char *money_text(struct arena *a, int64_t minor, const char *currency, const char *language);
