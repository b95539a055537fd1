/* Reads messages of our own making back: RFC 5322 and MIME as channels/mime.c writes them. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

#define MAIL_FILES 32

struct mail_file {
    const char *file_name, *content_type;
    struct str bytes;
};

struct mail_read {
    const char *from, *to, *subject, *date; /* decoded; date RFC 3339 or NULL */
    struct str text, html;                  /* decoded; p NULL where absent */
    struct mail_file files[MAIL_FILES];
    size_t file_count;
};

/* ERR_INVALID: not a message of ours. */
enum err mail_parse(struct arena *a, struct str raw, struct mail_read *out) must_check;
