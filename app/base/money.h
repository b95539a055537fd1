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

/* ---- prices of single things, which may be less than a minor unit: whole millionths ---- */

#define MONEY_MICROS INT64_C(1000000)

/* So many minor units in millionths of the currency. */
int64_t money_micros(int64_t minor, const char *currency);

/* "0.075" in millionths, exactly: at most 6 digits before the point and 6 behind it; -1: no number
   of that kind. */
int64_t money_micros_read(const char *text);

/* Millionths as money_text writes an amount, with as many digits as it takes to be exact: 75000 CHF
   is "0.075 CHF", 12500000 CHF "12.50 CHF". */
const char *money_micros_text(struct arena *a, int64_t micros, const char *currency,
                              const char *language);

/* Millionths as a bare number, with two digits after the point at least: "0.15". */
const char *money_micros_number(struct arena *a, int64_t micros);
