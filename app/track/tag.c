/* Tags of communications: read, put on and taken off. */
#include "track/tag.h"

#include "base/utf8.h"
#include "track/text.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

/* Lower case in any script; false where a character is of no word. */
static bool put_lower(struct buf *to, unsigned letter, locale_t unicode)
{
    char bytes[4];
    bool sign = letter < 0x80 && letter && strchr("-_.", (int)letter);
    if (letter == NO_CHARACTER || !(sign || iswalnum_l((wint_t)letter, unicode)))
        return false;
    unsigned small = (unsigned)towlower_l((wint_t)letter, unicode);
    buf_put(to, bytes, utf8_put(small, bytes));
    return true;
}

const char *tag_read(struct arena *a, const char *text, const char **out)
{
    bool good = true;
    struct buf b = buf_in(a);
    struct str in = str_of(text);
    while (in.n && in.p[in.n - 1] == ' ')
        in.n--;
    size_t at = strspn(text, " ");
    locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    while (good && unicode && at < in.n)
        good = put_lower(&b, char_next(in, &at), unicode);
    if (unicode)
        freelocale(unicode);
    if (!good || !unicode || b.n == 0)
        return "A tag is one word of letters, digits and - _ .";
    if (utf8_length(buf_str(&b)) > TAG_LENGTH)
        return "A tag has at most 40 characters.";
    *out = b.p;
    return NULL;
}
