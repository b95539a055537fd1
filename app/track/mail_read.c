/* Reading messages of our own making back: their texts and files. */
#include "track/mail_read.h"

#include "channels/mime_part.h"

#include <string.h>
#include <strings.h>

#define DEPTH 4

static void leaf(struct arena *a, const struct mime_part *p, struct mail_read *out)
{
    const char *disposition = mime_header_of(p, "content-disposition");
    const char *name = disposition ? mime_parameter(a, disposition, "filename") : NULL;
    bool file = name || (disposition && strncasecmp(disposition, "attachment", 10) == 0);
    if (!file && strcmp(p->type, "text/html") == 0)
        out->html = mime_part_body(a, p);
    else if (!file && strcmp(p->type, "text/plain") == 0)
        out->text = mime_part_body(a, p);
    else if (out->file_count < MAIL_FILES)
        out->files[out->file_count++] =
            (struct mail_file){ name ? name : "attachment", p->type, mime_part_body(a, p) };
}

static enum err walk(struct arena *a, const struct mime_part *p, int depth, struct mail_read *out)
{
    struct str text;
    size_t at = 0;
    enum err e = OK;
    if (!p->boundary || depth == DEPTH) {
        leaf(a, p, out);
        return OK;
    }
    while (e == OK && mime_next_part(p, &at, &text)) {
        struct mime_part inner;
        e = mime_part_read(a, text, &inner);
        if (e == OK)
            e = walk(a, &inner, depth + 1, out);
    }
    return e;
}

static const char *words_of(struct arena *a, const struct mime_part *p, const char *name)
{
    const char *value = mime_header_of(p, name);
    return value ? mime_words(a, value) : "";
}

enum err mail_parse(struct arena *a, struct str raw, struct mail_read *out)
{
    struct mime_part p;
    *out = (struct mail_read){ 0 };
    enum err e = mime_part_read(a, raw, &p);
    if (e != OK)
        return e;
    if (!mime_header_of(&p, "from") || !mime_header_of(&p, "content-type"))
        return ERR_INVALID;
    const char *date = mime_header_of(&p, "date");
    out->from = words_of(a, &p, "from");
    out->to = words_of(a, &p, "to");
    out->subject = words_of(a, &p, "subject");
    out->date = date ? mime_date(a, date) : NULL;
    return walk(a, &p, 0, out);
}
