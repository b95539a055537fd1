/* The multipart reader: one window over the body, in which the next delimiter is looked for. */
#include "web/multipart.h"

#include "base/utf8.h"
#include "store/store.h"

#include <string.h>
#include <strings.h>

#define WINDOW ((size_t)64 * 1024)
#define HEADERS_MAX 8192
#define FIELD_MAX ((size_t)64 * 1024)
#define PARTS_MAX 256
#define BOUNDARY_MAX 70 /* RFC 2046 §5.1.1 */

struct reading {
    struct ctx *c;
    struct body_reader body;
    size_t left; /* bytes that may still come */
    bool over;   /* more came than may */
    char *window;
    size_t at, n; /* what of the window is not used yet */
    const char *delimiter;
    size_t delimiter_n;
    struct pair *fields;
    struct upload *uploads;
    size_t field_count, upload_count;
};

struct part {
    const char *name, *file_name;
    struct buf text;
    struct blob_writer *writer;
};

static enum err malformed(struct reading *r, const char *what)
{
    if (r->over)
        return ctx_refuse(r->c, ERR_LIMITED, "The upload is too large.");
    return ctx_refuse(r->c, ERR_INVALID, "The multipart body is not well-formed: %s.", what);
}

static bool is_token(char c)
{
    return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

const char *multipart_boundary(struct arena *a, const char *content_type)
{
    static const char type[] = "multipart/form-data";
    if (strncasecmp(content_type, type, sizeof(type) - 1) != 0)
        return NULL;
    const char *p = strcasestr(content_type + sizeof(type) - 1, "boundary=");
    if (!p || (p[-1] != ' ' && p[-1] != ';'))
        return NULL;
    p += strlen("boundary=");
    bool quoted = *p == '"';
    p += quoted;
    size_t n = 0;
    while (p[n] && (quoted ? p[n] != '"' : is_token(p[n])))
        n++;
    return n >= 1 && n <= BOUNDARY_MAX ? arena_strndup(a, p, n) : NULL;
}

/* Moves what is left to the front and reads on. False at the end of the body. */
static bool refill(struct reading *r)
{
    memmove(r->window, r->window + r->at, r->n);
    r->at = 0;
    size_t room = WINDOW - r->n;
    if (room == 0)
        return false;
    size_t got = r->body.read(r->body.from, r->window + r->n, room);
    if (got > r->left) {
        r->over = true;
        return false;
    }
    r->left -= got;
    r->n += got;
    return got > 0;
}

static enum err keep(struct reading *r, struct part *part, const char *p, size_t n)
{
    if (!part)
        return OK;
    if (part->writer)
        return blob_write(part->writer, p, n);
    if (part->text.n + n > FIELD_MAX)
        return ctx_fault(r->c, part->name, "is longer than 64 KiB");
    buf_put(&part->text, p, n);
    return OK;
}

/* Hands everything before the next delimiter to the part (NULL: drops it), and passes the
   delimiter. */
static enum err to_delimiter(struct reading *r, struct part *part)
{
    for (;;) {
        char *p = r->window + r->at, *found = memmem(p, r->n, r->delimiter, r->delimiter_n);
        size_t sure =
            found ? (size_t)(found - p) : (r->n >= r->delimiter_n ? r->n - r->delimiter_n + 1 : 0);
        enum err e = keep(r, part, p, sure);
        if (e != OK)
            return e;
        r->at += sure + (found ? r->delimiter_n : 0);
        r->n -= sure + (found ? r->delimiter_n : 0);
        if (found)
            return OK;
        if (!refill(r))
            return malformed(r, "a part does not end");
    }
}

/* The next line without its CRLF, in the arena; NULL where none ends within bounds. */
static char *line(struct reading *r)
{
    for (;;) {
        char *p = r->window + r->at, *end = memmem(p, r->n, "\r\n", 2);
        if (end) {
            size_t n = (size_t)(end - p);
            r->at += n + 2;
            r->n -= n + 2;
            return memchr(p, '\0', n) ? NULL : arena_strndup(r->c->arena, p, n);
        }
        if (r->n > HEADERS_MAX || !refill(r))
            return NULL;
    }
}

/* A quoted parameter of Content-Disposition; browsers write %22 for a quote (HTML §4.10.21.8). */
static const char *parameter(struct arena *a, const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strchr(text, ';'); p; p = strchr(p, ';')) {
        p += 1 + strspn(p + 1, " \t");
        if (strncasecmp(p, name, n) != 0 || p[n] != '=')
            continue;
        p += n + 1;
        if (*p != '"')
            return arena_strndup(a, p, strcspn(p, "; \t"));
        struct buf value = buf_in(a);
        buf_put(&value, "", 0);
        for (p++; *p && *p != '"'; p++) {
            bool quote = strncmp(p, "%22", 3) == 0;
            if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
                p++;
            buf_putc(&value, quote ? '"' : *p);
            p += quote ? 2 : 0;
        }
        return value.p;
    }
    return NULL;
}

