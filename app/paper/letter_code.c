/* The text of a letter's 2D code: a UUID in Crockford's base32 with a check character. */
#include "base/uuid.h"
#include "paper/letter.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "TC1:"
#define START 4
#define DIGITS 26

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The value of a character, -1 for what is none. */
static int value_of(char c)
{
    c = (char)toupper((unsigned char)c);
    c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* Times x in GF(2^5) with x^5 + x^2 + 1. */
static unsigned times_x(unsigned a)
{
    a <<= 1;
    return a & 32 ? a ^ 37 : a;
}

static unsigned check_of(const char *digits)
{
    unsigned check = 0;
    for (int i = 0; i < DIGITS; i++)
        check = times_x(check ^ ((unsigned)value_of(digits[i]) & 31));
    return check;
}

static int nibble(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Bits are moved from the hexadecimal digits to base32, two zero bits before the first. */
bool letter_code_write(const char *uuid, char out[LETTER_CODE_LENGTH + 1])
{
    if (!uuid || !uuid_valid(uuid))
        return false;
    char digits[DIGITS + 1] = { 0 };
    unsigned bits = 0, n = 2, at = 0;
    for (; *uuid; uuid++) {
        if (*uuid == '-')
            continue;
        bits = bits << 4 | (unsigned)nibble(*uuid);
        n += 4;
        if (n >= 5) {
            n -= 5;
            digits[at++] = alphabet[bits >> n & 31];
        }
    }
    snprintf(out, LETTER_CODE_LENGTH + 1, PREFIX "%s:%c", digits, alphabet[check_of(digits)]);
    return true;
}

static void read_uuid(const char *digits, char uuid[37])
{
    unsigned bits = (unsigned)value_of(digits[0]) & 7, n = 3;
    for (int at = 0, i = 1; at < 36; at++) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            uuid[at] = '-';
            continue;
        }
        if (n < 4) {
            bits = bits << 5 | (unsigned)value_of(digits[i++]);
            n += 5;
        }
        n -= 4;
        uuid[at] = "0123456789abcdef"[bits >> n & 15];
    }
    uuid[36] = '\0';
}

bool letter_code_read(const char *code, char uuid[37])
{
    if (!code || strlen(code) != LETTER_CODE_LENGTH || strncasecmp(code, "TC", 2) != 0 ||
        code[2] != '1' || code[3] != ':' || code[START + DIGITS] != ':')
        return false;
    const char *digits = code + START;
    for (int i = 0; i < DIGITS; i++)
        if (value_of(digits[i]) < 0)
            return false;
    if (value_of(digits[0]) > 7 || value_of(digits[DIGITS + 1]) != (int)check_of(digits))
        return false;
    read_uuid(digits, uuid);
    return true;
}
