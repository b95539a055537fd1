/* The text of an imported file: its encoding, UTF-8 out of it, and names folded for comparison. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

enum encoding { ENCODING_UTF8, ENCODING_WINDOWS_1252, ENCODING_UTF16LE, ENCODING_UTF16BE };

/* "UTF-8", "Windows-1252", … */
const char *encoding_name(enum encoding e);

/* By the byte order mark, whose length is *bom; false where there is none: *out is then UTF-8. */
bool encoding_marked(struct str file, enum encoding *out, size_t *bom);

/* Turns the bytes of a file, piece by piece, into UTF-8. Zeroed but for `encoding` at the start. */
struct decoder {
    enum encoding encoding;
    unsigned char kept[4]; /* of a character cut by the end of a piece */
    size_t kept_n;
};

/* Adds the text of a piece to `out`. What is no character becomes U+FFFD; the bytes that
   Windows-1252 leaves undefined become the control characters of their number. */
void decode(struct decoder *d, struct str piece, bool last, struct buf *out);

/* A file name of an archive as UTF-8: what is not UTF-8 is taken for the code page of DOS. */
const char *name_text(struct arena *a, const char *bytes);

#define NO_CHARACTER 0xFFFDu

/* The character at *at, which is moved behind it; NO_CHARACTER for bytes that are none. */
unsigned char_next(struct str text, size_t *at);

/* Lower case without diacritics: "Fällig am" is "falligam". Spaces and punctuation are dropped, or
   kept where `whole`. */
char *fold(struct arena *a, struct str text, bool whole);