static const char *base_name(const char *path)
{
    for (const char *p = path; *p; p++)
        if (*p == '/' || *p == '\\')
            path = p + 1;
    return path;
}

static bool printable(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    return utf8_valid(str_of(text));
}

static enum err headers(struct reading *r, struct part *part)
{
    size_t total = 0;
    for (char *text; (text = line(r)) && *text; total += strlen(text)) {
        if (total > HEADERS_MAX)
            return malformed(r, "too many headers");
        if (strncasecmp(text, "content-disposition:", 20) != 0)
            continue;
        part->name = parameter(r->c->arena, text, "name");
        part->file_name = parameter(r->c->arena, text, "filename");
    }
    if (!part->name || !printable(part->name))
        return malformed(r, "a part has no name");
    if (part->file_name && !printable(part->file_name))
        return ctx_fault(r->c, part->name, "has a file name that is not valid text");
    return OK;
}

static enum err end_field(struct reading *r, struct part *part)
{
    buf_put(&part->text, "", 0);
    struct str text = buf_str(&part->text);
    if (memchr(text.p, '\0', text.n) || !utf8_valid(text))
        return ctx_fault(r->c, part->name, "is not valid text");
    r->fields[r->field_count++] = (struct pair){ part->name, text.p };
    return OK;
}

static enum err end_file(struct reading *r, struct part *part)
{
    struct blob blob;
    enum err e = blob_finish(part->writer, &blob);
    if (e != OK)
        return e;
    if (blob.size == 0 && !*part->file_name)
        return OK;
    r->uploads[r->upload_count++] = (struct upload){
        .field = part->name,
        .file_name = base_name(part->file_name),
        .content_type = blob.content_type,
        .sha256 = arena_strdup(r->c->arena, blob.sha256),
        .size = blob.size,
    };
    return OK;
}

static enum err one_part(struct reading *r, size_t limit)
{
    struct part part = { .text = buf_in(r->c->arena) };
    enum err e = headers(r, &part);
    if (e == OK && (r->field_count == PARTS_MAX || r->upload_count == PARTS_MAX))
        e = ctx_refuse(r->c, ERR_LIMITED, "More than %d fields or files were sent.", PARTS_MAX);
    if (e == OK && part.file_name)
        e = store_begin(r->c->app->store, r->c->arena, limit, &part.writer);
    if (e == OK)
        e = to_delimiter(r, &part);
    if (e == OK)
        e = part.writer ? end_file(r, &part) : end_field(r, &part);
    return e;
}

/* After a delimiter: "--" ends the body, a line end starts a part. */
static enum err after_delimiter(struct reading *r, bool *last)
{
    while (r->n < 2)
        if (!refill(r))
            return malformed(r, "it does not end");
    *last = memcmp(r->window + r->at, "--", 2) == 0;
    if (*last)
        return OK;
    char *rest = line(r);
    if (!rest || rest[strspn(rest, " \t")])
        return malformed(r, "a delimiter has a tail");
    return OK;
}

/* Reads on to the end, so that the length can be checked and the front stays in step. */
static enum err drain(struct reading *r)
{
    do
        r->n = 0;
    while (refill(r));
    return r->over ? malformed(r, "too long") : OK;
}

enum err multipart_read(struct ctx *c, const char *boundary, struct body_reader body, size_t limit,
                        struct multipart *out)
{
    struct reading r = { .c = c, .body = body, .left = limit };
    bool last = false;
    r.window = arena_alloc(c->arena, WINDOW);
    r.fields = arena_zalloc(c->arena, PARTS_MAX + 1, sizeof(*r.fields));
    r.uploads = arena_zalloc(c->arena, PARTS_MAX + 1, sizeof(*r.uploads));
    r.delimiter = arena_printf(c->arena, "\r\n--%s", boundary);
    r.delimiter_n = strlen(r.delimiter);
    memcpy(r.window, "\r\n", r.n = 2); /* the first delimiter has no line before it */
    enum err e = to_delimiter(&r, NULL);
    while (e == OK && (e = after_delimiter(&r, &last)) == OK && !last)
        e = one_part(&r, limit);
    if (e == OK)
        e = drain(&r);
    if (e == OK)
        *out = (struct multipart){ { r.fields, r.field_count }, r.uploads, r.upload_count };
    return e;
}
