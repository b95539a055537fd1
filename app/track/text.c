/* Encodings found and undone, and names folded so that writing habits do not matter. */
#include "track/text.h"

#include "base/utf8.h"

const char *encoding_name(enum encoding e)
{
    static const char *const names[] = {
        [ENCODING_UTF8] = "UTF-8",
        [ENCODING_WINDOWS_1252] = "Windows-1252",
        [ENCODING_UTF16LE] = "UTF-16LE",
        [ENCODING_UTF16BE] = "UTF-16BE",
    };
    return names[e];
}

/* How long the sequence that starts with byte c would be; 0: none starts so. */
static size_t sequence(unsigned char c)
{
    if (c < 0x80)
        return 1;
    if (c < 0xE0)
        return c >= 0xC2 ? 2 : 0;
    return c < 0xF0 ? 3 : c <= 0xF4 ? 4 : 0;
}

unsigned char_next(struct str text, size_t *at)
{
    static const unsigned char masks[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    const char *p = text.p + *at;
    size_t n = utf8_char(p, text.n - *at);
    if (n == 0) {
        *at += 1;
        return NO_CHARACTER;
    }
    unsigned c = (unsigned char)p[0] & masks[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3F);
    *at += n;
    return c;
}

static void put(struct buf *out, unsigned c)
{
    char bytes[4];
    buf_put(out, bytes, utf8_put(c, bytes));
}

bool encoding_marked(struct str file, enum encoding *out, size_t *bom)
{
    static const struct {
        struct str mark;
        enum encoding encoding;
    } marks[] = {
        { { "\xEF\xBB\xBF", 3 }, ENCODING_UTF8 },
        { { "\xFF\xFE", 2 }, ENCODING_UTF16LE },
        { { "\xFE\xFF", 2 }, ENCODING_UTF16BE },
    };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        *bom = marks[i].mark.n;
        *out = marks[i].encoding;
        if (file.n >= *bom && memcmp(file.p, marks[i].mark.p, *bom) == 0)
            return true;
    }
    *bom = 0;
    *out = ENCODING_UTF8;
    return false;
}

/* ---- decoding ---- */

