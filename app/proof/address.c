/* Looking for addresses: the text is made plain first, then each is looked for as it may stand. */
#include "proof/address.h"

#include "track/value.h"

#include <ctype.h>
#include <stdlib.h>

enum { NATIONAL_LEAST = 7 };

static bool letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- making it plain ---- */

static bool all_of(const char *p, const char *end, size_t n, int (*is)(int))
{
    for (size_t i = 0; i < n; i++)
        if (p + i >= end || !is((unsigned char)p[i]))
            return false;
    return true;
}

static int octal(int c)
{
    return c >= '0' && c <= '7';
}

/* Bytes of what is escaped by backslashes at p: \n, \u00e9, \303, \\n; 0: nothing is. */
static size_t backslashed(const char *p, const char *end)
{
    size_t n = 0;
    while (p + n < end && p[n] == '\\')
        n++;
    const char *of = p + n;
    if (n == 0 || of == end)
        return 0;
    if ((*of == 'u' || *of == 'U') && all_of(of + 1, end, 4, isxdigit))
        return n + 5;
    return all_of(of, end, 3, octal) ? n + 3 : isalpha((unsigned char)*of) ? n + 1 : 0;
}

/* What hexadecimal digits before `end` stand for: the signs of addresses, else a space. */
static char coded(const char *end, size_t n)
{
    char digits[5] = "";
    memcpy(digits, end - n, n);
    long c = strtol(digits, NULL, 16);
    return c == '@' || c == '+' ? (char)c : ' ';
}

/* One character of it; *at is moved behind. '\0': none, the rest of a character before. */
static char plain_char(const char **at, const char *end)
{
    const char *p = *at;
    size_t escaped = backslashed(p, end);
    *at += escaped ? escaped : 1;
    if (escaped)
        return escaped >= 6 && tolower((unsigned char)(*at)[-5]) == 'u' ? coded(*at, 4) : ' ';
    if (*p == '%' && all_of(p + 1, end, 2, isxdigit)) {
        *at = p + 3;
        return coded(*at, 2);
    }
    if (((unsigned char)*p & 0xC0) == 0x80)
        return '\0';
    return *p && (unsigned char)*p < 0x80 ? (char)tolower((unsigned char)*p) : ' ';
}

/* In lower case; all that is escaped, and what is not ASCII, is a space. */
static struct str plain(struct str text, struct buf *room)
{
    room->n = 0;
    char *to = buf_room(room, text.n);
    size_t n = 0;
    for (const char *p = text.p, *end = text.p + text.n; p < end;) {
        char c = plain_char(&p, end);
        to[n] = c;
        n += c != '\0';
    }
    room->n = n;
    to[n] = '\0';
    return buf_str(room);
}

/* ---- e-mail addresses ---- */

/* Of what stands before p no part can belong to it. */
static bool begins(const char *from, const char *p)
{
    return p == from || (!letter_or_digit(p[-1]) &&
                         !(strchr("._+-", p[-1]) && p - from > 1 && letter_or_digit(p[-2])));
}

/* Neither does the domain go on behind p, which a NUL ends. */
static bool ends(const char *p)
{
    if (*p == '-')
        p += 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return !letter_or_digit(*p) && !(*p == '.' && letter_or_digit(p[1]));
}

static bool email_stands(struct str text, const char *email)
{
    size_t n = strlen(email);
    for (const char *p = text.p; (p = memmem(p, text.n - (size_t)(p - text.p), email, n)); p++)
        if (begins(text.p, p) && ends(p + n))
            return true;
    return false;
}

/* ---- phone numbers ---- */

/* Digits of the country's code that begins a number of E.164 (ITU-T E.164.D). */
static size_t country_length(const char *number)
{
    static const char two[] =
        " 20 27 28 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 "
        "56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ";
    if (*number == '1' || *number == '7')
        return 1;
    return strstr(two, (const char[]){ ' ', number[0], number[1], ' ', '\0' }) ? 2 : 3;
}

static const char *skip(const char *p)
{
    return p + strspn(p, " ./()'-");
}

/* Behind the first n digits of `digits`, with what may stand between; NULL: they do not stand at p.
 */
static const char *behind(const char *p, const char *digits, size_t n)
{
    for (size_t i = 0; i < n; i++, p++) {
        p = i ? skip(p) : p;
        if (*p != digits[i])
            return NULL;
    }
    return p;
}

static bool rest_stands(const char *p, const char *rest)
{
    p = behind(p, rest, strlen(rest));
    return p && !digit(*p);
}

/* The number without its country's code, with or without the 0 that is dialled at home. */
static bool home_stands(const char *p, const char *rest)
{
    return rest_stands(p, rest) || (*p == '0' && rest_stands(skip(p + 1), rest));
}

static bool number_stands(const char *p, const char *number)
{
    size_t n = country_length(number), digits = strlen(number);
    if (n >= digits)
        return false;
    if (digits - n >= NATIONAL_LEAST && home_stands(p, number + n))
        return true;
    const char *code = behind(p, number, n);
    if (code && home_stands(skip(code), number + n))
        return true;
    code = strncmp(p, "00", 2) == 0 ? behind(skip(p + 2), number, n) : NULL;
    return code && home_stands(skip(code), number + n);
}

static bool phone_stands(struct str text, const char *phone)
{
    for (const char *p = text.p; *p; p++) {
        if (!digit(*p))
            continue;
        if (number_stands(p, phone + 1))
            return true;
        p += strspn(p, "0123456789") - 1;
    }
    return false;
}

bool address_stands(struct str text, const char *const *addresses, struct buf *room)
{
    struct str t = plain(text, room);
    for (; *addresses; addresses++)
        if (**addresses == '+' ? phone_stands(t, *addresses) : email_stands(t, *addresses))
            return true;
    return false;
}

/* ---- one that is given ---- */

const char *address_read(struct arena *a, const char *text, const char **out)
{
    const char *read;
    while (isspace((unsigned char)*text))
        text++;
    size_t n = strlen(text);
    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    const struct str trimmed = { text, n };
    const char *why =
        memchr(text, '@', n) ? read_email(a, trimmed, &read) : read_phone(a, trimmed, "", &read);
    if (why)
        return why;
    char *low = arena_strdup(a, read);
    for (char *p = low; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    *out = low;
    return NULL;
}
