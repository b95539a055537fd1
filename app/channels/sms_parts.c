/* How many parts a text is sent in (3GPP TS 23.038 §6.2.1, TS 23.040 §9.2.3.24.1). */
#include "channels/sms.h"

#include "base/utf8.h"

#define SINGLE_GSM 160
#define PART_GSM 153
#define SINGLE_UCS2 70
#define PART_UCS2 67
#define FOREIGN_NAMED 5

/* The basic alphabet beyond ASCII; of ASCII all but ` and what is in the table below. */
static const unsigned short basic[] = {
    0xa3,  0xa5,  0xe8,  0xe9,  0xf9,  0xec,  0xf2,  0xc7,  0xd8,  0xf8, 0xc5, 0xe5, 0x394,
    0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xc6, 0xe6, 0xdf, 0xc9,
    0xa4,  0xa1,  0xc4,  0xd6,  0xd1,  0xdc,  0xa7,  0xbf,  0xe4,  0xf6, 0xf1, 0xfc, 0xe0,
};
static const unsigned short extended[] = { '\f', '^', '{', '}', '\\', '[', '~', ']', '|', 0x20ac };

static bool is_in(const unsigned short *list, size_t n, unsigned code)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == code)
            return true;
    return false;
}

/* Septets of a character: 1, 2 with the escape before it, 0 where it is foreign. */
static int septets(unsigned code)
{
    if (is_in(extended, sizeof(extended) / sizeof(extended[0]), code))
        return 2;
    if (code == '\n' || code == '\r' || (code >= ' ' && code < 0x7f && code != '`'))
        return 1;
    return is_in(basic, sizeof(basic) / sizeof(basic[0]), code);
}

static unsigned code_at(const char *p, size_t n)
{
    unsigned char first = (unsigned char)*p;
    unsigned code = n == 1 ? first : first & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        code = code << 6 | ((unsigned char)p[i] & 0x3f);
    return code;
}

/* A character of one or two units that would lie across two parts begins the second. */
struct fill {
    int units, in_part, parts;
};

static void add(struct fill *f, int units, int part)
{
    f->units += units;
    if (f->parts == 0 || f->in_part + units > part) {
        f->parts++;
        f->in_part = 0;
    }
    f->in_part += units;
}

static size_t step(const char *p, size_t n, unsigned *code)
{
    size_t bytes = utf8_char(p, n);
    *code = bytes ? code_at(p, bytes) : 0xfffd;
    return bytes ? bytes : 1;
}

struct sms_parts sms_parts(struct arena *a, const char *text)
{
    struct sms_parts out = { 0 };
    struct fill gsm = { 0 }, ucs2 = { 0 };
    unsigned code;
    size_t n = strlen(text);
    for (size_t i = 0, bytes; i < n; i += bytes) {
        bytes = step(text + i, n - i, &code);
        int units = septets(code);
        if (!units && !out.foreign)
            out.foreign = arena_strndup(a, text + i, bytes);
        add(&gsm, units, PART_GSM);
        add(&ucs2, code > 0xffff ? 2 : 1, PART_UCS2);
    }
    out.ucs2 = out.foreign != NULL;
    const struct fill *f = out.ucs2 ? &ucs2 : &gsm;
    out.units = f->units;
    out.parts = f->units <= (out.ucs2 ? SINGLE_UCS2 : SINGLE_GSM) ? f->units > 0 : f->parts;
    return out;
}

const char *sms_encoding(const struct sms_parts *p)
{
    return p->ucs2 ? "UCS-2" : "GSM-7";
}

const char *sms_head(struct arena *a, const char *text, int most)
{
    size_t n = 0, end = strlen(text);
    unsigned code;
    for (int i = 0; i < most && n < end; i++)
        n += step(text + n, end - n, &code);
    char *head = arena_printf(a, "%.*s%s", (int)n, text, n < end ? "\u2026" : "");
    for (char *p = head; *p; p++)
        if (*p == '\n')
            *p = ' ';
    return head;
}

static size_t foreign(struct arena *a, const char *text, const char **out)
{
    struct buf b = buf_in(a);
    unsigned code;
    size_t found = 0, n = strlen(text);
    for (size_t i = 0, bytes; i < n; i += bytes) {
        bytes = step(text + i, n - i, &code);
        if (septets(code) || (found && memmem(text, i, text + i, bytes)))
            continue;
        if (++found <= FOREIGN_NAMED)
            buf_printf(&b, "%s\u201c%.*s\u201d (U+%04X)", b.n ? ", " : "", (int)bytes, text + i,
                       code);
    }
    if (found > FOREIGN_NAMED)
        buf_printf(&b, " and %zu more", found - FOREIGN_NAMED);
    *out = b.p;
    return found;
}

const char *sms_foreign(struct arena *a, const char *text)
{
    const char *names;
    foreign(a, text, &names);
    return names;
}

const char *sms_warning(struct arena *a, const char *text)
{
    const char *names;
    size_t n = foreign(a, text, &names);
    if (n == 0)
        return NULL;
    return arena_printf(a,
                        "The character%s %s %s not in the SMS alphabet: each part then holds 70 "
                        "characters instead of 160.",
                        n == 1 ? "" : "s", names, n == 1 ? "is" : "are");
}

/* ---- plain text ---- */

static const struct {
    unsigned code;
    const char *plain;
} replacements[] = {
    { 0xa0, " " },     { 0x202f, " " },  { 0x2009, " " }, { 0x2007, " " }, { 0x2002, " " },
    { 0x2003, " " },   { 0x200b, "" },   { 0xad, "" },    { 0xfeff, "" },  { 0x2018, "'" },
    { 0x2019, "'" },   { 0x201a, "'" },  { 0x2039, "'" }, { 0x203a, "'" }, { 0x201c, "\"" },
    { 0x201d, "\"" },  { 0x201e, "\"" }, { 0xab, "\"" },  { 0xbb, "\"" },  { 0x2010, "-" },
    { 0x2011, "-" },   { 0x2012, "-" },  { 0x2013, "-" }, { 0x2014, "-" }, { 0x2212, "-" },
    { 0x2026, "..." }, { 0x2022, "-" },  { '\t', " " },   { '\r', "" },
};

static const char *plain_of(unsigned code)
{
    for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++)
        if (replacements[i].code == code)
            return replacements[i].plain;
    return (code < ' ' && code != '\n') || code == 0x7f ? "" : NULL;
}

const char *sms_tidy(struct arena *a, const char *text)
{
    struct buf b = buf_in(a);
    unsigned code;
    size_t n = strlen(text);
    for (size_t i = 0, bytes; i < n; i += bytes) {
        bytes = step(text + i, n - i, &code);
        const char *plain = plain_of(code);
        if (plain)
            buf_puts(&b, plain);
        else
            buf_put(&b, text + i, bytes);
    }
    while (b.n && (b.p[b.n - 1] == '\n' || b.p[b.n - 1] == ' '))
        b.p[--b.n] = '\0';
    return b.p ? b.p : "";
}