/* The characters of 0x80 to 0x9F in Windows-1252; 0: undefined. */
static const unsigned short windows[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* Copies what is ASCII from *at on. */
static void put_ascii(struct str in, size_t *at, struct buf *out)
{
    size_t from = *at;
    while (*at < in.n && (unsigned char)in.p[*at] < 0x80)
        ++*at;
    if (*at > from)
        buf_put(out, in.p + from, *at - from);
}

static size_t decode_windows(struct str in, struct buf *out)
{
    size_t at = 0;
    for (put_ascii(in, &at, out); at < in.n; put_ascii(in, &at, out)) {
        unsigned char c = (unsigned char)in.p[at++];
        unsigned special = c < 0xA0 ? windows[c - 0x80] : 0;
        put(out, special ? special : c);
    }
    return at;
}

static size_t decode_utf8(struct str in, bool last, struct buf *out)
{
    size_t at = 0;
    for (put_ascii(in, &at, out); at < in.n; put_ascii(in, &at, out)) {
        if (sequence((unsigned char)in.p[at]) > in.n - at && !last)
            break;
        put(out, char_next(in, &at));
    }
    return at;
}

static unsigned unit_at(struct str in, size_t at, bool big)
{
    const unsigned char *p = (const unsigned char *)in.p + at;
    return big ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static size_t decode_utf16(struct str in, bool big, bool last, struct buf *out)
{
    size_t at = 0;
    while (at + 2 <= in.n) {
        unsigned c = unit_at(in, at, big);
        if (c >= 0xD800 && c <= 0xDBFF && at + 4 > in.n && !last)
            break;
        unsigned low = at + 4 <= in.n ? unit_at(in, at + 2, big) : 0;
        at += 2;
        if (c >= 0xD800 && c <= 0xDBFF && low >= 0xDC00 && low <= 0xDFFF) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            at += 2;
        }
        put(out, c >= 0xD800 && c <= 0xDFFF ? NO_CHARACTER : c);
    }
    if (last && at < in.n) {
        put(out, NO_CHARACTER);
        at = in.n;
    }
    return at;
}

static size_t decode_some(const struct decoder *d, struct str in, bool last, struct buf *out)
{
    switch (d->encoding) {
    case ENCODING_UTF8:
        return decode_utf8(in, last, out);
    case ENCODING_UTF16LE:
    case ENCODING_UTF16BE:
        return decode_utf16(in, d->encoding == ENCODING_UTF16BE, last, out);
    case ENCODING_WINDOWS_1252:
        break;
    }
    return decode_windows(in, out);
}

void decode(struct decoder *d, struct str piece, bool last, struct buf *out)
{
    size_t from = 0;
    while (d->kept_n && from < piece.n) { /* first what was cut, byte by byte */
        d->kept[d->kept_n++] = (unsigned char)piece.p[from++];
        struct str kept = { (const char *)d->kept, d->kept_n };
        size_t used = decode_some(d, kept, d->kept_n == sizeof(d->kept), out);
        d->kept_n -= used;
        memmove(d->kept, d->kept + used, d->kept_n);
    }
    struct str rest = { piece.p + from, piece.n - from };
    size_t used = decode_some(d, rest, last, out);
    if (rest.n - used)
        memcpy(d->kept + d->kept_n, rest.p + used, rest.n - used);
    d->kept_n += rest.n - used;
    if (last && d->kept_n) {
        put(out, NO_CHARACTER);
        d->kept_n = 0;
    }
}

/* Code page 850, which has the letters of 437 in the same places, and more of them. */
static const unsigned short dos[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF,
    0x00EE, 0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9,
    0x00FF, 0x00D6, 0x00DC, 0x00F8, 0x00A3, 0x00D8, 0x00D7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA,
    0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x00AE, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x00C1, 0x00C2, 0x00C0, 0x00A9, 0x2563, 0x2551, 0x2557,
    0x255D, 0x00A2, 0x00A5, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x00E3, 0x00C3,
    0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x00A4, 0x00F0, 0x00D0, 0x00CA, 0x00CB,
    0x00C8, 0x0131, 0x00CD, 0x00CE, 0x00CF, 0x2518, 0x250C, 0x2588, 0x2584, 0x00A6, 0x00CC, 0x2580,
    0x00D3, 0x00DF, 0x00D4, 0x00D2, 0x00F5, 0x00D5, 0x00B5, 0x00FE, 0x00DE, 0x00DA, 0x00DB, 0x00D9,
    0x00FD, 0x00DD, 0x00AF, 0x00B4, 0x00AD, 0x00B1, 0x2017, 0x00BE, 0x00B6, 0x00A7, 0x00F7, 0x00B8,
    0x00B0, 0x00A8, 0x00B7, 0x00B9, 0x00B3, 0x00B2, 0x25A0, 0x00A0,
};

const char *name_text(struct arena *a, const char *bytes)
{
    struct buf out = buf_in(a);
    if (utf8_valid(str_of(bytes)))
        return bytes;
    for (; *bytes; bytes++) {
        unsigned char c = (unsigned char)*bytes;
        put(&out, c < 0x80 ? c : dos[c - 0x80]);
    }
    return out.p;
}

/* ---- folding ---- */

/* The plain letters of U+00C0 to U+017F, lower case. */
static const char plain[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
                            "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
_Static_assert(sizeof(plain) - 1 == 0x180 - 0xC0, "one letter per character");

static const struct {
    unsigned c;
    const char *letters;
} ligatures[] = {
    { 0xC6, "ae" },  { 0xE6, "ae" }, { 0xDF, "ss" }, { 0x1E9E, "ss" }, { 0x152, "oe" },
    { 0x153, "oe" }, { 0xD8, "o" },  { 0xF8, "o" },  { 0x132, "ij" },  { 0x133, "ij" },
};

static const char *letters_of(unsigned c)
{
    for (size_t i = 0; i < sizeof(ligatures) / sizeof(ligatures[0]); i++) {
        if (ligatures[i].c == c)
            return ligatures[i].letters;
    }
    return NULL;
}

/* Whether a character that is no letter of ours is kept as it is. */
static bool is_kept(unsigned c, bool whole)
{
    bool combining = c >= 0x300 && c <= 0x36F, punctuation = c >= 0x2000 && c <= 0x206F;
    if (c < 0xC0)
        return whole || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return !combining && (whole || !punctuation);
}

static void fold_one(unsigned c, bool whole, struct buf *out)
{
    const char *letters = c < 0x80 ? NULL : letters_of(c);
    if (letters)
        buf_puts(out, letters);
    else if (c >= 'A' && c <= 'Z')
        buf_putc(out, (char)(c - 'A' + 'a'));
    else if (c >= 0xC0 && c < 0x180)
        buf_putc(out, plain[c - 0xC0]);
    else if (is_kept(c, whole))
        put(out, c);
}

char *fold(struct arena *a, struct str text, bool whole)
{
    struct buf out = buf_in(a);
    buf_room(&out, text.n)[0] = '\0';
    for (size_t at = 0; at < text.n;)
        fold_one(char_next(text, &at), whole, &out);
    return out.p;
}
