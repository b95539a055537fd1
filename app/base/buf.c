/* The growing buffer, and escaping into it. */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

char *buf_room(struct buf *b, size_t more)
{
    if (more >= b->cap - b->n || !b->p) {
        size_t cap = b->cap ? b->cap : 256;
        while (cap - b->n <= more)
            cap *= 2;
        char *p = arena_alloc(b->arena, cap);
        if (b->p)
            memcpy(p, b->p, b->n);
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

void buf_put(struct buf *b, const void *bytes, size_t n)
{
    char *to = buf_room(b, n);
    if (n)
        memcpy(to, bytes, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n <= 0)
        return;
    char *to = buf_room(b, (size_t)n);
    va_start(args, format);
    vsnprintf(to, (size_t)n + 1, format, args);
    va_end(args);
    b->n += (size_t)n;
}

#define REFERENCE_MAX 6
#define PIECE ((size_t)1024)

static const struct str references[256] = {
    ['&'] = { "&amp;", 5 },  ['<'] = { "&lt;", 4 },   ['>'] = { "&gt;", 4 },
    ['"'] = { "&quot;", 6 }, ['\''] = { "&#39;", 5 }, ['`'] = { "&#96;", 5 },
};

static char *escape(char *to, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct str *r = &references[(unsigned char)text[i]];
        if (!r->p) {
            *to++ = text[i];
            continue;
        }
        memcpy(to, r->p, r->n);
        to += r->n;
    }
    return to;
}

/* Room is made once for a piece, for the longest that may become of it. */
void buf_html(struct buf *b, const char *text, size_t n)
{
    size_t piece;
    do {
        piece = n < PIECE ? n : PIECE;
        char *end = escape(buf_room(b, piece * REFERENCE_MAX), text, piece);
        *end = '\0';
        b->n = (size_t)(end - b->p);
        text += piece;
        n -= piece;
    } while (n);
}

void buf_url(struct buf *b, const char *text, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            buf_putc(b, (char)c);
        else
            buf_put(b, (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
    }
}
