/* Text with its length, and a growing buffer of it in an arena. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes of somebody else's memory; not NUL-terminated unless said. */
struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

static inline struct str str_of(const char *text)
{
    return (struct str){ text ? text : "", text ? strlen(text) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Grows in its arena. `p[n]` is always NUL once anything was written; `p` is NULL before. */
struct buf {
    struct arena *arena;
    char *p;
    size_t n, cap;
};

static inline struct buf buf_in(struct arena *a)
{
    return (struct buf){ .arena = a };
}

/* Makes room for `more` further bytes and a NUL; answers where they go. The caller adds to b->n. */
char *buf_room(struct buf *b, size_t more);

void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds text with & < > " ' and ` as character references: safe in HTML text and quoted attributes.
 */
void buf_html(struct buf *b, const char *text, size_t n);

/* Adds text percent-encoded: all but the unreserved characters of RFC 3986 §2.3. */
void buf_url(struct buf *b, const char *text, size_t n);

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){ b->p ? b->p : "", b->n };
}
