/* Order numbers in what people write: the words that may be one. */
#include "ship/thread_words.h"

#include "base/utf8.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define WORDS_MOST 500
#define WORD_LENGTH 60 /* as long as an order's number may be */
#define LONG 6
#define LONG_MIXED 4
#define WITHIN "-/._#@" /* beside letters, digits and what is not ASCII */
#define AROUND "-/._#"  /* of these none ends a number, and only # begins one */

/* What people write before an order's number; between it and the number may stand a second one. */
static const char *const before[] = {
    "order",          "orders", "ordernumber", "bestellung", "bestellnummer", "auftrag",
    "auftragsnummer", "number", "no",          "nr",         "nummer",        "commande",
    "numéro",         "pedido", "número",      "n",          "num",           NULL
};

struct reading {
    struct arena *arena;
    struct thread_word *words;
    size_t n;
    bool said; /* the word before says that this is a number */
};

/* Bytes of a sign at p that is written around words and is not ASCII: U+00A0 to U+00BF, U+2000 to
   U+203F; 0: there is none. */
static size_t sign_at(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    if (u[0] == 0xc2 && u[1] >= 0xa0 && u[1] <= 0xbf)
        return 2;
    return u[0] == 0xe2 && u[1] == 0x80 && u[2] ? 3 : 0;
}

static bool is_within(const char *p)
{
    return (*p & 0x80) ? sign_at(p) == 0
                       : isalnum((unsigned char)*p) || (*p && strchr(WITHIN, *p) != NULL);
}

/* A dot ends a short word as one that is cut, a long one as a sentence. */
static bool says_number(const char *word, size_t n, bool dot)
{
    if (dot && n > 3)
        return false;
    for (const char *const *b = before; *b; b++)
        if (strlen(*b) == n && strncasecmp(*b, word, n) == 0)
            return true;
    return false;
}

static bool has(const char *word, size_t n, int (*what)(int))
{
    for (size_t i = 0; i < n; i++)
        if (what((unsigned char)word[i]))
            return true;
    return false;
}

static void add(struct reading *r, const char *word, size_t n, bool said)
{
    bool alone = said || n >= LONG || (n >= LONG_MIXED && has(word, n, isalpha));
    for (size_t i = 0; i < r->n; i++)
        if (strlen(r->words[i].text) == n && strncasecmp(r->words[i].text, word, n) == 0) {
            r->words[i].alone |= alone;
            return;
        }
    if (r->n < WORDS_MOST)
        r->words[r->n++] = (struct thread_word){ arena_strndup(r->arena, word, n), .alone = alone };
}

static void take(struct reading *r, const char *word, size_t n)
{
    bool said = r->said, marked = word[0] == '#', dot = word[n - 1] == '.';
    while (n && strchr(AROUND, word[n - 1]))
        n--;
    size_t skip = n ? strspn(word, AROUND) : 0;
    if (skip >= n) {
        r->said = said || marked; /* "# 1001" */
        return;
    }
    r->said = says_number(word + skip, n - skip, dot);
    if (n > WORD_LENGTH || !has(word, n, isdigit) || !utf8_valid((struct str){ word, n }))
        return;
    add(r, word + skip, n - skip, said || marked);
    if (marked)
        add(r, word + skip - 1, n - skip + 1, true); /* numbers may be kept with their # */
}

static void read_text(struct reading *r, const char *p)
{
    r->said = false;
    while (*p) {
        size_t n = 0;
        while (is_within(p + n))
            n++;
        if (n) {
            take(r, p, n);
            p += n;
            continue;
        }
        if (strchr(";!?", *p))
            r->said = false; /* another sentence */
        n = sign_at(p);
        p += n ? n : 1;
    }
}

size_t thread_words(struct arena *a, const char *const *texts, size_t n,
                    const struct thread_word **out)
{
    struct reading r = { .arena = a, .words = arena_zalloc(a, WORDS_MOST, sizeof(*r.words)) };
    for (size_t i = 0; i < n; i++)
        read_text(&r, texts[i]);
    *out = r.words;
    return r.n;
}
