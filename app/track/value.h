/* Values as people write them in a billing file, and as the database keeps them. Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "track/channel.h"

#include <stdbool.h>
#include <stdint.h>

/* Each answers NULL and sets *out, or a sentence that says what is wrong. Texts given are UTF-8,
   not empty and without control characters; texts answered live in the arena. */

/* Decimal point or comma, thousands by ' . , or space, a sign before or behind: minor units of the
   currency, which has `exponent` decimals. What could be read in two ways is refused. */
const char *read_amount(struct str text, int exponent, int64_t *out);

/* ISO 4217 code; its decimals. */
const char *read_currency(struct arena *a, struct str text, const char **out, int *exponent);

/* 2025-03-31, 31.3.2025, 31/03/2025 → 2025-03-31. */
const char *read_date(struct arena *a, struct str text, const char **out);

/* E.164; a number without + or 00 is one of the country (ISO 3166, "" unknown). */
const char *read_phone(struct arena *a, struct str text, const char *country, const char **out);

/* The numbers that a text may be: its own where it has its country, else one of each country that
   writes numbers so; how many they are, 0 where it is none. */
#define PHONES_MOST 21
int read_phones(struct arena *a, struct str text, const char *out[PHONES_MOST]);

/* RFC 5321 address with a domain of at least two labels, whose accents become A-labels (RFC 5890):
   "eva@zürich.ch" → "eva@xn--zrich-kva.ch". None are taken before the @ (RFC 6531). */
const char *read_email(struct arena *a, struct str text, const char **out);

/* ISO 639-1 in lower case, from a code, "de-CH" or a name. */
const char *read_language(struct arena *a, struct str text, const char **out);

/* ISO 3166 alpha-2 in upper case, from the code or a usual name. */
const char *read_country(struct arena *a, struct str text, const char **out);

/* A year from 1900 to 2999. */
const char *read_year(struct str text, int *out);

/* The one year that stands by itself in a text ("Abrechnung 2024"), the last of several; 0: none.
 */
int find_year(struct str text);

/* "email+letter", "Einschreiben": the set of channels as bits 1 << CHANNEL_x. */
const char *read_preference(struct arena *a, struct str text, unsigned *out);
